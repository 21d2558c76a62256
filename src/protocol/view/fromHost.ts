import { parseJson } from '../../base/json.ts';
import { isCount, isFields, isText } from '../../model/fold/read.ts';
import { emptySession, type Session } from '../../model/session.ts';
import type { Summary } from '../../model/summary.ts';
import type { ToWindow } from './messages.ts';
import { isRelayState } from './relay.ts';
import { isTerminalTold } from './terminal.ts';

const TYPES: ReadonlySet<string> = new Set([
  'welcome',
  'setup',
  'catalogue',
  'focus',
  'snapshot',
  'page',
  'events',
  'result',
  'compose',
  'mentions',
  'pong',
  'request',
  'request/over',
  'terminal',
  'relay',
] satisfies readonly ToWindow['type'][]);

/**
 * A line of a host, as far as whoever mirrors its sessions relies on it: the host may be another machine's. What events
 * hold is the fold's to judge. Undefined: nothing that can be used.
 */
export const readFromHost = (line: string): ToWindow | undefined => {
  const message = parseJson(line);
  if (!isFields(message) || !isText(message['type']) || !TYPES.has(message['type'])) return undefined;
  if (message['type'] === 'snapshot') {
    const session = readSession(message['session']);
    return session === undefined || message['key'] !== session.key
      ? undefined
      : { type: 'snapshot', key: session.key, session };
  }
  return isSound(message) ? (message as unknown as ToWindow) : undefined;
};

const isSound = (message: Readonly<Record<string, unknown>>): boolean => {
  switch (message['type']) {
    case 'welcome':
      return isCount(message['version']) && isFields(message['setup']);
    case 'setup':
      return isFields(message['setup']);
    case 'catalogue':
      return isList(message['sessions'], isSummary) && isList(message['removed'], isText);
    case 'events':
      return (
        isText(message['key']) &&
        isText(message['epoch']) &&
        isCount(message['after']) &&
        isList(message['events'], (event) => isFields(event) && isCount(event['seq']))
      );
    case 'page':
      return (
        isText(message['key']) &&
        isPosition(message['at']) &&
        isCount(message['from']) &&
        isList(message['pages'], isPage)
      );
    case 'result':
      return isCount(message['id']) && (message['failure'] === undefined || isFailure(message['failure']));
    case 'request':
      // What it asks for is read by whoever answers: one that nobody knows here gets that as its answer.
      return isCount(message['id']) && (message['deadline'] === undefined || isCount(message['deadline']));
    case 'request/over':
      return isCount(message['id']);
    case 'terminal':
      return isTerminalTold(message);
    case 'relay':
      return isRelayState(message['state']);
    default:
      return true;
  }
};

/** What is missing or of another kind has its first value, so that nobody who shows it finds a hole. */
const readSession = (value: unknown): Session | undefined => {
  if (!isFields(value) || !isPosition(value['at'])) return undefined;
  const { key, backend, agentLabel, title, cwd, createdAt, at, entries, older, owns: owned } = value;
  if (!isText(key) || !isText(backend) || !isText(agentLabel) || !isText(title) || !isText(cwd)) return undefined;
  if (typeof createdAt !== 'number' || !isList(entries, isPage)) return undefined;
  if (older !== undefined && !(isFields(older) && isCount(older['pages']) && isCount(older['changed'])))
    return undefined;
  // Of its own queue it is the store, of one that its agent's side keeps it knows what it was told.
  const queue = isFields(owned) && owned['queue'] === 'them' ? 'them' : 'store';
  const owns = { history: 'them', queue, questions: 'them' } as const;
  const header = { key, backend, agentLabel, title, cwd, createdAt, owns, epoch: at.epoch };
  const first = emptySession(header as Parameters<typeof emptySession>[0]);
  const sound = Object.entries(value).filter(([name, each]) =>
    name === 'machine' ? isText(each) : sameKind(each, first[name as keyof Session]),
  );
  return { ...first, ...Object.fromEntries(sound), owns, at };
};

const sameKind = (value: unknown, first: unknown): boolean =>
  first === undefined ||
  (typeof value === typeof first && Array.isArray(value) === Array.isArray(first) && value !== null);

const isPosition = (value: unknown): value is Session['at'] =>
  isFields(value) && isText(value['epoch']) && isCount(value['seq']);

const isPage = (value: unknown): boolean =>
  isList(value, (entry) => isFields(entry) && isText(entry['id']) && isText(entry['kind']));

const isSummary = (value: unknown): value is Summary =>
  isFields(value) &&
  ['key', 'title', 'agentLabel', 'cwd', 'state'].every((name) => isText(value[name])) &&
  ['questions', 'createdAt', 'changedAt'].every((name) => typeof value[name] === 'number');

const isFailure = (value: unknown): boolean => isFields(value) && isText(value['message']);

const isList = (value: unknown, isItem: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every((item) => isItem(item));
