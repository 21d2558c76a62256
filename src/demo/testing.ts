import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  client,
  methods,
  RequestError,
  type ClientCapabilities,
  type ClientConnection,
  type ContentBlock,
  type CreateElicitationRequest,
  type CreateElicitationResponse,
  type PromptResponse,
  type RequestPermissionRequest,
  type SessionUpdate,
} from '@agentclientprotocol/sdk';
import { demoAgent } from './agent.ts';
import { RecordStore } from './store.ts';
import type { World } from './world.ts';

export const everything: ClientCapabilities = {
  fs: { readTextFile: true, writeTextFile: true },
  terminal: true,
  session: { notices: {}, configOptions: { boolean: {} } },
  elicitation: { form: {} },
};

/** How the client of a test answers; a promise that stays open is a person who has not answered yet. */
export interface Answers {
  permission?: (request: RequestPermissionRequest) => string | Promise<string>;
  elicitation?: (request: CreateElicitationRequest) => CreateElicitationResponse;
  exit?: Promise<{ exitCode: number }>;
}

/** A client of the demo over linked streams, with a disk, terminals and a transcript of its own. */
export class DemoClient implements AsyncDisposable {
  readonly folder: string;
  readonly files = new Map<string, string>();
  readonly updates: { sessionId: string; update: SessionUpdate }[] = [];
  readonly permissions: RequestPermissionRequest[] = [];
  readonly terminals: { command: string; args: readonly string[]; released: boolean }[] = [];
  readonly exits: number[] = [];
  readonly complaints: string[] = [];
  readonly connection: ClientConnection;
  readonly #ownsFolder: boolean;
  readonly #waiting = new Set<() => void>();

  constructor(answers: Answers = {}, folder?: string) {
    this.#ownsFolder = folder === undefined;
    this.folder = folder ?? mkdtempSync(join(tmpdir(), 'wheelhouse-demo-test-'));
    this.connection = this.#app(answers).connect(demoAgent(this.#world()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.close();
    await this.connection.closed;
    if (this.#ownsFolder) rmSync(this.folder, { recursive: true, force: true });
  }

  async initialize(clientCapabilities: ClientCapabilities = everything) {
    return this.connection.agent.request(methods.agent.initialize, { protocolVersion: 1, clientCapabilities });
  }

  /** A session whose commands have arrived. */
  async session(): Promise<string> {
    const { agent } = this.connection;
    const { sessionId } = await agent.request(methods.agent.session.new, { cwd: this.folder, mcpServers: [] });
    await this.seen(sessionId, (update) => update.sessionUpdate === 'available_commands_update');
    return sessionId;
  }

  async prompt(sessionId: string, prompt: string | ContentBlock[]): Promise<PromptResponse> {
    const blocks: ContentBlock[] = typeof prompt === 'string' ? [{ type: 'text', text: prompt }] : prompt;
    return this.connection.agent.request(methods.agent.session.prompt, { sessionId, prompt: blocks });
  }

  async cancel(sessionId: string): Promise<void> {
    await this.connection.agent.notify(methods.agent.session.cancel, { sessionId });
  }

  of(sessionId: string): SessionUpdate[] {
    return this.updates.filter((each) => each.sessionId === sessionId).map((each) => each.update);
  }

  /** What the agent said in a session, in one piece. */
  said(sessionId: string, kind: 'agent_message_chunk' | 'agent_thought_chunk' = 'agent_message_chunk'): string {
    return this.of(sessionId)
      .map((update) => (update.sessionUpdate === kind && update.content.type === 'text' ? update.content.text : ''))
      .join('');
  }

  /** The last status of each tool call. */
  statuses(sessionId: string): string[] {
    const statuses = new Map<string, string>();
    for (const update of this.of(sessionId)) {
      if (update.sessionUpdate !== 'tool_call' && update.sessionUpdate !== 'tool_call_update') continue;
      if (update.status) statuses.set(update.toolCallId, update.status);
    }
    return [...statuses.values()];
  }

  async seen(sessionId: string, matches: (update: SessionUpdate) => boolean): Promise<void> {
    await this.until(() => this.of(sessionId).some(matches));
  }

  /** Resolves as soon as something that arrived made the condition true. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }

  #arrived(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #world(): World {
    const complain = (line: string): void => void this.complaints.push(line);
    return {
      store: new RecordStore(join(this.folder, 'state'), complain),
      // Time does not pass in tests; the loop turns, so that a cancel can arrive.
      wait: () => new Promise((resolve) => setImmediate(resolve)),
      now: () => new Date(),
      platform: 'linux',
      complain,
      exit: (code) => {
        this.exits.push(code);
        this.#arrived();
      },
    };
  }

  #app(answers: Answers) {
    const to = methods.client;
    const terminal = (id: string) => {
      const found = this.terminals[Number(id)];
      if (!found || found.released) throw RequestError.resourceNotFound(id);
      return found;
    };
    return client({ name: 'test' })
      .onNotification(to.session.update, ({ params }) => {
        this.updates.push(params);
        this.#arrived();
      })
      .onRequest(to.session.requestPermission, async ({ params }) => {
        this.permissions.push(params);
        this.#arrived();
        const optionId = await (answers.permission?.(params) ?? 'allow_once');
        return { outcome: optionId === '' ? { outcome: 'cancelled' } : { outcome: 'selected', optionId } };
      })
      .onRequest(to.elicitation.create, ({ params }) => answers.elicitation?.(params) ?? { action: 'cancel' })
      .onRequest(to.fs.readTextFile, ({ params }) => {
        const content = this.files.get(params.path);
        if (content === undefined) throw RequestError.resourceNotFound(params.path);
        return { content };
      })
      .onRequest(to.fs.writeTextFile, ({ params }) => {
        this.files.set(params.path, params.content);
        return {};
      })
      .onRequest(to.terminal.create, ({ params }) => {
        this.terminals.push({ command: params.command, args: params.args ?? [], released: false });
        this.#arrived();
        return { terminalId: String(this.terminals.length - 1) };
      })
      .onRequest(to.terminal.waitForExit, ({ params }) => {
        terminal(params.terminalId);
        return answers.exit ?? { exitCode: 0 };
      })
      .onRequest(to.terminal.release, ({ params }) => {
        terminal(params.terminalId).released = true;
        this.#arrived();
        return {};
      });
  }

  /** A file of the client's disk, under the session's folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** A file of the real disk. */
  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }
}

/** A promise that a test settles when it wants to. */
export function open<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
