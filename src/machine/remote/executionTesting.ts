import { type Link, linkedPair } from '../../base/duplex.ts';
import { Failure } from '../../base/failure.ts';
import { silent } from '../../base/log.ts';
import { manualClock } from '../../base/testing.ts';
import { EVENT } from '../../protocol/environment/messages.ts';
import { endpointWire } from '../../protocol/environment/wire.ts';
import { ExecutionHost } from './executionHost.ts';

type Json = Readonly<Record<string, unknown>>;

export const never = new AbortController().signal;

/** A host that answers what the test has it answer, on a clock of the test's. */
export class ScriptedHost implements AsyncDisposable {
  readonly clock = manualClock();
  readonly host: ExecutionHost;
  readonly logged: string[] = [];
  /** What was asked, in order, and not read by the test yet. */
  readonly #asked: Json[] = [];
  #wanted: PromiseWithResolvers<void> | undefined;
  #say: ((text: string) => void) | undefined;
  #end: (() => void) | undefined;
  readonly #hello: Json | undefined;
  connections = 0;

  /** `envID` as the setting has it; null: it has none. */
  constructor({ hello, envID = 'env_x' }: { readonly hello?: Json | undefined; readonly envID?: string | null } = {}) {
    this.#hello = hello;
    const keep = (message: string): void => void this.logged.push(message);
    this.host = new ExecutionHost({
      connect: async () => this.#connect(),
      wire: endpointWire,
      clock: this.clock,
      log: { ...silent, info: keep, warn: keep },
      name: 'Box',
      label: 'a test',
      ...(envID === null ? {} : { envID }),
    });
  }

  /** What is asked next, whenever that is. */
  async asked(): Promise<Json> {
    while (this.#asked.length === 0) {
      this.#wanted = Promise.withResolvers();
      await this.#wanted.promise;
    }
    return this.#asked.shift() ?? {};
  }

  get unread(): number {
    return this.#asked.length;
  }

  say(text: string): void {
    this.#say?.(text);
  }

  respond(payload: Json): void {
    this.say(JSON.stringify({ event: EVENT.response, payload }));
  }

  succeed({ requestID, tool, action }: Json, metadata: Json, output = ''): void {
    const said = { ...(tool === 'bash' ? {} : { action }), ...metadata };
    this.respond({ version: 1, requestID, ok: true, tool, action, result: { title: '', metadata: said, output } });
  }

  /** Under the id of the request, or under one of nobody's. */
  fail(request: Json | undefined, code: string, message = ''): void {
    const requestID = request?.['requestID'] ?? 'of-nobody';
    this.respond({ version: 1, requestID, ok: false, error: { code, message } });
  }

  /** Lets a session be opened. */
  async opens(sessionID = 's1'): Promise<void> {
    this.succeed(await this.asked(), { status: 'opened', sessionID });
  }

  async cut(): Promise<void> {
    this.#end?.();
    while (this.host.state === 'connected') await turn();
  }

  /** Resolves when the host is connected, however much time has to pass for that. */
  async reach(): Promise<void> {
    const reached = this.host.reach(never);
    reached.catch(() => undefined);
    for (let at = 0; this.host.state !== 'connected' && at < 400; at += 1) {
      for (let still = 0; still < 5; still += 1) await turn();
      this.clock.advance(250);
    }
    await reached;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
  }

  #connect(): Link<string> {
    this.connections += 1;
    const [ours, theirs] = linkedPair<string>();
    const closed = Promise.withResolvers<Failure>();
    const writer = theirs.writable.getWriter();
    this.#say = (text) => void writer.write([text]).catch(() => undefined);
    const end = (): void => {
      void writer.close().catch(() => undefined);
      closed.resolve(new Failure('lost', 'The connection was lost.'));
    };
    this.#end = end;
    void this.#read(theirs.readable);
    if (this.#hello !== undefined) this.say(JSON.stringify({ event: EVENT.hello, payload: this.#hello }));
    return { messages: ours, closed: closed.promise, end };
  }

  async #read(readable: ReadableStream<readonly string[]>): Promise<void> {
    for await (const texts of readable)
      for (const text of texts) {
        this.#asked.push((JSON.parse(text) as { payload: Json }).payload);
        this.#wanted?.resolve();
      }
  }
}

/** Whatever was under way has gone on as far as it can by itself. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
