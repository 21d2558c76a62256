import { createRequire } from 'node:module';
import type { NodePty } from './terminal.ts';

/** The node-pty in the folder, or of the name as it is found from a file. @throws why it does not load */
export const loadNodePty = (which: string, from: string): NodePty => {
  const found: unknown = createRequire(from)(which);
  if (isNodePty(found)) return found;
  throw new Error(`${which} is no node-pty.`);
};

const isNodePty = (value: unknown): value is NodePty =>
  typeof value === 'object' && value !== null && 'spawn' in value && typeof value.spawn === 'function';
