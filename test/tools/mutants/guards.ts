import { basename } from 'node:path';
import { FILE_GUARDS } from './guardsOfFiles.ts';
import { QUESTION_GUARDS } from './guardsOfQuestions.ts';
import { RELAY_GUARDS } from './guardsOfRelay.ts';
import { RULE_GUARDS } from './guardsOfRules.ts';
import { SOCKET_GUARDS } from './guardsOfSockets.ts';
import type { Mutant } from './mutant.ts';

export interface Guard extends Mutant {
  /** Files of vitest, of which at least one test has to fail. */
  readonly tests: readonly string[];
}

/** Those of one file: what stands there, what is put in its place, and what goes wrong then. */
export interface GuardsOfFile {
  readonly file: string;
  readonly tests: readonly string[];
  readonly rows: readonly (readonly [from: string, to: string, why: string])[];
}

/** What stands between an agent and what it should not get, or between a page and the person's answers. */
export const GUARDS: readonly Guard[] = [
  ...FILE_GUARDS,
  ...RULE_GUARDS,
  ...QUESTION_GUARDS,
  ...RELAY_GUARDS,
  ...SOCKET_GUARDS,
].flatMap(({ file, tests, rows }) =>
  rows.map(([from, to, why]) => ({ name: `${basename(file, '.ts')}: ${why}`, file, from, to, why, tests })),
);
