import { run } from '../tools/run.ts';
import type { Row } from './row.ts';

/** Bytes that are in use after all garbage is gone. Only a process that is started with `--expose-gc` can tell. */
export const heap = (): number => {
  if (globalThis.gc === undefined) throw new Error('Run with --expose-gc.');
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** The rows that a file prints in a process of its own: only there can the garbage be collected at will, and nobody else's is counted. */
export const collected = async (file: string, rows: number): Promise<readonly Row[]> => {
  const { output } = await run(process.execPath, ['--expose-gc', file], { cwd: import.meta.dirname });
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  if (lines.length !== rows) throw new Error(`The heap could not be measured:\n${output}`);
  return lines.map((line) => JSON.parse(line) as Row);
};
