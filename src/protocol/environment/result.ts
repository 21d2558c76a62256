/**
 * Reads what a host answers. Source: the remote execution protocol, §3, §4, §6 and §8.
 *
 * A1 An error is looked for first, then the result of the very tool that was asked; anything else is no answer.
 * A2 What nobody knows is left out, and one wrong field of what only tells more takes nothing away but itself.
 * A3 A result of another tool or action than the one that was asked is no answer either. Hosts of before name neither.
 */
import { countOf, defined, type Fields, isFields, isText, listOf, textOf } from '../../model/fold/read.ts';
import {
  type BashMetadata,
  CODES,
  type ExecutionFailure,
  type HostHello,
  type ListedProcess,
  PROCESS_ACTIONS,
  type ProcessMetadata,
  type ProcessStatus,
  SESSION_ACTIONS,
  type SessionMetadata,
  type Tool,
  type ToolResult,
  VERSION,
} from './messages.ts';

export interface ResultOf {
  readonly bash: ToolResult<BashMetadata>;
  readonly process: ToolResult<ProcessMetadata>;
  readonly session: ToolResult<SessionMetadata>;
}

export type Answer<T extends Tool> =
  | { readonly ok: true; readonly result: ResultOf[T] }
  | { readonly ok: false; readonly error: ExecutionFailure };

/** The request that an answer is to, as far as it says; undefined where it is to none at all. */
export const requestOf = (payload: unknown): string | undefined => {
  const id = isFields(payload) ? payload['requestID'] : undefined;
  return isText(id) && id !== '' ? id : undefined;
};

/** It says that something failed; to whom it says so, nobody may know (§5, 1). */
export const isError = (payload: unknown): boolean => isFields(payload) && payload['ok'] === false;

export const readAnswer = <T extends Tool>(payload: unknown, tool: T, action: string): Answer<T> => {
  if (!isFields(payload)) return invalid('it is no object');
  if (payload['version'] !== VERSION) return invalid(`its version is ${String(payload['version']).slice(0, 20)}`);
  if (payload['ok'] === false) return { ok: false, error: readFailure(payload['error']) };
  if (payload['ok'] !== true) return invalid('it says neither that it succeeded nor that it failed');
  const { tool: saidTool = tool, action: saidAction = action, result } = payload;
  if (saidTool !== tool || saidAction !== action)
    return invalid(`it is of ${brief(saidTool)} ${brief(saidAction)}, and ${tool} ${action} was asked`);
  if (!isFields(result) || !isFields(result['metadata'])) return invalid('it has no result');
  const { title, output, metadata } = result;
  if (!isText(title) || !isText(output)) return invalid('its result has no title or no output');
  const read = READ[tool](metadata);
  if (typeof read === 'string') return invalid(read);
  // Of a table by tools, no type can say that what was read is of this one.
  return { ok: true, result: { title, output, metadata: read } as unknown as ResultOf[T] };
};

const brief = (value: unknown): string => (isText(value) ? value.slice(0, 40) : typeof value);

const invalid = (why: string): { readonly ok: false; readonly error: ExecutionFailure } => ({
  ok: false,
  error: {
    code: 'remote_execution_error',
    message: `Invalid remote execution response: ${why}.`,
  },
});

const readFailure = (error: unknown): ExecutionFailure => {
  const { code, message, details }: Fields = isFields(error) ? error : {};
  const known = CODES.find((one) => one === code);
  const said = isText(message) && message !== '' ? message : 'The host gave no reason.';
  return {
    // One of another version of the protocol: what it says of itself is the best that is known of it.
    code: known ?? 'remote_execution_error',
    message: known !== undefined || !isText(code) ? said : `${said} (${code.slice(0, 40)})`,
    ...(details === undefined ? {} : { details }),
  };
};

type Reader<Metadata> = (fields: Fields) => Metadata | string;

const id = (value: unknown): string | undefined => (isText(value) && value !== '' ? value : undefined);
const flag = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);

const oneOf = <T extends string>(value: unknown, known: readonly T[]): T | undefined =>
  known.find((one) => one === value);

const where = (fields: Fields) => ({
  hostSessionID: id(fields['hostSessionID']),
  envID: id(fields['envID']),
  backend: oneOf(fields['backend'], ['local', 'remote']),
});

const readBash: Reader<BashMetadata> = (fields) =>
  defined({
    ...where(fields),
    output: textOf(fields['output']),
    description: textOf(fields['description']),
    exit: fields['exit'] === null ? null : countOf(fields['exit']),
    processId: id(fields['processId']),
    background: flag(fields['background']),
    timedOut: flag(fields['timedOut']),
    durationMs: countOf(fields['durationMs']),
    droppedChars: countOf(fields['droppedChars']),
  });

const ENDED = ['running', 'completed', 'failed', 'killed'] as const satisfies readonly ProcessStatus[];
const STATUS: readonly ProcessStatus[] = [...ENDED, 'not_found', 'error', 'cleared', 'removed'];

const readProcess: Reader<ProcessMetadata> = (fields) => {
  const action = oneOf(fields['action'], PROCESS_ACTIONS);
  if (action === undefined) return 'it does not say what was done with the process';
  const status = oneOf(fields['status'], STATUS);
  if (fields['status'] !== undefined && status === undefined)
    return `nobody knows the status ${brief(fields['status'])}`;
  return defined({
    ...where(fields),
    action,
    status,
    processId: id(fields['processId']),
    exitCode: countOf(fields['exitCode']),
    command: textOf(fields['command']),
    description: textOf(fields['description']),
    nextOffset: countOf(fields['nextOffset']),
    processes: listOf(fields['processes'])?.flatMap(readListed),
    droppedChars: countOf(fields['droppedChars']),
  });
};

const readListed = (value: unknown): readonly ListedProcess[] => {
  if (!isFields(value)) return [];
  const [processId, status, command] = [
    id(value['processId']),
    oneOf(value['status'], ENDED),
    textOf(value['command']),
  ];
  if (processId === undefined || status === undefined || command === undefined) return [];
  const [description, runtimeMs] = [textOf(value['description']), countOf(value['runtimeMs']) ?? 0];
  return [defined({ processId, status, command, description, runtimeMs })];
};

const readSession: Reader<SessionMetadata> = (fields) => {
  const action = oneOf(fields['action'], SESSION_ACTIONS);
  const status = oneOf(fields['status'], ['opened', 'closed', 'alive', 'refused', 'busy']);
  if (action === undefined || status === undefined) return 'it does not say what became of the session';
  return defined({
    ...where(fields),
    action,
    status,
    sessionID: id(fields['sessionID']),
    remoteAgentID: textOf(fields['remoteAgentID']),
    remoteOwnerUserID: countOf(fields['remoteOwnerUserID']),
    label: textOf(fields['label']),
  });
};

const READ: { readonly [T in Tool]: Reader<ResultOf[T]['metadata']> } = {
  bash: readBash,
  process: readProcess,
  session: readSession,
};

const SHELLS = ['none', 'sh', 'cmd', 'powershell', 'pwsh'] as const;

/** What a host says of itself (§8); undefined where it does not say which one it is. */
export const readHello = (payload: unknown): HostHello | undefined => {
  if (!isFields(payload)) return undefined;
  const [envID, hostSessionID] = [id(payload['envID']), id(payload['hostSessionID'])];
  if (envID === undefined || hostSessionID === undefined) return undefined;
  const said = isFields(payload['capabilities']) ? payload['capabilities'] : {};
  const capabilities = defined({
    platform: textOf(said['platform']) ?? '',
    arch: textOf(said['arch']) ?? '',
    hostname: textOf(said['hostname']),
    runtime: oneOf(said['runtime'], ['node', 'bun', 'unknown'] as const) ?? 'unknown',
    defaultShell: oneOf(said['defaultShell'], SHELLS) ?? 'none',
    supportedShells: (listOf(said['supportedShells']) ?? []).filter(isText),
    supportsPty: said['supportsPty'] === true,
    supportsSendKeys: said['supportsSendKeys'] === true,
    supportsSoftKill: said['supportsSoftKill'] === true,
    supportsProcessGroups: said['supportsProcessGroups'] === true,
    envCaseInsensitive: said['envCaseInsensitive'] === true,
    lineEndings: oneOf(said['lineEndings'], ['lf', 'crlf'] as const) ?? 'lf',
  });
  return { type: 'host.hello', envID, hostSessionID, capabilities };
};
