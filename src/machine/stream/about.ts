/** What is written down of a session beside what it said. Nothing of what it was started with: that may hold secrets. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExitStatus } from '../../router/ports.ts';
import { realDisk, writeWhole } from '../disk.ts';
import { isFields } from './hearing.ts';

export interface About {
  readonly name: string;
  readonly description: string;
  /** Wall time, ms since 1970. */
  readonly createdAt: number;
  readonly lastOutputAt?: number;
  readonly columns: number;
  readonly rows: number;
  /** The last number; there only where what ran has ended and all that it said was written. */
  readonly head?: number;
  /** There only where we have seen the end. */
  readonly exit?: ExitStatus;
}

const FILE = 'session.json';
const VERSION = 1;

export const writeAbout = (folder: string, about: About, id: string): Promise<void> =>
  writeWhole(realDisk, folder, FILE, [Buffer.from(`${JSON.stringify({ version: VERSION, ...about })}\n`)], id);

/** Undefined for what this version cannot read. */
export const readAbout = async (folder: string): Promise<About | undefined> => {
  try {
    const told: unknown = JSON.parse(await readFile(join(folder, FILE), 'utf8'));
    return isFields(told) ? aboutOf(told) : undefined;
  } catch {
    return undefined;
  }
};

const aboutOf = (told: Readonly<Record<string, unknown>>): About | undefined => {
  const { version, name, description, createdAt, lastOutputAt, columns, rows, head, exit } = told;
  if (version !== VERSION || typeof name !== 'string' || typeof description !== 'string') return undefined;
  if (!isNumber(createdAt) || !isNumber(columns) || !isNumber(rows)) return undefined;
  return {
    ...{ name, description, createdAt, columns, rows },
    ...(isNumber(lastOutputAt) ? { lastOutputAt } : {}),
    ...(isNumber(head) && head >= 0 && Number.isSafeInteger(head) ? { head } : {}),
    ...(isFields(exit) ? { exit: exitOf(exit) } : {}),
  };
};

const exitOf = ({ code, signal }: Readonly<Record<string, unknown>>): ExitStatus => ({
  code: isNumber(code) ? code : null,
  signal: typeof signal === 'string' ? signal : null,
});

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
