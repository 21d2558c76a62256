import type { Invocation } from './invocation.ts';

/**
 * Runs a script with the node that runs us. In the editor `process.execPath` is Electron, which is a Node only with
 * this variable: it is set last, since cleaning the environment takes it away.
 */
export const runNode = (
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Invocation => ({
  file: process.execPath,
  args: [script, ...args],
  env: { ...env, ELECTRON_RUN_AS_NODE: '1' },
  verbatim: false,
});
