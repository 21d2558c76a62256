import type { Session, SessionKey } from '../../src/model/session.ts';
import type { Order, Told } from '../fakes/mirrorProgram.ts';
import { until } from '../tools/until.ts';
import type { Running } from './hostWorld.ts';

type News = Extract<Told, { kind: 'news' }>;
type OneOrder = Order extends infer One ? (One extends Order ? Omit<One, 'number'> : never) : never;

/** A mirrorProgram that runs: what it told so far, and what it is told to do. */
export class MirrorWindow {
  readonly running: Running;
  readonly history: Told[] = [];
  #orders = 0;
  #rest = '';

  constructor(running: Running) {
    this.running = running;
    running.child.stdout?.on('data', (text: string) => {
      const lines = `${this.#rest}${text}`.split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.history.push(JSON.parse(line) as Told);
    });
  }

  get state(): string {
    return this.history.findLast((told) => told.kind === 'state')?.state ?? 'connecting';
  }

  get trouble(): string {
    return this.history.findLast((told) => told.kind === 'state')?.trouble ?? '';
  }

  news(key: SessionKey): News | undefined {
    return this.history.findLast((told) => told.kind === 'news' && told.key === key) as News | undefined;
  }

  /** @throws Error with the code of the failure as its message */
  async order(order: OneOrder): Promise<Extract<Told, { kind: 'done' }>> {
    const number = (this.#orders += 1);
    this.running.child.stdin?.write(`${JSON.stringify({ ...order, number })}\n`);
    const told = await until(`“${order.do}” to be done`, () => {
      if (this.running.child.exitCode !== null) throw new Error(`the window ended: ${this.running.stderr}`);
      return this.history.findLast((one) => (one.kind === 'done' || one.kind === 'failed') && one.order === number);
    });
    if (told.kind === 'failed') throw new Error(`${told.code}: ${told.message}`);
    return told as Extract<Told, { kind: 'done' }>;
  }

  async open(cwd: string, agent?: string): Promise<SessionKey> {
    await this.connected();
    const { text = '' } = await this.order({ do: 'open', cwd, ...(agent === undefined ? {} : { agent }) });
    const key = text as SessionKey;
    await until('the agent to be there', () => this.news(key)?.link === 'ready');
    return key;
  }

  async connected(): Promise<void> {
    await until('the window to be connected', () => this.state === 'connected');
  }

  /** The session as it stands there, once all of it does. */
  async whole(key: SessionKey): Promise<Session> {
    return await until('the whole session', async () => {
      const { session } = await this.order({ do: 'tell', key });
      return session?.older === undefined && session;
    });
  }

  /** As a window is closed. */
  async close(): Promise<void> {
    this.running.child.stdin?.end();
    await this.running.ended;
  }

  async kill(): Promise<void> {
    this.running.child.kill('SIGKILL');
    await this.running.ended;
  }
}

/**
 * What is wrong in the history of a window: a number that came twice, out of order or after a hole, and a session that
 * went back. Where it was covered, or taken as it is, numbers may be left out.
 */
export const faultsOf = (history: readonly Told[]): readonly string[] => {
  const places = new Map<SessionKey, { readonly epoch: string; readonly seq: number }>();
  return history.flatMap((told) => {
    if (told.kind !== 'news') return [];
    const { key, at, seqs } = told;
    const place = places.get(key);
    // A cover: an epoch of the window's own, over what was there.
    if (at.epoch.includes(' cut ')) return seqs.length === 0 ? [] : [`events under a cover, at ${at.seq}`];
    places.set(key, at);
    const dense = seqs.every((seq, index) => seq === (seqs[0] ?? 0) + index) && (seqs.at(-1) ?? at.seq) === at.seq;
    if (!dense) return [`${seqs.join(' ')} is not what leads to ${at.seq}`];
    if (place === undefined || place.epoch !== at.epoch) return [];
    if (at.seq < place.seq) return [`back from ${place.seq} to ${at.seq}`];
    if (seqs.length > 0 && seqs[0] !== place.seq + 1) return [`${String(seqs[0])} after ${place.seq}`];
    return [];
  });
};

/** The numbers of the lines that a `/long` or a `/slow` said, as they stand in a transcript. */
export const lineNumbers = ({ entries }: Session): readonly number[] =>
  [...JSON.stringify(entries).matchAll(/- line (\d+)/gu)].map(([, n]) => Number(n));

export const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, index) => index + 1);

/** What a person sees of a session, the same in every window that has all of it. */
export const seenOf = ({ entries, at, questions, turn, queue, title }: Session): object => ({
  entries: entries.flat(),
  at,
  questions,
  turn,
  queue,
  title,
});
