// What it costs to get the frames of a terminal stream out of a WebSocket of ours, against the bare callback of the library.
//   node test/bench/frames.ts
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { bundled, bundledFile } from './bundle.ts';
import { cpuTimer } from './cpu.ts';
import type * as framePath from './framePath.ts';
import { compare } from './measure.ts';
import { counted, reached, report, type Row } from './row.ts';

const FRAMES = 20_000;
/** Of a piece of output: as much as the system gives of a pseudo-terminal at once. */
const BYTES = 4_095;
const HEADER = 8;
const never = new AbortController().signal;

type Path = typeof framePath;

/** Frames in a second of the processor; the library's own callback for each, and nothing done in it. */
const bareSpeed = async ({ WebSocket }: Path, url: string): Promise<() => Promise<number>> => {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, 'open');
  return async () => {
    const over = Promise.withResolvers<void>();
    let [frames, bytes] = [0, 0];
    socket.removeAllListeners('message');
    socket.on('message', (data: Buffer) => {
      frames += 1;
      bytes += data.length - HEADER;
      if (frames === FRAMES) over.resolve();
    });
    const spent = cpuTimer();
    socket.send('go');
    await over.promise;
    return speed(bytes, spent());
  };
};

const ourSpeed = async ({ connectWebSocket, decodeFrame, systemClock }: Path, url: string) => {
  const link = await connectWebSocket({ url }, systemClock, never);
  const reader = link.messages.readable.getReader();
  const writer = link.messages.writable.getWriter();
  return async (): Promise<number> => {
    let [frames, bytes] = [0, 0];
    const spent = cpuTimer();
    await writer.write(['go']);
    while (frames < FRAMES) {
      const { value = [] } = await reader.read();
      for (const message of value) {
        const frame = typeof message === 'string' ? undefined : decodeFrame(message);
        if (frame === undefined) throw new Error('This is no frame.');
        frames += 1;
        bytes += frame.bytes.length;
      }
    }
    return speed(bytes, spent());
  };
};

const speed = (bytes: number, milliseconds: number): number => {
  if (bytes !== FRAMES * BYTES) throw new Error(`${bytes} bytes came instead of ${FRAMES * BYTES}.`);
  return (FRAMES / milliseconds) * 1000;
};

/** How many payloads are not the very memory in which the library handed them over. */
const copies = async (
  { WebSocket, connectWebSocket, decodeFrame, systemClock }: Path,
  url: string,
): Promise<number> => {
  const handed: Buffer[] = [];
  const { emit } = WebSocket.prototype;
  WebSocket.prototype.emit = function (this: InstanceType<typeof WebSocket>, name: string, ...rest: unknown[]) {
    if (name === 'message' && rest[0] instanceof Buffer) handed.push(rest[0]);
    return Reflect.apply(emit, this, [name, ...rest]);
  };
  const link = await connectWebSocket({ url }, systemClock, never);
  await link.messages.writable.getWriter().write(['go']);
  const reader = link.messages.readable.getReader();
  let [frames, copied] = [0, 0];
  while (frames < FRAMES) {
    for (const message of (await reader.read()).value ?? []) {
      const bytes = typeof message === 'string' ? undefined : decodeFrame(message)?.bytes;
      const from = handed[frames];
      const isSame = bytes?.buffer === from?.buffer && bytes?.byteOffset === (from?.byteOffset ?? 0) + HEADER;
      if (!isSame || bytes === undefined) copied += 1;
      frames += 1;
    }
  }
  WebSocket.prototype.emit = emit;
  link.end();
  return copied;
};

export async function frameRows(): Promise<readonly Row[]> {
  const path = (await bundled('framePath')) as Path;
  const server = spawn(process.execPath, [await bundledFile('frameServer'), String(FRAMES), String(BYTES)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [port] = (await once(createInterface(server.stdout), 'line')) as [string];
    const url = `ws://127.0.0.1:${port}/`;
    const [ours, bare] = [await ourSpeed(path, url), await bareSpeed(path, url)];
    const comparison = await compare(ours, bare, { blocks: 31, warmUp: 5 });
    return [
      reached('frame decoding', 'frames/s', comparison, 0.9),
      counted('frame decoding copies', await copies(path, url), 'payloads', 0),
    ];
  } finally {
    server.kill();
  }
}

if (import.meta.main) {
  report(await frameRows());
  // Connections that nobody reads any more.
  process.exit();
}
