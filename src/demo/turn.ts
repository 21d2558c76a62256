import { randomUUID } from 'node:crypto';
import {
  methods,
  type ClientCapabilities,
  type AgentContext,
  type ContentBlock,
  type PermissionOption,
  type ToolCall,
  type ToolCallContent,
  type ToolCallUpdate,
} from '@agentclientprotocol/sdk';
import type { DemoSession, Peer } from './session.ts';
import type { World } from './world.ts';

/** What a command sees of the turn it runs in. Every wait ends at once, by throwing, when the turn is cancelled. */
export class Turn {
  readonly session: DemoSession;
  readonly world: World;
  readonly prompt: readonly ContentBlock[];
  readonly client: AgentContext;
  readonly capabilities: ClientCapabilities;
  readonly #running: AbortController;
  readonly #openTools = new Map<string, Tool>();
  #messageId = randomUUID();

  constructor(
    world: World,
    peer: Peer,
    session: DemoSession,
    running: AbortController,
    prompt: readonly ContentBlock[],
  ) {
    this.world = world;
    this.client = peer.client;
    this.capabilities = peer.capabilities;
    this.session = session;
    this.#running = running;
    this.prompt = prompt;
  }

  get signal(): AbortSignal {
    return this.#running.signal;
  }

  async say(text: string): Promise<void> {
    this.signal.throwIfAborted();
    const content: ContentBlock = { type: 'text', text };
    await this.session.send({ sessionUpdate: 'agent_message_chunk', content, messageId: this.#messageId });
  }

  async think(text: string): Promise<void> {
    this.signal.throwIfAborted();
    await this.session.send({ sessionUpdate: 'agent_thought_chunk', content: { type: 'text', text } });
  }

  /** Says a long text as a model would: a few words at a time. */
  async stream(text: string, milliseconds: number): Promise<void> {
    for (const piece of text.match(/[\s\S]{1,24}(?=\s|$)\s*|[\s\S]{1,24}/gu) ?? []) {
      await this.say(piece);
      await this.pause(milliseconds);
    }
  }

  async startTool(call: Omit<ToolCall, 'toolCallId'>): Promise<Tool> {
    this.signal.throwIfAborted();
    const tool = new Tool(this, `call-${randomUUID()}`, () => this.#openTools.delete(tool.id));
    this.#openTools.set(tool.id, tool);
    await this.session.send({ sessionUpdate: 'tool_call', toolCallId: tool.id, status: 'pending', ...call });
    // What follows a tool call reads as a message of its own.
    this.#messageId = randomUUID();
    return tool;
  }

  /** A turn never leaves a tool call open, however it ends: clients would show it running for ever. */
  async closeTools(): Promise<void> {
    for (const tool of this.#openTools.values()) await tool.close('failed');
  }

  async pause(milliseconds: number): Promise<void> {
    await this.until(this.world.wait(milliseconds, this.signal));
  }

  /** Lets the event loop turn: writes to a pipe can finish without it, and then a cancel would never be read. */
  async breathe(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.signal.throwIfAborted();
  }

  /** Waits for an answer of the client, or for the cancel that makes it pointless. */
  until<T>(answer: Promise<T>): Promise<T> {
    const { signal } = this;
    return new Promise<T>((resolve, reject) => {
      const abort = (): void => reject(signal.reason);
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort);
      void answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    });
  }

  /** The option that the person chose. An outcome of `cancelled` ends the turn, whoever sent it. */
  async choose(toolCall: ToolCallUpdate, options: PermissionOption[]): Promise<string> {
    const sessionId = this.session.id;
    const request = this.client.request(methods.client.session.requestPermission, { sessionId, toolCall, options });
    const { outcome } = await this.until(request);
    if (outcome.outcome === 'selected') return outcome.optionId;
    this.#running.abort();
    throw this.signal.reason;
  }

  /** Whether the person allows an action; not asked when `confirm` is off or the same action was allowed for good. */
  async allows(action: string, toolCall: ToolCallUpdate, always: string): Promise<boolean> {
    if (!this.session.settings.confirm || this.session.allowed.has(action)) return true;
    const choice = await this.choose(toolCall, [
      { optionId: 'allow_once', name: 'Allow', kind: 'allow_once' },
      { optionId: 'allow_always', name: always, kind: 'allow_always' },
      { optionId: 'reject_once', name: 'Reject', kind: 'reject_once' },
    ]);
    if (choice === 'allow_always') this.session.allowed.add(action);
    return choice === 'allow_once' || choice === 'allow_always';
  }
}

type Ending = 'completed' | 'failed';

/** One tool call of a turn, from pending to its end. */
export class Tool {
  readonly id: string;
  readonly #turn: Turn;
  readonly #ended: () => void;

  constructor(turn: Turn, id: string, ended: () => void) {
    this.#turn = turn;
    this.id = id;
    this.#ended = ended;
  }

  async update(fields: Omit<ToolCallUpdate, 'toolCallId'>): Promise<void> {
    this.#turn.signal.throwIfAborted();
    await this.#turn.session.send({ sessionUpdate: 'tool_call_update', toolCallId: this.id, ...fields });
  }

  async end(status: Ending, fields: Omit<ToolCallUpdate, 'toolCallId' | 'status'> = {}): Promise<void> {
    this.#turn.signal.throwIfAborted();
    await this.close(status, fields);
  }

  /** Like `end`, also after a cancel. */
  async close(status: Ending, fields: Omit<ToolCallUpdate, 'toolCallId' | 'status'> = {}): Promise<void> {
    this.#ended();
    await this.#turn.session.send({ sessionUpdate: 'tool_call_update', toolCallId: this.id, status, ...fields });
  }
}

export function textContent(text: string): ToolCallContent {
  return { type: 'content', content: { type: 'text', text } };
}
