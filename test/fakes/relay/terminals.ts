import type { FakeClient } from './client.ts';
import type { FakeOptions } from './options.ts';
import type { Json } from './session.ts';

const PREFIX = '_chances/unstable/';

interface Terminal {
  readonly owner: string;
  readonly ring: string[];
  seq: number;
  subscribed: boolean;
}

/** Terminals that say back what is typed. */
export class FakeTerminals {
  readonly #options: FakeOptions;
  readonly #open = new Map<string, Terminal>();
  readonly #sockets = new Map<string, FakeClient>();
  #last = 0;

  constructor(options: FakeOptions) {
    this.#options = options;
  }

  attach(client: FakeClient): void {
    if (client.id === undefined) return;
    this.#sockets.set(client.id, client);
    for (const terminal of this.#open.values()) {
      if (terminal.owner !== client.id) continue;
      terminal.subscribed = true;
      for (const line of terminal.ring) client.send(line);
    }
  }

  detach(client: FakeClient, others: ReadonlySet<FakeClient>): void {
    if (client.id === undefined) return;
    const isReplaced = [...others].some(({ id }) => id === client.id);
    if (isReplaced && !this.#options.forgetTerminals) return;
    // By the client's name, whichever of its sockets it was (§6, 2).
    for (const terminal of this.#open.values()) if (terminal.owner === client.id) terminal.subscribed = false;
    if (!isReplaced) this.#sockets.delete(client.id);
  }

  take(client: FakeClient, method: string, id: unknown, params: Json): void {
    const { terminalId, data } = params;
    const terminal = this.#open.get(String(terminalId));
    switch (method) {
      case 'terminal_open':
        return this.#opened(client, id);
      case 'terminal_input':
        if (terminal !== undefined) this.#say(String(terminalId), terminal, String(data));
        return;
      case 'terminal_close':
        this.#open.delete(String(terminalId));
        return client.reply(id, { result: { ok: true } });
    }
  }

  #opened(client: FakeClient, id: unknown): void {
    if (client.id === undefined || id === undefined) return;
    this.#last += 1;
    const name = `term_${this.#last}`;
    const terminal = { owner: client.id, ring: [], seq: 0, subscribed: true };
    this.#open.set(name, terminal);
    // Before the answer: its owner hears it from the start (§4).
    this.#say(name, terminal, 'welcome\r\n');
    client.reply(id, { result: { terminalId: name } });
    if (this.#options.dropTerminals) this.#open.delete(name);
  }

  #say(terminalId: string, terminal: Terminal, data: string): void {
    terminal.seq += 1;
    const params = { terminalId, data, seq: terminal.seq };
    const line = `${JSON.stringify({ jsonrpc: '2.0', method: `${PREFIX}terminal_output`, params })}\n`;
    terminal.ring.push(line);
    if (terminal.subscribed) this.#sockets.get(terminal.owner)?.send(line);
  }
}
