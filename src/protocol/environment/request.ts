/**
 * Reads what is asked of a host. Source: the remote execution protocol, §3, §4 and §11.
 *
 * Q1 Whatever comes, an answer to it can be addressed: what was read of the id, the tool and the action goes along.
 * Q2 A request is whole or refused, by the first of these that is wrong: its shape, the tool, the action, a field, the
 *    session that it names none of.
 * Q3 What nobody knows is left out; what is known and wrong is not put right.
 */
import { parseJson } from '../../base/json.ts';
import { defined, type Fields, isFields, isText } from '../../model/fold/read.ts';
import {
  type BashPayload,
  EVENT,
  type ExecutionFailure,
  type ExecutionRequest,
  PROCESS_ACTIONS,
  type ProcessPayload,
  SESSION_ACTIONS,
  type SessionPayload,
  type Tool,
  TOOLS,
  VERSION,
} from './messages.ts';

/** Bytes of UTF-8. */
const LONGEST_COMMAND = 64 * 1024;

/** What an answer repeats of its request. */
export interface Addressed {
  readonly requestID?: string;
  readonly tool?: string;
  readonly action?: string;
}

export type ReadRequest =
  | { readonly ok: true; readonly request: ExecutionRequest }
  | { readonly ok: false; readonly to: Addressed; readonly error: ExecutionFailure };

/** One frame of the endpoint; `other`: of an event that is nobody's here. Never throws. */
export const readRequestFrame = (
  text: string,
): { readonly kind: 'request'; readonly payload: unknown } | { readonly kind: 'other' | 'unparsable' } => {
  const value = parseJson(text);
  if (!isFields(value) || !isText(value['event'])) return { kind: 'unparsable' };
  return value['event'] === EVENT.request ? { kind: 'request', payload: value['payload'] } : { kind: 'other' };
};

/** Never throws. */
export const readRequest = (payload: unknown): ReadRequest => {
  const to = addressOf(payload);
  try {
    if (!isFields(payload)) throw invalid('The request must be an object');
    return { ok: true, request: requestOf(payload) };
  } catch (failure) {
    if (!(failure instanceof Misfit)) throw failure;
    return { ok: false, to, error: failure.error };
  }
};

const addressOf = (payload: unknown): Addressed => {
  const { requestID, tool, action }: Fields = isFields(payload) ? payload : {};
  const word = (value: unknown): string | undefined => (isText(value) && value !== '' ? value : undefined);
  return defined({ requestID: word(requestID), tool: word(tool), action: word(action) });
};

/** Never leaves this file. */
class Misfit extends Error {
  readonly error: ExecutionFailure;

  constructor(code: ExecutionFailure['code'], message: string) {
    super(message);
    this.error = { code, message: `${message}.` };
  }
}

const invalid = (message: string): Misfit => new Misfit('invalid_request', message);

const requestOf = (fields: Fields): ExecutionRequest => {
  if (fields['version'] !== VERSION) throw invalid(`This host speaks version ${VERSION} alone`);
  const base = { version: VERSION, requestID: wordOf(fields, 'requestID'), envID: wordOf(fields, 'envID') } as const;
  const said = wordOf(fields, 'tool');
  const tool = TOOLS.find((one) => one === said);
  if (tool === undefined) throw new Misfit('unsupported_tool', `This host has no tool “${said.slice(0, 40)}”`);
  const action = wordOf(fields, 'action');
  const { payload } = fields;
  const inside = (): Fields => {
    if (isFields(payload)) return payload;
    throw invalid('payload must be an object');
  };
  switch (tool) {
    case 'bash': {
      if (action !== 'execute') throw unknownAction(tool, action);
      const bash = bashOf(inside());
      return { ...base, tool, action, payload: bash, sessionID: sessionOf(fields) };
    }
    case 'process': {
      const known = PROCESS_ACTIONS.find((one) => one === action);
      if (known === undefined) throw unknownAction(tool, action);
      const process = processOf(known, sameAction(inside(), action));
      return { ...base, tool, action: known, payload: process, sessionID: sessionOf(fields) };
    }
    case 'session': {
      const known = SESSION_ACTIONS.find((one) => one === action);
      if (known === undefined) throw unknownAction(tool, action);
      return { ...base, tool, action: known, payload: sessionPayloadOf(known, sameAction(inside(), action)) };
    }
  }
};

const unknownAction = (tool: Tool, action: string): Misfit =>
  new Misfit('unsupported_action', `The tool ${tool} has no action “${action.slice(0, 40)}”`);

const sameAction = (payload: Fields, action: string): Fields => {
  if (payload['action'] === action) return payload;
  throw invalid('action and payload.action must be the same');
};

const bashOf = (payload: Fields): BashPayload => {
  const command = wordOf(payload, 'command', 'payload.');
  if (utf8Length(command) > LONGEST_COMMAND)
    throw invalid(`payload.command must have ${LONGEST_COMMAND} bytes at the most`);
  // The operating system would end the line there, and run another one than the one that was shown.
  if (command.includes('\0')) throw invalid('payload.command must not hold a NUL');
  return {
    command,
    description: textOf(payload, 'description'),
    ...defined({
      timeout: optional(payload, 'timeout', isDuration, 'a number of milliseconds above 0'),
      workdir: optional(payload, 'workdir', isPath, 'a path'),
      background: optional(payload, 'background', isFlag, 'true or false'),
      yieldMs: optional(payload, 'yieldMs', isCount, 'a number of milliseconds from 0 on'),
    }),
  };
};

const processOf = (action: ProcessPayload['action'], payload: Fields): ProcessPayload => {
  if (action === 'list') return { action };
  const processId = wordOf(payload, 'processId', 'payload.');
  switch (action) {
    case 'poll':
      return {
        action,
        processId,
        ...defined({
          block: optional(payload, 'block', isFlag, 'true or false'),
          timeout: optional(payload, 'timeout', isCount, 'a number of seconds from 0 on'),
        }),
      };
    case 'log':
      return {
        action,
        processId,
        ...defined({
          offset: optional(payload, 'offset', isWhole, 'a whole number from 0 on'),
          limit: optional(payload, 'limit', isWhole, 'a whole number from 0 on'),
        }),
      };
    case 'write':
      return { action, processId, data: textOf(payload, 'data') };
    case 'send-keys': {
      const { keys } = payload;
      if (!Array.isArray(keys) || !keys.every(isText)) throw invalid('payload.keys must be a list of texts');
      return { action, processId, keys };
    }
    default:
      return { action, processId };
  }
};

const sessionPayloadOf = (action: SessionPayload['action'], payload: Fields): SessionPayload => {
  if (action === 'open') return { action, ...defined({ label: optional(payload, 'label', isText, 'a text') }) };
  return { action, sessionID: sessionOf(payload, 'payload.') };
};

/** Last of all: whoever has no session has to know first that the rest was right. */
const sessionOf = (fields: Fields, prefix = ''): string => {
  const { sessionID } = fields;
  if (sessionID === undefined || sessionID === null || sessionID === '')
    throw new Misfit('session_required', `${prefix}sessionID is missing: open a session first`);
  return wordOf(fields, 'sessionID', prefix);
};

const wordOf = (fields: Fields, name: string, prefix = ''): string => {
  const value = fields[name];
  if (isText(value) && value !== '') return value;
  throw invalid(`${prefix}${name} must be a text that is not empty`);
};

const textOf = (payload: Fields, name: string): string => {
  const value = payload[name];
  if (isText(value)) return value;
  throw invalid(`payload.${name} must be a text`);
};

const optional = <T>(
  payload: Fields,
  name: string,
  is: (value: unknown) => value is T,
  what: string,
): T | undefined => {
  const value = payload[name];
  if (value === undefined || is(value)) return value;
  throw invalid(`payload.${name} must be ${what}`);
};

const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isDuration = (value: unknown): value is number => isCount(value) && value > 0;
const isWhole = (value: unknown): value is number => isCount(value) && Number.isSafeInteger(value);
const isPath = (value: unknown): value is string => isText(value) && value !== '' && !value.includes('\0');

const utf8Length = (text: string): number => new TextEncoder().encode(text).length;
