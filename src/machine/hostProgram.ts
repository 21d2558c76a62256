import { cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { childVariables, type Variables } from './environmentVariables.ts';
import { findProgram } from './local.ts';
import { hostFolder } from './hostRecord.ts';
import { runTool } from './tool.ts';

/** The oldest Node that the host is built for. */
const LEAST_NODE = 22;
/** Copies that are kept: one may still be run by a host of before. */
const MOST_COPIES = 3;

/**
 * The host's program in a copy of its own, absolute: an update of the extension removes the folder that it came with,
 * and a host that goes on would look there for what it has not loaded yet.
 * `dist` is the folder of the programs, beside the manifest.
 */
export const hostProgram = async (dist: string, state: string, version: string, clock: Clock): Promise<string> => {
  const about = await stat(join(dist, 'host.js'));
  const copies = join(hostFolder(state), 'programs');
  const name = `${version}-${Math.floor(about.mtimeMs).toString(36)}-${about.size.toString(36)}`;
  const program = join(copies, name, 'dist', 'host.js');
  if ((await stat(program).catch(() => undefined))?.isFile() === true) return program;
  const making = join(copies, `${name}.${clock.id()}`);
  await mkdir(making, { recursive: true, mode: 0o700 });
  const isOurs = (path: string): boolean => !['webview', 'extension.js'].includes(basename(path));
  await cp(dist, join(making, 'dist'), { recursive: true, filter: isOurs });
  await cp(join(dist, '..', 'package.json'), join(making, 'package.json'));
  // Whole or not at all; another window may have been quicker.
  await rename(making, join(copies, name)).catch(() => rm(making, { recursive: true, force: true }));
  await removeOld(copies, name);
  return program;
};

const removeOld = async (copies: string, newest: string): Promise<void> => {
  const names = (await readdir(copies)).filter((name) => name !== newest);
  const dated = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(copies, name)).catch(() => undefined))?.mtimeMs ?? 0 })),
  );
  const old = dated.sort((a, b) => b.at - a.at).slice(MOST_COPIES - 1);
  await Promise.all(old.map(({ name }) => rm(join(copies, name), { recursive: true, force: true })));
};

/**
 * What runs the host: a Node of the person's own where there is a new enough one, else the program that runs us, which
 * ends with the editor's update where that replaces it.
 */
export const hostNode = async (
  env: Variables,
  forbidden: readonly string[],
  clock: Clock,
  signal: AbortSignal,
): Promise<{ readonly file: string; readonly env: Readonly<Record<string, string>> }> => {
  const own = childVariables(env, undefined, process.platform);
  const file = await findProgram('node', own, forbidden).catch(() => undefined);
  if (file !== undefined && (await majorOf(file, own, clock, signal)) >= LEAST_NODE) return { file, env: own };
  return { file: process.execPath, env: { ...own, ELECTRON_RUN_AS_NODE: '1' } };
};

const PATIENCE = 3000;

/** 0 where it says none. */
const majorOf = async (file: string, env: Variables, clock: Clock, signal: AbortSignal): Promise<number> => {
  const late = new AbortController();
  const timer = clock.after(PATIENCE, () => late.abort());
  let said = '';
  const hear = (bytes: Buffer): boolean => {
    said += bytes.toString('latin1');
    return said.length < 100;
  };
  try {
    await runTool({ file, args: ['--version'], cwd: dirname(file), env }, hear, AbortSignal.any([signal, late.signal]));
  } catch {
    signal.throwIfAborted();
  } finally {
    timer.dispose();
  }
  return Number(/^v(\d+)\./u.exec(said)?.[1] ?? 0);
};
