import { randomUUID } from 'node:crypto';
import type { AgentContext, ClientCapabilities, ContentBlock, SessionInfo } from '@agentclientprotocol/sdk';
import { methods, RequestError, type PromptResponse, type SessionUpdate } from '@agentclientprotocol/sdk';
import { availableCommands, runPrompt } from './commands/table.ts';
import { promptText } from './content.ts';
import { changed, configOptions, contextSize, initialSettings, modes, type Settings } from './options.ts';
import { keepable, remember, type SessionRecord } from './record.ts';
import { Turn } from './turn.ts';
import type { World } from './world.ts';

/** The client at the other end of the pipe, and what it said it can do. */
export interface Peer {
  readonly client: AgentContext;
  readonly capabilities: ClientCapabilities;
}

/** One conversation. At most one turn runs in it; different sessions run theirs at the same time. */
export class DemoSession {
  readonly id: string;
  readonly cwd: string;
  /** What the person allowed for as long as this session is open; never stored. */
  readonly allowed = new Set<string>();
  readonly #world: World;
  readonly #peer: Peer;
  readonly #history: SessionUpdate[];
  #settings: Settings;
  #title: string | undefined;
  #updatedAt: string;
  #running: AbortController | undefined;
  #discarded = false;

  constructor(world: World, peer: Peer, cwd: string, record?: SessionRecord) {
    this.id = record?.sessionId ?? `demo-${randomUUID()}`;
    this.cwd = cwd;
    this.#world = world;
    this.#peer = peer;
    this.#history = [...(record?.history ?? [])];
    this.#settings = record?.settings ?? initialSettings;
    this.#title = record?.title;
    this.#updatedAt = record?.updatedAt ?? world.now().toISOString();
  }

  get settings(): Settings {
    // Without the option on the screen nobody could switch it back on.
    return this.#knowsBooleans() ? this.#settings : { ...this.#settings, confirm: true };
  }

  /** The part of the answer to session/new, load and resume that says how the session is set. */
  state() {
    return { modes: modes(this.settings), configOptions: configOptions(this.settings, this.#knowsBooleans()) };
  }

  info(): SessionInfo {
    return { sessionId: this.id, cwd: this.cwd, updatedAt: this.#updatedAt, title: this.#title ?? null };
  }

  /** The commands; clients learn the session's id from a response, so this comes after it. */
  async announce(): Promise<void> {
    await this.send({ sessionUpdate: 'available_commands_update', availableCommands: availableCommands() });
  }

  async replay(): Promise<void> {
    const sent = this.#history.map((update) => this.#notify(update));
    if (this.#title !== undefined)
      sent.push(this.#notify({ sessionUpdate: 'session_info_update', title: this.#title }));
    if (this.#history.length > 0) sent.push(this.#notify(this.#usage()));
    await Promise.all(sent);
  }

  async prompt(blocks: readonly ContentBlock[]): Promise<PromptResponse> {
    if (this.#running) {
      throw RequestError.invalidRequest(undefined, 'a turn is running in this session: wait for its end, or cancel it');
    }
    const running = new AbortController();
    this.#running = running;
    const turn = new Turn(this.#world, this.#peer, this, running, blocks);
    try {
      await this.#open(blocks);
      await runPrompt(turn);
      running.signal.throwIfAborted();
      return { stopReason: 'end_turn' };
    } catch (error) {
      if (running.signal.aborted) return { stopReason: 'cancelled' };
      throw error;
    } finally {
      await turn.closeTools();
      await this.#close();
      this.#running = undefined;
    }
  }

  cancel(): void {
    this.#running?.abort();
  }

  /** Cancels, and keeps the end of the turn from writing the session back to the store. */
  discard(): void {
    this.#discarded = true;
    this.cancel();
  }

  /** Keeps what history is made of, and tells the client. */
  async send(update: SessionUpdate): Promise<void> {
    remember(this.#history, update);
    await this.#notify(update);
  }

  /** Changes one option; throws -32602 when the option or the value does not exist. */
  async configure(id: string, value: unknown, by: 'mode' | 'option'): Promise<void> {
    const next = id === 'confirm' && !this.#knowsBooleans() ? undefined : changed(this.#settings, id, value);
    if (!next)
      throw RequestError.invalidParams(
        { id, value },
        `there is no option ${id} with the value ${JSON.stringify(value)}`,
      );
    const before = this.#settings;
    this.#settings = next;
    this.#save();
    if (next.selected.mode !== before.selected.mode) {
      await this.send({ sessionUpdate: 'current_mode_update', currentModeId: next.selected.mode });
    }
    if (by === 'mode') {
      await this.send({ sessionUpdate: 'config_option_update', configOptions: this.state().configOptions });
    }
    if (before.confirm && !next.confirm) {
      await this.notice('warning', 'Confirm is off', '/edit and /run no longer ask before they act.');
    }
  }

  /** A notice, to the clients that take them. */
  async notice(severity: string, title: string, description: string): Promise<void> {
    if (!this.#peer.capabilities.session?.notices) return;
    await this.send({ sessionUpdate: 'notice', severity, title, description });
  }

  async #open(blocks: readonly ContentBlock[]): Promise<void> {
    const messageId = randomUUID();
    for (const content of blocks.map(keepable)) {
      remember(this.#history, { sessionUpdate: 'user_message_chunk', content, messageId });
    }
    if (this.#title === undefined) {
      this.#title = titleOf(blocks);
      await this.send({ sessionUpdate: 'session_info_update', title: this.#title });
    }
    this.#touch();
  }

  async #close(): Promise<void> {
    this.#touch();
    await this.send(this.#usage());
    await this.send({ sessionUpdate: 'session_info_update', updatedAt: this.#updatedAt });
  }

  #touch(): void {
    this.#updatedAt = this.#world.now().toISOString();
    this.#save();
  }

  #save(): void {
    if (this.#discarded) return;
    const title = this.#title;
    this.#world.store.save({
      sessionId: this.id,
      cwd: this.cwd,
      updatedAt: this.#updatedAt,
      settings: this.#settings,
      history: this.#history,
      ...(title !== undefined && { title }),
    });
  }

  /** Four characters count as one token. */
  #usage(): SessionUpdate {
    const characters = this.#history.reduce((sum, update) => {
      return 'content' in update && !Array.isArray(update.content) && update.content?.type === 'text'
        ? sum + update.content.text.length
        : sum;
    }, 0);
    const size = contextSize(this.#settings);
    const used = Math.min(size, Math.ceil(characters / 4));
    return { sessionUpdate: 'usage_update', used, size };
  }

  #knowsBooleans(): boolean {
    return Boolean(this.#peer.capabilities.session?.configOptions?.boolean);
  }

  async #notify(update: SessionUpdate): Promise<void> {
    await this.#peer.client.notify(methods.client.session.update, { sessionId: this.id, update });
  }
}

function titleOf(blocks: readonly ContentBlock[]): string {
  const text = promptText(blocks).replaceAll(/\s+/g, ' ').trim();
  if (text === '') return 'An attachment';
  return text.length <= 60 ? text : `${text.slice(0, 59).trimEnd()}…`;
}
