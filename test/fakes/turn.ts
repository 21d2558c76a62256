import type { Flags } from './flags.ts';
import { at, line, type Json, type Reply, type Wire } from './wire.ts';

export type StopReason = 'end_turn' | 'cancelled';

/** What every turn of one session shares. */
export interface Memory {
  /** The terminal that `start` or `run` made last. */
  terminalId?: string;
}

/** One prompt being answered. */
export class Turn {
  readonly wire: Wire;
  readonly flags: Flags;
  readonly sessionId: string;
  /** Of the session, as the client gave it. */
  readonly cwd: string;
  readonly requestId: unknown;
  readonly memory: Memory;
  /** Of the session, as the client gave them. */
  readonly mcpServers: unknown;
  readonly cancelled: AbortSignal;
  /** What the client said of itself in `initialize`. */
  readonly client: unknown;
  /** Runs once the response has been written. */
  afterResponse: (() => Promise<void>) | undefined;
  #calls = 0;

  constructor(
    from: Pick<
      Turn,
      'wire' | 'flags' | 'sessionId' | 'cwd' | 'requestId' | 'memory' | 'mcpServers' | 'cancelled' | 'client'
    >,
  ) {
    this.wire = from.wire;
    this.flags = from.flags;
    this.sessionId = from.sessionId;
    this.cwd = from.cwd;
    this.requestId = from.requestId;
    this.memory = from.memory;
    this.mcpServers = from.mcpServers;
    this.cancelled = from.cancelled;
    this.client = from.client;
  }

  callId(): string {
    return `call-${String(this.requestId)}-${(this.#calls += 1)}`;
  }

  updateLine(update: Json): string {
    return line({ method: 'session/update', params: { sessionId: this.sessionId, update } });
  }

  responseLine(stopReason: StopReason): string {
    return line({ id: this.requestId, result: { stopReason } });
  }

  async update(update: Json): Promise<void> {
    await this.wire.write(this.updateLine(update));
  }

  async say(text: string): Promise<void> {
    await this.update(textChunk(text));
  }

  async request(method: string, params: Json): Promise<Reply> {
    return this.wire.request(method, { sessionId: this.sessionId, ...params });
  }

  /** Asks with the options given, and says in a message what was answered. */
  async ask(toolCall: Json, options: readonly Json[] = plainOptions): Promise<string> {
    return this.report(await this.request('session/request_permission', { toolCall, options }));
  }

  async report(reply: Reply): Promise<string> {
    const outcome = at(reply.result, 'outcome', 'optionId') ?? at(reply.result, 'outcome', 'outcome');
    const answer = typeof outcome === 'string' ? outcome : `error ${reply.error?.code}`;
    await this.say(`answer: ${answer}\n`);
    return answer;
  }

  /** Resolves when the turn is cancelled. */
  async untilCancelled(): Promise<void> {
    if (this.cancelled.aborted) return;
    await new Promise<void>((resolve) => this.cancelled.addEventListener('abort', () => resolve(), { once: true }));
  }
}

export function textChunk(text: string): Json {
  return { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } };
}

const plainOptions: readonly Json[] = [
  { optionId: 'allow', name: 'Allow', kind: 'allow_once' },
  { optionId: 'always', name: 'Always allow', kind: 'allow_always' },
  { optionId: 'reject', name: 'Reject', kind: 'reject_once' },
];
