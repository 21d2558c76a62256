import type { FlamecastOptions } from './options.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface Kept {
  readonly seq: number;
  readonly event: { readonly type: string; readonly data: Json; readonly timestamp: string };
}

interface Waiting {
  readonly queueId: string;
  readonly text: string;
  readonly enqueuedAt: string;
}

/** One session of the fake, with its agent. */
export class FlamecastFakeSession {
  readonly id: string;
  readonly agentName: string;
  /** What a client should have heard, in the order in which it happened. */
  readonly made: Kept[] = [];
  kept: Kept[] = [];
  active = true;
  pending: Json | undefined;
  paused = false;
  readonly #options: FlamecastOptions;
  readonly #next: () => number;
  readonly #tell: (session: FlamecastFakeSession, kept: Kept) => void;
  readonly #answers = new Map<string, (body: Json | undefined) => void>();
  #queue: Waiting[] = [];
  #running = false;
  #requests = 0;
  #queued = 0;
  #held: PromiseWithResolvers<void> | undefined;

  constructor(
    about: { readonly id: string; readonly agentName: string },
    options: FlamecastOptions,
    parts: { next(): number; tell(session: FlamecastFakeSession, kept: Kept): void },
  ) {
    this.id = about.id;
    this.agentName = about.agentName;
    this.#options = options;
    this.#next = () => parts.next();
    this.#tell = (...told) => parts.tell(...told);
  }

  get running(): boolean {
    return this.#running;
  }

  get queue(): Json {
    const items = this.#queue.map((item, position) => ({ ...item, position }));
    return { processing: this.#running, paused: this.paused, items, size: items.length };
  }

  say(type: string, data: Json): void {
    const kept = { seq: this.#next(), event: { type, data, timestamp: new Date().toISOString() } };
    this.made.push(kept);
    this.kept = [...this.kept, kept].slice(-this.#options.retention);
    this.#tell(this, kept);
  }

  /** One prompt; its result, or what it waits behind. @throws what the host says */
  async prompt(text: string): Promise<Json> {
    if (!this.#running && !this.paused) return await this.#turn(text);
    if (!this.#options.node) throw new Error('Prompt already running');
    this.#queued += 1;
    const item = { queueId: `q${this.#queued}`, text, enqueuedAt: new Date().toISOString() };
    this.#queue.push(item);
    this.#toldQueue();
    return { queued: true, queueId: item.queueId, position: this.#queue.length - 1 };
  }

  /** @returns whether anybody waited for it */
  answer(request: string, body: Json): boolean {
    const answer = this.#answers.get(request);
    this.#answers.delete(request);
    answer?.(body);
    return answer !== undefined;
  }

  release(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  terminate(): void {
    this.active = false;
    this.release();
    for (const answer of this.#answers.values()) answer(undefined);
    this.say('session.terminated', { exitCode: -1 });
  }

  pause(paused: boolean): void {
    this.paused = paused;
    this.say(paused ? 'queue.paused' : 'queue.resumed', {});
    this.#toldQueue();
    this.#goOn();
  }

  clear(): number {
    const cleared = this.#queue.length;
    this.#queue = [];
    this.#toldQueue();
    return cleared;
  }

  remove(id: string): boolean {
    const had = this.#queue.some(({ queueId }) => queueId === id);
    this.#queue = this.#queue.filter(({ queueId }) => queueId !== id);
    if (had) this.#toldQueue();
    return had;
  }

  /** @throws what is wrong with the order */
  reorder(order: readonly string[]): void {
    const ids = this.#queue.map(({ queueId }) => queueId);
    if (order.length !== ids.length) throw new Error('order must contain all queued items');
    if (new Set(order).size !== order.length) throw new Error('duplicate ids in order');
    if (order.some((id) => !ids.includes(id))) throw new Error('unknown ids in order');
    this.#queue = order.flatMap((id) => this.#queue.find(({ queueId }) => queueId === id) ?? []);
    this.#toldQueue();
  }

  #toldQueue(): void {
    this.say('queue.updated', this.queue);
  }

  async #turn(text: string): Promise<Json> {
    this.#running = true;
    const prompt = [{ type: 'text', text }];
    this.#rpc('session/prompt', 'client_to_agent', 'request', { sessionId: 'acp-1', prompt });
    if (text.includes('tool')) await this.#tool(text);
    if (text.includes('terminal')) this.#terminal();
    const count = Number(/count (\d+)/u.exec(text)?.[1] ?? 0);
    const words = count > 0 ? Array.from({ length: count }, (_, at) => `word-${at + 1} `) : [`You said: ${text}`];
    const [first = '', ...rest] = words;
    this.#word(first);
    if (text.includes('hold')) await (this.#held = Promise.withResolvers<void>()).promise;
    const last = this.#options.late ? rest.pop() : undefined;
    for (const word of rest) this.#word(word);
    const result = { stopReason: 'end_turn' };
    if (this.active) this.#rpc('session/prompt', 'client_to_agent', 'response', result);
    if (last !== undefined) this.#word(last);
    this.#running = false;
    queueMicrotask(() => this.#goOn());
    return result;
  }

  #goOn(): void {
    if (this.#running || this.paused) return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#toldQueue();
    void this.#turn(next.text);
  }

  #word(text: string): void {
    const update = { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } };
    this.#rpc('session/update', 'agent_to_client', 'notification', { sessionId: 'acp-1', update });
  }

  async #tool(text: string): Promise<void> {
    this.#requests += 1;
    const toolCallId = `call-${this.#requests}`;
    const call = { toolCallId, title: 'Write notes.txt', kind: 'edit' };
    const update = (more: Json): void =>
      this.#rpc('session/update', 'agent_to_client', 'notification', { sessionId: 'acp-1', update: more });
    const places = text.includes('place') ? { locations: [{ path: '/work/src/main.ts', line: 1 }] } : {};
    update({ sessionUpdate: 'tool_call', ...call, ...places, status: 'pending' });
    let allowed = true;
    if (text.includes('ask')) {
      const requestId = `request-${this.#requests}`;
      const options = [
        { optionId: 'yes', name: 'Allow', kind: 'allow_once' },
        { optionId: 'no', name: 'Reject', kind: 'reject_once' },
      ];
      const content = [{ type: 'diff', path: '/far/notes.txt', oldText: 'old\n', newText: 'new\n' }];
      const asked = { sessionId: 'acp-1', toolCall: { ...call, content }, options };
      this.#rpc('session/request_permission', 'agent_to_client', 'request', asked);
      this.pending = { requestId, toolCallId, title: call.title, kind: 'edit', options };
      const answered = new Promise<Json | undefined>((resolve) => this.#answers.set(requestId, resolve));
      this.say('permission_request', this.pending);
      const body = await answered;
      this.pending = undefined;
      const optionId = body?.['optionId'];
      const outcome = optionId === undefined ? { outcome: 'cancelled' } : { outcome: 'selected', optionId };
      allowed = optionId === 'yes';
      this.say(allowed ? 'permission_approved' : 'permission_rejected', { requestId, response: { outcome } });
    }
    update({ sessionUpdate: 'tool_call_update', toolCallId, status: allowed ? 'completed' : 'failed' });
  }

  #terminal(): void {
    this.say('terminal.started', { terminalId: `t-${this.id}`, command: 'make' });
    this.say('terminal.data', { terminalId: `t-${this.id}`, data: 'built\r\n' });
    this.say('terminal.exit', { terminalId: `t-${this.id}`, exitCode: 0 });
  }

  #rpc(method: string, direction: string, phase: string, payload: Json): void {
    this.say('rpc', { method, direction, phase, payload });
  }
}
