import type { GatewayOptions } from './options.ts';

type Json = Readonly<Record<string, unknown>>;

interface Kept {
  readonly id: string;
  readonly role: 'user' | 'assistant';
  readonly content: string;
  readonly timestamp: string;
}

/** One session of the fake, and what runs in it. */
export class GatewayFakeSession {
  /** `app:name` */
  readonly id: string;
  /** As the last sender called it. */
  called: string;
  readonly kept: Kept[] = [];
  /** Every event that was made, as it was made: what a client should have heard. */
  readonly made: { readonly event: string; readonly data: Json }[] = [];
  active = false;
  readonly #options: GatewayOptions;
  readonly #tell: (session: GatewayFakeSession, event: string, data: Json) => void;
  readonly #waiting = new Map<string, (answer: Json) => void>();
  #sequence = 0;
  #runs = 0;
  #calls = 0;
  #time = Date.parse('2026-11-20T00:00:00Z');
  #aborted = false;
  #held: PromiseWithResolvers<void> | undefined;

  constructor(
    id: string,
    options: GatewayOptions,
    tell: (session: GatewayFakeSession, event: string, data: Json) => void,
  ) {
    this.id = id;
    this.called = id;
    this.#options = options;
    this.#tell = tell;
  }

  /** A run begins; `text` says what is done in it, a word for each step. */
  async run(text: string): Promise<void> {
    this.active = true;
    this.#aborted = false;
    this.#runs += 1;
    const executionId = `run-${this.#runs}`;
    this.#keep('user', text);
    this.say('execution_start', { executionId });
    this.say('entry_committed', { entry: { message: { role: 'user', content: text } }, executionId, timelineIndex: 0 });
    this.say('tick_start', { tick: 1, executionId });
    this.#own('compiled', 'model_request', 'provider_request');
    await this.#act(text, executionId);
    this.say('tick_end', { tick: 1, executionId });
    this.active = false;
    if (text.includes('fail')) return this.#broadcast('error', { message: 'The model is not there.' });
    const end = this.#aborted ? { aborted: true } : { stopReason: 'end_turn' };
    this.say('execution_end', { executionId, output: '', ...end });
    this.#broadcast('execution_end', {});
  }

  /** Calls that nobody has confirmed. */
  get waiting(): readonly string[] {
    return [...this.#waiting.keys()];
  }

  confirm(call: string, answer: Json): void {
    this.#waiting.get(call)?.(answer);
  }

  abort(): void {
    this.#aborted = true;
    this.release();
    for (const answer of this.#waiting.values()) answer({ confirmed: false });
  }

  /** What was said is gone, and it is counted from the start. */
  reset(): void {
    this.abort();
    this.kept.length = 0;
    this.#sequence = 0;
  }

  /** What a run waits for that was told to hold. */
  release(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  say(event: string, data: Json): void {
    this.#sequence += 1;
    const base = { id: `${this.id}-${this.#sequence}`, type: event, sequence: this.#sequence, tick: 1 };
    this.#broadcast(event, { ...base, timestamp: this.#now(), ...data });
  }

  async #act(text: string, executionId: string): Promise<void> {
    const count = Number(/count (\d+)/u.exec(text)?.[1] ?? 0);
    const words = count > 0 ? Array.from({ length: count }, (_, at) => `word-${at + 1} `) : [`You said: ${text}`];
    if (text.includes('think')) this.#reason('Let me see. ');
    if (text.includes('nest')) this.#nest(executionId);
    if (text.includes('tool')) await this.#tool(text);
    this.say('message_start', { role: 'assistant', executionId });
    this.say('content_start', { blockType: 'text', blockIndex: 0 });
    const [first = '', ...rest] = words;
    this.say('content_delta', { delta: first, blockIndex: 0, blockType: 'text' });
    if (text.includes('hold')) await (this.#held = Promise.withResolvers<void>()).promise;
    for (const delta of this.#aborted ? [] : rest)
      this.say('content_delta', { delta, blockIndex: 0, blockType: 'text' });
    const content = this.#aborted ? first : words.join('');
    this.say('content_end', { blockIndex: 0, blockType: 'text' });
    this.say('content', { content: { type: 'text', text: content }, blockIndex: 0 });
    this.say('message_end', { stopReason: 'end_turn' });
    this.say('message', { message: { role: 'assistant', content: [{ type: 'text', text: content }] } });
    this.#own('model_response');
    this.#keep('assistant', content);
    this.say('entry_committed', { entry: {}, executionId, timelineIndex: this.#runs });
  }

  async #tool(text: string): Promise<void> {
    this.#calls += 1;
    const callId = `call-${this.#calls}`;
    const input = { path: 'notes.txt' };
    this.say('tool_call_start', { callId, name: 'write_file', blockIndex: 0 });
    this.say('tool_call_delta', { callId, delta: '{"path":' });
    this.say('tool_call_end', { callId });
    this.say('tool_call', { callId, name: 'write_file', input, summary: 'Write notes.txt', blockIndex: 0 });
    this.say('tool_result_start', { callId, name: 'write_file' });
    let confirmed = true;
    if (text.includes('ask')) {
      const answered = new Promise<Json>((resolve) => this.#waiting.set(callId, resolve));
      const patch = '--- notes.txt\n+++ notes.txt\n@@ -1,1 +1,1 @@\n-old\n+new\n';
      const metadata = { type: 'diff', filePath: '/far/notes.txt', patch, isNewFile: false };
      this.say('tool_confirmation_required', {
        callId,
        name: 'write_file',
        input,
        message: 'Write notes.txt?',
        metadata,
      });
      const answer = await answered;
      this.#waiting.delete(callId);
      confirmed = answer['confirmed'] === true;
      this.say('tool_confirmation_result', { callId, ...answer });
    }
    const result = [{ type: 'text', text: confirmed ? 'written' : 'refused' }];
    this.say('tool_result', { callId, name: 'write_file', result, isError: !confirmed, executedBy: 'host' });
  }

  #reason(text: string): void {
    this.say('reasoning_start', { blockIndex: 0 });
    this.say('reasoning_delta', { delta: text, blockIndex: 0 });
    this.say('reasoning_end', { blockIndex: 0 });
    this.say('reasoning', { reasoning: text, blockIndex: 0 });
  }

  #nest(parentExecutionId: string): void {
    const about = { executionId: 'inner-1', parentExecutionId, spawnPath: ['researcher'] };
    let sequence = 0;
    const said = (event: string, data: Json): void =>
      this.#broadcast(event, { type: event, sequence: (sequence += 1), ...about, ...data });
    this.say('spawn_start', { spawnId: 'inner-1' });
    said('execution_start', { componentName: 'Researcher' });
    said('content_delta', { delta: 'looked it up', blockIndex: 0, blockType: 'text' });
    said('execution_end', { stopReason: 'end_turn' });
    this.say('spawn_end', { spawnId: 'inner-1' });
  }

  /** Of the gateway itself. */
  #own(...events: readonly string[]): void {
    for (const event of events)
      if (this.#options.leaks) this.say(event, {});
      else if (this.#options.keepsBack) this.#sequence += 1;
  }

  #keep(role: Kept['role'], content: string): void {
    const id = `m${this.kept.length + 1}`;
    const timestamp = this.#now();
    this.kept.push({ id, role, content, timestamp });
  }

  /** A clock of its own, which is always a second further. */
  #now(): string {
    this.#time += 1000;
    return new Date(this.#time).toISOString();
  }

  #broadcast(event: string, data: Json): void {
    this.made.push({ event, data });
    this.#tell(this, event, data);
  }
}
