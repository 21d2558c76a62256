import { abortable } from '../../base/abortable.ts';
import type { Link } from '../../base/duplex.ts';
import { Failure, PeerError } from '../../base/failure.ts';
import type { RpcId } from '../../base/rpcFrame.ts';
import { PROTOCOL_VERSION } from '../../protocol/acp/agent.ts';
import { CLIENT_INFO } from '../../protocol/acp/client.ts';
import { AGENT } from '../../protocol/acp/methods.ts';
import { CODE, META, RELAY } from '../../protocol/relay/names.ts';
import { type Heard, idText, linesOf, readHeard } from '../../relay/decode.ts';
import { isFields, isText, listOf } from '../../model/fold/read.ts';

/** What a relay says of itself in its answer to `initialize`; older ones say nothing. */
export interface RelayIntro {
  /** It knows what §9 of the protocol adds: echoes of prompts, a queue, what became of a question. */
  readonly modern: boolean;
  /** An older one is asked: it does not say. */
  readonly terminal: boolean;
  readonly roots: readonly string[];
}

/** The ids of a client's requests: told apart from those of others by what stands before them, and never used twice. */
export class Ids {
  readonly #client: string;
  #last = 0;

  constructor(client: string) {
    this.#client = client;
  }

  next(): string {
    this.#last += 1;
    return `${this.#client}:${this.#last}`;
  }
}

interface Asked {
  readonly method: string;
  resolve(result: unknown): void;
  reject(failure: PeerError | Failure): void;
}

/** One connection to a relay, from the welcome to its end. */
export class RelayLine {
  readonly #link: Link<string>;
  readonly #ids: Ids;
  readonly #writer: WritableStreamDefaultWriter<readonly string[]>;
  readonly #asked = new Map<string, Asked>();
  #ended: Failure | undefined;

  constructor(link: Link<string>, ids: Ids) {
    this.#link = link;
    this.#ids = ids;
    this.#writer = link.messages.writable.getWriter();
    this.#writer.closed.catch(() => undefined);
  }

  /**
   * Tells what each message holds, until the end, with whose reason it resolves. What answers a request of ours is told
   * as well, before who asked hears of it: it has its place among the rest.
   */
  async listen(hear: (heard: readonly Heard[]) => void): Promise<Failure> {
    const reader = this.#link.messages.readable.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      for (const message of value) this.#take(message, hear);
    }
    const why = await this.#link.closed;
    this.#over(why);
    return why;
  }

  /** Says who we are and what we can. @throws Failure, PeerError */
  introduce(signal: AbortSignal): { readonly id: string; readonly answer: Promise<unknown> } {
    const clientCapabilities = { _meta: { [META.queue]: true } };
    const params = { protocolVersion: PROTOCOL_VERSION, clientInfo: CLIENT_INFO, clientCapabilities };
    return this.begin(AGENT.initialize, params, signal);
  }

  /** @throws PeerError as it was answered; Failure `unknown`, the connection ended before that */
  request(method: string, params: object, signal: AbortSignal): Promise<unknown> {
    return this.begin(method, params, signal).answer;
  }

  /** The same, where who asks has to know the id. */
  begin(
    method: string,
    params: object,
    signal: AbortSignal,
  ): { readonly id: string; readonly answer: Promise<unknown> } {
    const id = this.#ids.next();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (this.#ended === undefined) this.#asked.set(id, { method, resolve, reject });
    else reject(unanswered());
    this.#say({ id, method, params });
    return { id, answer: abortable(promise, signal).finally(() => this.#asked.delete(id)) };
  }

  notify(method: string, params: object): void {
    this.#say({ method, params });
  }

  answer(id: RpcId, result: object): void {
    this.#say({ id, result });
  }

  /** Resolves when everything that was said until now has been looked at, whatever came of it. */
  async settled(signal: AbortSignal): Promise<void> {
    await this.request(RELAY.listSessions, {}, signal).catch((failure: unknown) => {
      if (!(failure instanceof PeerError)) throw failure;
    });
  }

  end(): void {
    this.#link.end();
  }

  /** When nothing of the connection is left: a newer one of the same client may be made then. */
  get closed(): Promise<Failure> {
    return this.#link.closed;
  }

  #take(message: string, hear: (heard: readonly Heard[]) => void): void {
    const heard = linesOf(message).map(readHeard);
    hear(heard);
    for (const each of heard) if (each.kind === 'answered') this.#settle(each);
  }

  #settle({ id, result, error }: Extract<Heard, { kind: 'answered' }>): void {
    const asked = this.#asked.get(idText(id));
    // Those of others pass by as well.
    if (asked === undefined) return;
    if (error === undefined) asked.resolve(result);
    else asked.reject(error);
  }

  #over(why: Failure): void {
    this.#ended = why;
    for (const { reject } of [...this.#asked.values()]) reject(unanswered());
  }

  #say(message: object): void {
    // What breaks here ends the other direction as well, and that is told.
    this.#writer.write([`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`]).catch(() => undefined);
  }
}

export const readIntro = (answer: unknown): RelayIntro => {
  const capabilities = isFields(answer) && isFields(answer['agentCapabilities']) ? answer['agentCapabilities'] : {};
  const meta = isFields(capabilities['_meta']) ? capabilities['_meta'][META.relay] : undefined;
  if (!isFields(meta)) return { modern: false, terminal: true, roots: [] };
  return {
    modern: true,
    terminal: meta['terminal'] === true,
    roots: (listOf(meta['roots']) ?? []).filter(isText),
  };
};

const unanswered = (): Failure =>
  new Failure(
    'unknown',
    'The connection to the relay was lost before it answered: whether this was done is not known.',
    'Look at the session before you do it again.',
  );

/** Why a relay did not do what was asked, in words for a person. */
export const refusal = (failure: unknown): unknown => {
  if (!(failure instanceof PeerError)) return failure;
  const next = NEXT[failure.code];
  const data = isFields(failure.data) ? failure.data : {};
  if (failure.code === CODE.notController && data['capability'] !== undefined)
    return new Failure('capability', `This device may not do that: ${failure.message}`, 'Pair it anew for more.');
  return new Failure('refused', failure.message === '' ? `The relay answered ${failure.code}.` : failure.message, next);
};

const NEXT: Readonly<Record<number, string>> = {
  [CODE.notController]: 'Take the wheel first.',
  [CODE.busy]: 'Wait for the end of the turn, or stop it.',
  [CODE.tooManySessions]: 'Close one of its sessions first.',
  [CODE.unknownMethod]: 'This relay cannot do that.',
};
