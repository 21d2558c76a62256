/**
 * What a relay says, as its client reads it: loosely, since a server may be older than we are, and of another house.
 * Source: the relay protocol, §2 to §4 and §9.
 */
import { PeerError } from '../base/failure.ts';
import type { RpcId } from '../base/rpcFrame.ts';
import { parseJson } from '../base/json.ts';
import { countOf, defined, type Fields, isFields, isText, listOf, textOf } from '../model/fold/read.ts';
import type { Outcome } from '../model/question.ts';
import { META, RELAY, WELCOME } from '../protocol/relay/names.ts';

/** The answer to an attach, see §3. What only newer servers say is absent where they did not. */
export interface Welcome {
  readonly headSeq: number;
  /** What we have is no beginning of what follows. */
  readonly reset: boolean;
  readonly busy: boolean;
  /** Ids of the requests that are open: a replayed one that is not here is settled. */
  readonly pending: readonly string[];
  readonly wheel: WheelTold;
  readonly hostId?: string;
  /** Null: the session that was asked for is not there. */
  readonly sessionId?: string | null;
  /** The replay begins where the session does. */
  readonly complete?: boolean;
}

/** Who drives, in the wire's words: `holder` is the base of a client's id. */
export interface WheelTold {
  readonly lease: boolean;
  readonly holder?: string;
  readonly name?: string;
  readonly epoch: number;
}

/** Whose prompt a turn is of. */
export interface Asker {
  /** The whole `client_id`. */
  readonly client: string;
  readonly requestId: string;
}

export interface Waiting extends Asker {
  readonly prompt: readonly unknown[];
}

export type Heard = { readonly rseq?: number } & (
  | { readonly kind: 'welcome'; readonly welcome: Welcome }
  | { readonly kind: 'update'; readonly session?: string; readonly update: unknown; readonly asker?: Asker }
  | {
      readonly kind: 'asked';
      readonly id: RpcId;
      readonly method: string;
      readonly session?: string;
      readonly params: Fields;
    }
  | { readonly kind: 'answered'; readonly id: RpcId; readonly result?: unknown; readonly error?: PeerError }
  | { readonly kind: 'control'; readonly wheel: WheelTold }
  | { readonly kind: 'settled'; readonly request: string; readonly outcome: Outcome; readonly by?: string }
  | { readonly kind: 'queue'; readonly session?: string; readonly items: readonly Waiting[]; readonly paused: boolean }
  /** One of the model's own, which has no frame of its own on the wire. */
  | { readonly kind: 'event'; readonly event: Fields }
  | { readonly kind: 'session'; readonly session: string; readonly state: string; readonly reason?: string }
  | { readonly kind: 'output'; readonly terminal: string; readonly data: string; readonly seq: number }
  | {
      readonly kind: 'exit';
      readonly terminal: string;
      readonly code: number | null;
      readonly signal: string | null;
    }
  /** Nothing that concerns a client like ours, and yet it may have a number. */
  | { readonly kind: 'other'; readonly method: string }
  | { readonly kind: 'garbage'; readonly text: string }
);

/** An id as text: some servers say theirs once as a number and once as a text. */
export const idText = (id: RpcId): string => String(id);

/** The lines of one WebSocket message; empty ones are none. */
export const linesOf = (message: string): readonly string[] =>
  message.includes('\n')
    ? message
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '')
    : message.trim() === ''
      ? []
      : [message.trim()];

/** One line; total. */
export const readHeard = (line: string): Heard => {
  const value = parseJson(line);
  if (!isFields(value)) return { kind: 'garbage', text: line };
  if (value['type'] === WELCOME) return { kind: 'welcome', welcome: readWelcome(value) };
  const { rseq, id, method } = value;
  const stamp = isSeq(rseq) ? { rseq } : {};
  if (isText(method)) {
    const params = isFields(value['params']) ? value['params'] : {};
    return isId(id) ? readRequest(stamp, id, method, params) : readNotification(stamp, method, params);
  }
  if (!isId(id) || (value['error'] === undefined && value['result'] === undefined))
    return { kind: 'garbage', text: line };
  const { error, result } = value;
  return error === undefined || error === null
    ? { ...stamp, kind: 'answered', id, result }
    : { ...stamp, kind: 'answered', id, error: readError(error) };
};

type Stamp = Pick<Heard, 'rseq'>;

const readRequest = (stamp: Stamp, id: RpcId, method: string, params: Fields): Heard => ({
  ...stamp,
  kind: 'asked',
  id,
  method,
  params,
  ...sessionIn(params),
});

const readNotification = (stamp: Stamp, method: string, params: Fields): Heard => {
  switch (method) {
    case 'session/update': {
      const asker = readAsker(metaOf(params)[META.prompt]);
      const about = { ...sessionIn(params), ...defined({ asker }) };
      return { ...stamp, kind: 'update', update: params['update'], ...about };
    }
    case RELAY.control:
      return { ...stamp, kind: 'control', wheel: readWheel(params) };
    case RELAY.permissionSettled: {
      const request = params['requestId'];
      if (!isId(request)) break;
      const by = textOf(params['by']);
      return { ...stamp, kind: 'settled', request: idText(request), outcome: readOutcome(params), ...defined({ by }) };
    }
    case RELAY.queue: {
      const items = (listOf(params['items']) ?? []).flatMap(readWaiting);
      return { ...stamp, kind: 'queue', items, paused: params['paused'] === true, ...sessionIn(params) };
    }
    case RELAY.event:
      if (isFields(params['event'])) return { ...stamp, kind: 'event', event: params['event'] };
      break;
    case RELAY.sessionChanged: {
      const { sessionId: session, state } = params;
      const reason = textOf(params['reason']);
      if (isText(session))
        return { ...stamp, kind: 'session', session, state: textOf(state) ?? '', ...defined({ reason }) };
      break;
    }
    case RELAY.terminalOutput: {
      const { terminalId: terminal, data, seq } = params;
      if (isText(terminal) && isText(data) && isSeq(seq)) return { kind: 'output', terminal, data, seq };
      break;
    }
    case RELAY.terminalExit: {
      const { terminalId: terminal, exitCode, signal } = params;
      if (!isText(terminal)) break;
      return { kind: 'exit', terminal, code: countOf(exitCode) ?? null, signal: textOf(signal) ?? null };
    }
  }
  return { ...stamp, kind: 'other', method };
};

const readWelcome = (value: Fields): Welcome => {
  const { headSeq, reset, busy, hostId, sessionId, complete, pendingPermissionIds } = value;
  return {
    headSeq: isSeq(headSeq) ? headSeq : 0,
    reset: reset === true,
    busy: busy === true,
    pending: (listOf(pendingPermissionIds) ?? []).filter(isId).map(idText),
    wheel: readWheel(value),
    ...defined({
      hostId: textOf(hostId),
      sessionId: sessionId === null ? null : textOf(sessionId),
      complete: typeof complete === 'boolean' ? complete : undefined,
    }),
  };
};

const readWheel = ({ lease, holder, name, controlEpoch }: Fields): WheelTold => ({
  lease: lease === true,
  epoch: countOf(controlEpoch) ?? 0,
  ...defined({ holder: textOf(holder), name: textOf(name) }),
});

/** As in ACP's answer to a permission request, or the `action` of one to an elicitation. */
const readOutcome = (params: Fields): Outcome => {
  const { outcome: told } = params;
  const { outcome, optionId, action, content } = isFields(told) ? told : { outcome: told };
  if (isText(optionId)) return { kind: 'selected', option: optionId };
  const word = textOf(action) ?? textOf(outcome);
  if (word === 'accept') return { kind: 'accepted', content: isFields(content) ? content : {} };
  return { kind: word === 'decline' ? 'declined' : 'cancelled' };
};

const readWaiting = (item: unknown): readonly Waiting[] => {
  const asker = readAsker(item);
  if (asker === undefined || !isFields(item)) return [];
  return [{ ...asker, prompt: listOf(item['prompt']) ?? [] }];
};

const readAsker = (value: unknown): Asker | undefined => {
  if (!isFields(value) || !isText(value['client']) || !isId(value['requestId'])) return undefined;
  return { client: value['client'], requestId: idText(value['requestId']) };
};

const readError = (error: unknown): PeerError => {
  if (!isFields(error)) return new PeerError(0, String(error));
  return new PeerError(countOf(error['code']) ?? 0, textOf(error['message']) ?? '', error['data']);
};

const sessionIn = ({ sessionId: session }: Fields): { readonly session?: string } =>
  isText(session) ? { session } : {};

const metaOf = ({ _meta: meta }: Fields): Fields => (isFields(meta) ? meta : {});

const isId = (id: unknown): id is Exclude<RpcId, null> => isText(id) || typeof id === 'number';

const isSeq = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
