// Every test file ends with as many owners alive as it began with: what is created is owned, and what is owned is ended.
import { afterAll, beforeAll, expect } from 'vitest';
import { undisposed } from '../../src/base/disposable.ts';

let before = 0;
beforeAll(() => {
  before = undisposed();
});
afterAll(() => {
  expect(undisposed(), 'owners that were not disposed').toBe(before);
});
