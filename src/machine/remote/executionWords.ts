/** What a host of remote execution answers instead of a result, in words for a person. */
import { Failure } from '../../base/failure.ts';
import type { ExecutionCode, ExecutionFailure } from '../../protocol/environment/messages.ts';

/** What happened; `said` are the host's own words. */
type Words = (name: string, said: string) => readonly [message: string, next: string];

const WORDS: Readonly<Record<ExecutionCode, Words>> = {
  env_not_found: (name) => [
    `${name} knows no environment of this id.`,
    'Take “envID” out of the setting, or put the id there that the host shows.',
  ],
  env_inactive: (name) => [`The environment of ${name} is switched off.`, 'Switch it on there, then try again.'],
  device_offline: (name) => [`${name} is not connected to its tunnel.`, 'Start its host there, then try again.'],
  request_timeout: (name) => [
    `${name} did not finish this in time.`,
    'Look at what runs there before you do it again: it may have been begun.',
  ],
  request_cancelled: (name) => [`This was cancelled on ${name}.`, 'Do it again if you still want it.'],
  remote_execution_error: (name, said) => [`It failed on ${name}: ${said}`, 'Look at the environment’s log.'],
  invalid_request: (name, said) => [
    `${name} does not understand what it was asked: ${said}`,
    'Look at the environment’s log; the host may be of another version.',
  ],
  unsupported_tool: (name) => [`${name} runs nothing of this kind.`, 'Another version of its host may.'],
  unsupported_action: (name) => [`${name} cannot do this.`, 'Another version of its host may.'],
  unsupported_capability: (name, said) => [`${name} lacks what this needs: ${said}`, 'Try it another way.'],
  host_internal_error: (name, said) => [
    `The host on ${name} failed: ${said}`,
    'Try again; when it stays so, start the host there anew.',
  ],
  stale_process_handle: (name) => [
    `The host on ${name} was started again, and knows nothing of what ran before.`,
    'Start it again.',
  ],
  stdin_unavailable: () => ['What runs there reads no input any more.', 'Start it again if it has to be answered.'],
  session_required: (name) => [`Nothing runs on ${name} outside of a session.`, 'Connect again.'],
  session_invalid: (name) => [
    `${name} has ended the session, and what ran in it.`,
    'Do it again: a new session is opened with that.',
  ],
  session_busy: (name) => [
    `Somebody else works on ${name}.`,
    'It is free again when they have closed their session, or ten minutes after the last that they did.',
  ],
  session_refused: (name) => [
    `${name} does not let us run anything.`,
    'Somebody there has to allow it; then try again.',
  ],
  session_caller_mismatch: (name) => [
    `The session on ${name} is somebody else’s.`,
    'Connect again, with the token that it was opened with.',
  ],
};

/** `name`: what a person calls the environment. The code stays that of the wire. */
export const executionFailure = ({ code, message }: ExecutionFailure, name: string): Failure => {
  const said = withoutSchema(message).slice(0, 300);
  const [what, next] = WORDS[code](name, /[.!?]$/u.test(said) ? said : `${said}.`);
  return new Failure(code, what, next, { cause: message });
};

interface Issue {
  readonly path: string;
  readonly message: string;
}

/** Known hosts answer what their schema does not take with the schema's own list of issues (§5, 3). */
const issuesIn = (message: string): readonly Issue[] => {
  if (!/^\s*\[/u.test(message)) return [];
  try {
    const issues: unknown = JSON.parse(message);
    return Array.isArray(issues) ? issues.flatMap(issueIn) : [];
  } catch {
    return [];
  }
};

const issueIn = (issue: unknown): readonly Issue[] => {
  if (typeof issue !== 'object' || issue === null || !('message' in issue)) return [];
  const path = 'path' in issue && Array.isArray(issue.path) ? issue.path.join('.') : '';
  return [{ path, message: String(issue.message) }];
};

const withoutSchema = (message: string): string => {
  const issues = issuesIn(message);
  if (issues.length === 0) return message;
  return issues.map(({ path, message: said }) => (path === '' ? said : `${path}: ${said}`)).join('; ');
};

/** The host knows no such tool at all, as those of before know no sessions. */
export const isToolUnknown = (failure: unknown): boolean =>
  failure instanceof Failure &&
  (failure.code === 'unsupported_tool' ||
    (failure.code === 'host_internal_error' && issuesIn(String(failure.cause)).some(({ path }) => path === 'tool')));

/** The process is not known there any more, or the session that it was of. */
export const isGone = (failure: unknown): boolean =>
  failure instanceof Failure && (GONE.has(failure.code) || isSessionLost(failure));

export const isSessionLost = (failure: unknown): boolean => failure instanceof Failure && LOST.has(failure.code);

const GONE: ReadonlySet<string> = new Set(['stale_process_handle'] satisfies ExecutionCode[]);
const LOST: ReadonlySet<string> = new Set([
  'session_required',
  'session_invalid',
  'session_caller_mismatch',
] satisfies ExecutionCode[]);
