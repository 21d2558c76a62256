// Two ways of a far terminal's output to the feed of its screen: ours, and that of a bare WebSocket.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { StreamServer } from '../../src/machine/remote/streamServer.ts';
import { StreamSession } from '../../src/machine/remote/streamSession.ts';
import { ScreenFeed, ScreenPace } from '../../src/vscode/screenFeed.ts';

const never = new AbortController().signal;

interface Way {
  /** Resolves when so many characters have come to the screen since it was asked for. */
  flood(characters: number): Promise<void>;
  close(): Promise<void>;
}

/** What a screen is given; what a window would draw of it is passed over. */
const openScreen = () => {
  const pace = new ScreenPace(systemClock);
  const feed = new ScreenFeed({ pace, write: () => undefined, leftOut: String });
  feed.open();
  let left = 0;
  let over: (() => void) | undefined;
  return {
    take(text: string): void {
      feed.push(text);
      if ((left -= text.length) <= 0) over?.();
    },
    async after(characters: number, start: () => void): Promise<void> {
      left = characters;
      const all = new Promise<void>((resolve) => (over = resolve));
      start();
      await all;
    },
    close(): void {
      feed.dispose();
      pace.dispose();
    },
  };
};

export const openStream = async (url: string): Promise<Way> => {
  const ways = { proxy: () => ({}) };
  const secret = (): Promise<undefined> => Promise.resolve(undefined);
  const session = new StreamSession({
    server: new StreamServer({ url, secret, ways, clock: systemClock, log: silent }),
    session: { id: 'source', name: 'source' },
    size: { columns: 120, rows: 30 },
    clock: systemClock,
    log: silent,
    words: { missing: '', left: '', lost: (why) => why },
  });
  const screen = openScreen();
  session.onData((text) => screen.take(text));
  await session.reach(never);
  return {
    flood: (characters) => screen.after(characters, () => session.write('x')),
    async close() {
      await session[Symbol.asyncDispose]();
      screen.close();
    },
  };
};

const HEADER = 8;

/** The library's own callback, and the bytes as text. */
export const openBare = async (url: string): Promise<Way> => {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const screen = openScreen();
  const decoder = new TextDecoder();
  await once(socket, 'open');
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) screen.take(decoder.decode(data.subarray(HEADER), { stream: true }));
  });
  return {
    flood: (characters) => screen.after(characters, () => socket.send('{"type":"input","data":"x"}')),
    async close() {
      socket.close();
      await once(socket, 'close');
      screen.close();
    },
  };
};
