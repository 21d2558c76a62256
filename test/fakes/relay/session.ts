import type { FakeClient } from './client.ts';
import type { FakeOptions } from './options.ts';

export type Json = Readonly<Record<string, unknown>>;

interface Frame {
  readonly rseq: number;
  readonly text: string;
}

interface Prompt {
  readonly client: string;
  readonly id: unknown;
  readonly prompt: readonly unknown[];
}

/** One session of the fake relay: its ring, its viewers, and a driver that does as the prompt says. */
export class FakeSession {
  readonly id: string;
  readonly title: string;
  readonly viewers = new Set<FakeClient>();
  /** Requests of ours that nobody has answered: their lines. */
  readonly open = new Map<string, { readonly line: string; readonly answered: (option: string | undefined) => void }>();
  readonly #options: FakeOptions;
  #ring: Frame[] = [];
  #last = 0;
  #running: { readonly prompt: Prompt; cancel: () => void } | undefined;
  #queue: Prompt[] = [];
  #released = Promise.withResolvers<void>();
  #asked = 0;
  /** Live frames reach nobody; the ring has them. */
  deaf = false;

  constructor(id: string, title: string, options: FakeOptions) {
    this.id = id;
    this.title = title;
    this.#options = options;
  }

  get busy(): boolean {
    return this.#running !== undefined;
  }

  get headSeq(): number {
    return this.#last;
  }

  get oldest(): number {
    return this.#ring[0]?.rseq ?? this.#last + 1;
  }

  after(seq: number): readonly string[] {
    return this.#ring.filter(({ rseq }) => rseq > seq).map(({ text }) => text);
  }

  isReset(lastSeq: number): boolean {
    return lastSeq > this.#last || lastSeq < this.oldest - 1;
  }

  /** The oldest frames are kept no longer. */
  forget(count: number): void {
    this.#ring.splice(0, count);
  }

  /** Takes a frame out of the middle of the ring. */
  lose(rseq: number): void {
    this.#ring = this.#ring.filter((frame) => frame.rseq !== rseq);
  }

  /** Stamps the last of the messages and tells all viewers: they are one frame. */
  frame(...messages: readonly Json[]): void {
    this.#last += 1;
    const rseq = this.#last;
    const lines = messages.map((message, at) =>
      JSON.stringify(
        at === messages.length - 1 ? { rseq, jsonrpc: '2.0', ...message } : { jsonrpc: '2.0', ...message },
      ),
    );
    const text = `${lines.join('\n')}\n`;
    this.#ring.push({ rseq, text });
    if (this.#ring.length > this.#options.ring) this.#ring.shift();
    if (this.deaf) return;
    for (const viewer of this.viewers) viewer.send(text);
  }

  update(update: Json, meta?: Json): void {
    this.frame(this.#updateOf(update, meta));
  }

  /** A word of the agent's. */
  say(text: string): void {
    this.update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
  }

  /** What waits with `hold` goes on. */
  release(): void {
    this.#released.resolve();
    this.#released = Promise.withResolvers<void>();
  }

  prompt(client: string, id: unknown, prompt: readonly unknown[], mayQueue: boolean): void {
    const asked = { client, id, prompt };
    if (this.#running === undefined) return void this.#run(asked);
    if (!mayQueue) {
      const code = this.#options.modern ? -32012 : -32000;
      this.frame({ id, error: { code, message: 'the session is running a turn' } });
      return;
    }
    this.#queue.push(asked);
    this.#tellQueue();
  }

  withdraw(id: unknown): void {
    this.#queue = this.#queue.filter((queued) => queued.id !== id);
    this.#tellQueue();
  }

  cancel(): void {
    this.#running?.cancel();
  }

  /** Asks for permission; settles with the option, or with nothing where the turn was cancelled. */
  ask(title: string): Promise<string | undefined> {
    this.#asked += 1;
    const id = this.#options.modern ? `ask-${this.id}-${this.#asked}` : this.#asked;
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const toolCall = { toolCallId: `call-${this.#asked}`, title, kind: 'execute', status: 'pending' };
    const options = [
      { optionId: 'yes', name: 'Allow', kind: 'allow_once' },
      { optionId: 'no', name: 'Reject', kind: 'reject_once' },
    ];
    this.update({ sessionUpdate: 'tool_call', ...toolCall });
    const params = { sessionId: this.id, toolCall: { toolCallId: toolCall.toolCallId }, options };
    this.frame({ id, method: 'session/request_permission', params });
    const line = this.#ring.at(-1)?.text ?? '';
    const name = String(id);
    this.open.set(name, {
      line,
      answered: (option) => {
        this.open.delete(name);
        resolve(option);
      },
    });
    return promise;
  }

  settled(requestId: string, outcome: Json, by: string | null): void {
    if (!this.#options.modern) return;
    const params = { sessionId: this.id, requestId, outcome, by };
    this.frame({ method: '_chances/unstable/permission_settled', params });
  }

  #updateOf(update: Json, meta?: Json): Json {
    const params = { sessionId: this.id, update, ...(meta === undefined ? {} : { _meta: meta }) };
    return { method: 'session/update', params };
  }

  #tellQueue(): void {
    const items = this.#queue.map(({ client, id: requestId, prompt }) => ({ client, requestId, prompt }));
    this.frame({ method: '_chances/unstable/queue', params: { sessionId: this.id, items } });
  }

  async #run(asked: Prompt): Promise<void> {
    const cancelled = Promise.withResolvers<'cancelled'>();
    this.#running = { prompt: asked, cancel: () => cancelled.resolve('cancelled') };
    const { client, id: requestId, prompt } = asked;
    if (this.#options.modern) {
      const meta = { 'wheelhouse.prompt': { client, requestId } };
      const echo = prompt.map((content) => this.#updateOf({ sessionUpdate: 'user_message_chunk', content }, meta));
      this.frame(...echo);
    }
    const first = prompt[0];
    const text = typeof first === 'object' && first !== null && 'text' in first ? String(first.text) : '';
    const stopReason = await Promise.race([this.#act(text).then(() => 'end_turn'), cancelled.promise]);
    for (const { answered } of [...this.open.values()]) answered(undefined);
    this.#running = undefined;
    this.frame({ id: requestId, result: { stopReason } });
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#tellQueue();
    await this.#run(next);
  }

  /** `count N`: so many words; `ask WHAT`: permission; `hold`: until it is released; anything else is said back. */
  async #act(text: string): Promise<void> {
    const [verb, rest = ''] = text.split(/ (.*)/su, 2);
    if (verb === 'count') for (let at = 1; at <= Number(rest); at += 1) this.say(`word ${at} `);
    else if (verb === 'hold') {
      this.say('It begins. ');
      await this.#released.promise;
      this.say('It ends.');
    } else if (verb === 'ask') {
      const option = await this.ask(rest);
      this.say(`You chose ${option ?? 'nothing'}.`);
    } else this.say(`You said: ${text}`);
  }
}
