/**
 * The page's connection to its host: one socket at a time, made again and again until the host answers.
 *
 * K1 What cannot be sent is not kept to be sent later: who asked is told, and still has the words.
 * K2 What was asked and not answered when a socket went away is answered by that: nobody knows whether it arrived.
 * K3 A socket that may be dead is asked, and left when it does not answer in time: a phone's often ends without a word.
 * K4 A host that does not know the device is not asked again: only a person can mend that.
 */
import { signal } from '@preact/signals';
import type { Clock } from '../../src/base/clock.ts';
import { type Disposable, Disposables } from '../../src/base/disposable.ts';
import { Failure } from '../../src/base/failure.ts';
import type { Translate } from '../l10n.ts';
import { type FromSurface, type ToSurface, VIEW_VERSION } from '../../src/protocol/view/messages.ts';

export type LinkState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** `again`: when it is tried next, wall time in ms; absent while it is. `busy`: the host lives, and lets nobody in now. */
  | { readonly kind: 'away'; readonly again?: number; readonly why?: 'stopped' | 'busy' }
  /** The host does not know this device any more. */
  | { readonly kind: 'unknown' };

/** Of a WebSocket what is used of it. */
export type PageSocket = Pick<WebSocket, 'send' | 'close' | 'onopen' | 'onmessage' | 'onclose'>;

export interface LinkParts {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly t: Translate;
  connect(): PageSocket;
  /** Asks why no socket was made, which a browser does not tell. Undefined: nobody answers. */
  ask(): Promise<'known' | 'unknown' | undefined>;
  /** What the host said, in order. */
  receive(messages: readonly ToSurface[]): void;
  /** A socket went away with what was asked on it. */
  lost(failure: Failure): void;
}

/** Milliseconds between two tries; the last one holds from then on. */
const PAUSES = [500, 1_000, 2_000, 4_000, 8_000, 15_000] as const;
/** After so long without a word the host is asked whether it is there, and has so long to answer. */
const SILENCE = 20_000;
const PATIENCE = 5_000;
/** Close codes of the relay protocol, §9: the device was revoked; the host stops. */
const REVOKED = 4001;
const STOPPED = 1001;

export class Link implements Disposable {
  readonly state = signal<LinkState>({ kind: 'connecting' });
  /** When the host last said anything, wall time in ms: what is shown is as of then. */
  readonly heardAt = signal<number | undefined>(undefined);
  readonly #parts: LinkParts;
  readonly #owned = new Disposables();
  #socket: PageSocket | undefined;
  #tries = 0;
  #timer: Disposable | undefined;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#owned.onEnd(() => {
      this.#timer?.dispose();
      this.#drop();
    });
    this.#connect();
  }

  /** @throws Failure `offline` for what would be answered */
  send(message: FromSurface): void {
    if (this.state.peek().kind === 'live') this.#socket?.send(JSON.stringify(message));
    // The others only say where the surface is, which it says anew on every socket.
    else if ('id' in message && message.type !== 'mentions')
      throw new Failure('offline', this.#parts.t('This device is offline: nothing was sent.'));
  }

  /** Somebody looks, or the network is back: no time to lose, and no socket to be trusted. */
  wake(): void {
    const { kind } = this.state.peek();
    if (kind === 'unknown' || this.#owned.ended) return;
    if (kind === 'live') this.#probe();
    else if (this.#socket === undefined) this.#connect();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #connect(): void {
    this.#timer?.dispose();
    if (this.state.peek().kind === 'away') this.state.value = { kind: 'away' };
    const socket = this.#parts.connect();
    this.#socket = socket;
    let opened = false;
    this.#after(PATIENCE * 2, () => this.#ended(socket));
    socket.onopen = () => {
      opened = true;
      socket.send(JSON.stringify(HELLO));
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (this.#socket === socket) this.#hear(data);
    };
    socket.onclose = ({ code }) => {
      if (this.#socket !== socket) return;
      if (code === REVOKED) this.#forgotten();
      else if (opened) this.#ended(socket, code === STOPPED ? 'stopped' : undefined);
      else void this.#wonder(socket);
    };
  }

  #hear(data: unknown): void {
    const messages = messagesIn(data);
    if (messages.length === 0) return;
    this.heardAt.value = this.#parts.clock.now();
    if (messages.some(({ type }) => type === 'welcome')) {
      this.#tries = 0;
      this.state.value = { kind: 'live' };
    }
    this.#after(SILENCE, () => this.#probe());
    this.#parts.receive(messages);
  }

  #probe(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    socket.send(JSON.stringify(PING));
    this.#after(PATIENCE, () => this.#ended(socket));
  }

  /** The host answers, and not with a socket: a person is told what it is. */
  async #wonder(socket: PageSocket): Promise<void> {
    const known = await this.#parts.ask();
    if (this.#socket !== socket) return;
    if (known === 'unknown') this.#forgotten();
    else this.#ended(socket, known === 'known' ? 'busy' : undefined);
  }

  #forgotten(): void {
    this.#timer?.dispose();
    this.#drop();
    this.state.value = { kind: 'unknown' };
  }

  #ended(socket: PageSocket, why?: 'stopped' | 'busy'): void {
    if (this.#socket !== socket || this.#owned.ended) return;
    this.#drop();
    const pause = PAUSES[Math.min(this.#tries, PAUSES.length - 1)] ?? SILENCE;
    this.#tries += 1;
    const again = this.#parts.clock.now() + pause;
    this.state.value = { kind: 'away', again, ...(why === undefined ? {} : { why }) };
    this.#after(pause, () => this.#connect());
  }

  #drop(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#socket = undefined;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    const { lost, t } = this.#parts;
    const next = t('Look whether it arrived before you send it again.');
    lost(new Failure('offline', t('The connection was lost before the answer came.'), next));
  }

  /** One thing is waited for at a time. */
  #after(milliseconds: number, run: () => void): void {
    this.#timer?.dispose();
    if (!this.#owned.ended) this.#timer = this.#parts.clock.after(milliseconds, run);
  }
}

const HELLO: FromSurface = { type: 'hello', version: VIEW_VERSION };
const PING: FromSurface = { type: 'ping' };

const isMessage = (value: unknown): value is ToSurface =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

/** Lines of JSON, each a message or several. What is none is passed over. */
const messagesIn = (data: unknown): readonly ToSurface[] => {
  if (typeof data !== 'string') return [];
  return data.split('\n').flatMap((line) => {
    if (line.trim() === '') return [];
    try {
      const value: unknown = JSON.parse(line);
      return (Array.isArray(value) ? value : [value]).filter(isMessage);
    } catch {
      return [];
    }
  });
};
