import { WebSocket } from 'ws';
import { until } from '../tools/until.ts';

type Line = Readonly<Record<string, unknown>>;

/** A device of the person's as the wire sees it: everything that the relay said, and how it closed. */
export class RelayDevice {
  readonly lines: Line[] = [];
  readonly #socket: WebSocket;
  #closed: number | undefined;
  #asked = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      for (const line of data.toString('utf8').split('\n'))
        if (line.trim() !== '') this.lines.push(JSON.parse(line) as Line);
    });
    socket.on('close', (code) => (this.#closed = code));
    socket.on('error', () => undefined);
  }

  /** Pairs as a device does that was given the code; resolves when the person has answered. */
  static async pair(app: string, body: object): Promise<{ readonly status: number; readonly told: Line }> {
    const answer = await fetch(new URL('/pair', app), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, told: (await answer.json().catch(() => ({}))) as Line };
  }

  /** The status with which somebody who shows this token is turned away. */
  static async refusal(relay: string, token: string): Promise<number | undefined> {
    return await new Promise((resolve, reject) => {
      const socket = new WebSocket(relay, { headers: { authorization: `Bearer ${token}` } });
      socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode));
      socket.on('open', () => reject(new Error('it was let in')));
    });
  }

  static async connect(relay: string, token: string, query: string): Promise<RelayDevice> {
    const device = new RelayDevice(
      new WebSocket(`${relay}?${query}`, { headers: { authorization: `Bearer ${token}` }, perMessageDeflate: false }),
    );
    await until('the welcome', () => device.lines.some(({ type }) => type === 'relay_welcome'));
    return device;
  }

  /** The code that it was closed with. */
  get closed(): number | undefined {
    return this.#closed;
  }

  /** Resolves with the line that answers. */
  async request(method: string, params: object = {}): Promise<Line> {
    const id = `phone-${(this.#asked += 1)}`;
    this.#socket.send(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    return await until(`the answer to ${method}`, () =>
      this.lines.find((line) => line['id'] === id && !('method' in line)),
    );
  }

  /** Answers a request of the relay. */
  answer(id: unknown, result: object): void {
    this.#socket.send(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
  }

  close(): void {
    this.#socket.close();
  }
}
