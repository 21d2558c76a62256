import type { McpServer } from '@agentclientprotocol/sdk';
import * as vscode from 'vscode';
import { Failure } from '../base/failure.ts';
import type { Command } from '../model/event.ts';
import type { SessionKey } from '../model/session.ts';
import type { FromWindow } from '../protocol/view/messages.ts';
import { type DoorGuard, isElsewhere, isOfWheel } from '../router/doorGuard.ts';
import type { SessionStore } from '../router/store.ts';
import type { WindowMemory } from './unread.ts';
import type { WindowRelay } from './relay/windowRelay.ts';

/** Under which the window remembers the port that its relay listened on last, for as long as that is to be so. */
export const LISTENED = 'relay';

/** The relay, of which nothing is loaded before a person wants it, and what the chat passes once it is there. */
export class LaterRelay implements DoorGuard, AsyncDisposable {
  readonly #load: () => Promise<WindowRelay>;
  /** Of the Model Context Protocol: what a device handed over for the session that it opened. */
  readonly servers = new Map<SessionKey, readonly McpServer[]>();
  #opening: Promise<WindowRelay> | undefined;
  #relay: WindowRelay | undefined;

  constructor(load: () => Promise<WindowRelay>, memory: WindowMemory) {
    this.#load = load;
    if (memory.get(LISTENED) === undefined) return;
    // Nothing listens for anybody where the person does not trust what is open.
    if (vscode.workspace.isTrusted) void this.open().then((relay) => relay.again());
  }

  open(): Promise<WindowRelay> {
    return (this.#opening ??= this.#load().then((relay) => (this.#relay = relay)));
  }

  admit(message: FromWindow, elsewhere: boolean): void {
    this.#relay?.guard?.admit(message, elsewhere);
  }

  control(command: 'control/take' | 'control/release'): void {
    const guard = this.#relay?.guard;
    if (guard === undefined) throw new Failure('unsupported', 'Nothing here needs the wheel.');
    guard.control(command);
  }

  /** What a person asks for on another way than through a door: true where it was the wheel, and is done. */
  took(asked: { readonly key: SessionKey; readonly command: Command }, store: SessionStore): boolean {
    const message = { type: 'command', id: 0, ...asked } as const;
    const elsewhere = isElsewhere(message, store);
    this.admit(message, elsewhere);
    const { command } = asked;
    if (elsewhere || !isOfWheel(command)) return false;
    this.control(command.kind);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#opening?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}
