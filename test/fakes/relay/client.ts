import type { WebSocket } from 'ws';
import type { FakeSession, Json } from './session.ts';

/** One socket of a client. */
export class FakeClient {
  readonly socket: WebSocket;
  readonly id: string | undefined;
  /** Where its socket was attached, and what it views now. */
  readonly attached: FakeSession;
  view: FakeSession;
  /** Its `initialize` said so. */
  mayQueue = false;

  constructor(socket: WebSocket, id: string | undefined, session: FakeSession) {
    this.socket = socket;
    this.id = id;
    this.attached = session;
    this.view = session;
  }

  /** As a prompt, a lock or an answer names it. */
  get base(): string {
    return this.id?.split('/', 1)[0] ?? '';
  }

  send(text: string): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(text);
  }

  /** To it alone, and on no ring. */
  reply(id: unknown, answer: Json): void {
    // A client without a name is not answered (§2).
    if (this.id !== undefined && id !== undefined) this.send(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`);
  }
}
