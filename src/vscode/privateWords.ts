import { homedir } from 'node:os';
import type { AgentDefinition } from '../backends/agent.ts';
import type { Private } from '../base/redact.ts';
import type { Variables } from '../machine/environmentVariables.ts';

/** Names of variables whose values are nobody's business. */
const SECRET = /key|token|secret|pass|credential|auth/iu;

/** What of this window and its agents may not leave the machine with a report. `folders`: absolute. */
export const privateWords = (of: {
  readonly folders: readonly string[];
  readonly agents: readonly AgentDefinition[];
  /** Of the machine, and of the person's shell. */
  readonly variables: readonly Variables[];
}): Private => ({
  folders: [...of.folders.map((path) => ({ path, word: '<workspace>' })), { path: homedir(), word: '<home>' }],
  values: [
    ...of.agents.flatMap(({ env }) => Object.values(env ?? {})),
    ...of.variables
      .flatMap((variables) => Object.entries(variables))
      .map(([name, value]) => (SECRET.test(name) ? value : undefined)),
  ].flatMap((value) => value ?? []),
});
