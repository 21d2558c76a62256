// The devices of a relay, in a process of their own: what they do is no work of whoever serves them.

import WebSocket from 'ws';

/** What a sink is asked for, one at a time. */
export type ToSink =
  /** So many sockets that read and forget, the first of them only until it is told to stall. */
  | { readonly kind: 'listen'; readonly urls: readonly string[]; readonly stalled: boolean }
  /** The latencies of what came since the last time, of all sockets of these addresses but those that are stalled. */
  | { readonly kind: 'latencies'; readonly urls: readonly string[] }
  /** Opens sockets at once, and waits until each has parsed all up to a number. */
  | { readonly kind: 'reach'; readonly urls: readonly string[]; readonly seq: number };

export interface FromSink {
  /** Milliseconds. */
  readonly times: readonly number[];
}

const now = (): number => performance.timeOrigin + performance.now();
const late = new Map<string, number[]>();
const SENT = /sent (\d+\.\d+) /u;
const open = (url: string): WebSocket => new WebSocket(url, { perMessageDeflate: false });

const listen = async (urls: readonly string[], stalled: boolean): Promise<void> => {
  for (const [index, url] of urls.entries()) {
    const times: number[] = [];
    const socket = open(url);
    await new Promise((resolve, reject) => {
      socket.once('message', resolve);
      socket.once('error', reject);
    });
    if (stalled && index === 0) {
      socket.pause();
      continue;
    }
    late.set(url, times);
    socket.on('message', (data: Buffer) => {
      const sent = SENT.exec(data.toString('latin1'))?.[1];
      if (sent !== undefined) times.push(now() - Number(sent));
    });
  }
};

/** As a client that has to understand each message. */
const reach = (url: string, seq: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = open(url);
    socket.once('error', reject);
    socket.on('message', (data: Buffer) => {
      for (const line of data.toString('utf8').split('\n')) {
        if (line === '') continue;
        const { rseq }: { readonly rseq?: number } = JSON.parse(line);
        if (rseq !== seq) continue;
        socket.terminate();
        resolve();
      }
    });
  });

const answer = async (asked: ToSink): Promise<readonly number[]> => {
  if (asked.kind === 'listen') {
    await listen(asked.urls, asked.stalled);
    return [];
  }
  if (asked.kind === 'latencies') return asked.urls.flatMap((url) => late.get(url)?.splice(0) ?? []);
  const { urls, seq } = asked;
  const start = performance.now();
  await Promise.all(urls.map((url) => reach(url, seq)));
  return [performance.now() - start];
};

process.on('message', (asked: ToSink) => {
  void answer(asked).then((times) => process.send?.({ times } satisfies FromSink));
});
process.on('disconnect', () => process.exit(0));
