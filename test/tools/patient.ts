// A wait of vitest's own ends after one second, which a busy machine takes for a single look: each is as long as `until`.
import { vi } from 'vitest';
import { patience } from './until.ts';

const { waitFor } = vi;
const waitPatiently: typeof waitFor = (probe, options) => waitFor(probe, options ?? patience);
// The files of a worker share what is set here, and each of them comes by.
if (waitFor.name !== waitPatiently.name) vi.waitFor = waitPatiently;
