// A wait of vitest's own ends after one second, which a busy machine takes for a single look: each is as long as `until`.
import { vi } from 'vitest';
import { patience } from './until.ts';

const { waitFor } = vi;
vi.waitFor = (probe, options) => waitFor(probe, options ?? patience);
