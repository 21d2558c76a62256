// Whoever looks at a terminal, by whatever they say and however they read: what they have of it in the end.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { silent } from '../../src/base/log.ts';
import { manualClock } from '../../src/base/testing.ts';
import type { Frame } from '../../src/machine/door/frames.ts';
import { StreamBuffer } from '../../src/machine/stream/buffer.ts';
import { STREAM } from '../../src/machine/stream/limits.ts';
import { TerminalStream } from '../../src/machine/stream/stream.ts';
import { StreamViewer, type ViewerSocket } from '../../src/machine/stream/viewer.ts';
import { decodeFrame } from '../../src/protocol/terminal/frame.ts';
import type { FromStream } from '../../src/protocol/terminal/messages.ts';
import type { Capability } from '../../src/relay/device.ts';
import type { ExitStatus, Terminal } from '../../src/router/ports.ts';
import { until } from '../tools/until.ts';

/** A program that says what it is told to, and counts what it hears. */
class Program implements Terminal {
  readonly pid = undefined;
  readonly kind = 'pty';
  readonly exited: Promise<ExitStatus>;
  heard = '';
  sizes: string[] = [];
  readonly #end: (exit: ExitStatus) => void;
  #listener: (text: string) => void = () => undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<ExitStatus>();
    this.exited = promise;
    this.#end = resolve;
  }

  say(text: string): void {
    this.#listener(text);
  }

  end(code: number): void {
    this.#end({ code, signal: null });
  }

  onData(listener: (text: string) => void) {
    this.#listener = listener;
    return { dispose: () => (this.#listener = () => undefined) };
  }

  write(text: string): void {
    this.heard += text;
  }

  resize(columns: number, rows: number): void {
    this.sizes.push(`${columns}x${rows}`);
  }

  kill(): void {
    this.end(1);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.end(1);
    return Promise.resolve();
  }
}

/** A socket whose other side reads when it is told to. */
class Reader implements ViewerSocket {
  readonly device;
  readonly messages: FromStream[] = [];
  /** What is whole of the stream: all up to this number. */
  has: number;
  missed = 0;
  closed: number | undefined;
  #unread: Frame[] = [];
  #bytes = 0;
  #receive: (text: string) => void = () => undefined;
  #drained: (() => void)[] = [];
  readonly #overs: (() => void)[] = [];

  constructor(capability: Capability, has: number) {
    this.device = { id: 'd', name: 'a device', capability };
    this.has = has;
  }

  get unsent() {
    return { bytes: this.#bytes, frames: this.#unread.length };
  }

  send(frames: readonly Frame[]): void {
    if (this.closed !== undefined) throw new Error('It was sent to after the end.');
    this.#unread.push(...frames);
    for (const frame of frames) this.#bytes += 'text' in frame ? frame.text.length : frame.bytes.length;
    expect(this.#bytes).toBeLessThanOrEqual(STREAM.unsent + STREAM.chunk * 2);
  }

  drained(): Promise<void> {
    if (this.#unread.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  onMessage(receive: (text: string) => void): void {
    this.#receive = receive;
  }

  onOver(run: () => void): void {
    this.#overs.push(run);
  }

  close(code: number): void {
    this.closed = code;
    for (const run of this.#overs) run();
  }

  say(message: unknown): void {
    this.#receive(typeof message === 'string' ? message : JSON.stringify(message));
  }

  async read(): Promise<void> {
    const unread = this.#unread;
    this.#unread = [];
    this.#bytes = 0;
    for (const frame of unread) this.#see(frame);
    for (const run of this.#drained.splice(0)) run();
    await new Promise((resolve) => setImmediate(resolve));
  }

  #see(frame: Frame): void {
    if ('bytes' in frame) {
      const seq = decodeFrame(frame.bytes)?.seq ?? -1;
      if (seq > this.has + 1) this.missed += 1;
      this.has = Math.max(this.has, seq);
      return;
    }
    const message = JSON.parse(frame.text) as FromStream;
    this.messages.push(message);
    if (message.type === 'snapshot') {
      expect(message.seq).toBeGreaterThanOrEqual(this.has);
      this.has = message.seq;
    }
  }
}

interface World {
  readonly program: Program;
  readonly stream: TerminalStream;
  readonly clock: ReturnType<typeof manualClock>;
  visit(capability?: Capability, has?: number): Reader;
}

const inWorld = async (run: (world: World) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-stream-'));
  const clock = manualClock();
  const buffer = await StreamBuffer.open(folder, silent, 0);
  const stream = new TerminalStream({
    ...{ id: 's', name: 'one', description: '', columns: 20, rows: 5 },
    ...{ buffer, clock, changed: () => undefined },
  });
  const program = new Program();
  stream.run(program, stream.size);
  const readers: Reader[] = [];
  try {
    await run({
      program,
      stream,
      clock,
      visit(capability = 'drive', has = 0) {
        const reader = new Reader(capability, has);
        readers.push(reader);
        void new StreamViewer({ stream, socket: reader, clock });
        return reader;
      },
    });
  } finally {
    for (const reader of readers) if (reader.closed === undefined) reader.close(1000);
    await stream.stop();
    await buffer.close();
    await rm(folder, { recursive: true, force: true });
  }
};

type Step = 'say' | 'flood' | 'deluge' | 'read' | 'resume' | 'snapshot' | 'wait' | 'end';
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Step>('say') },
    { weight: 2, arbitrary: fc.constantFrom<Step>('flood', 'deluge') },
    { weight: 4, arbitrary: fc.constant<Step>('read') },
    { weight: 2, arbitrary: fc.constantFrom<Step>('resume', 'snapshot', 'wait') },
    { weight: 1, arbitrary: fc.constant<Step>('end') },
  ),
  { maxLength: 25 },
);

const FLOOD = `${'x'.repeat(78)}\r\n`.repeat(20_000);

describe('who looks at a terminal', () => {
  test('[terminal 10 order] [terminal 10 lagging] reads all of it without a hole and without another order, however slowly, or sees the screen', async () => {
    let lags = 0;
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(5), async (all, before) =>
        inWorld(async ({ program, stream, clock, visit }) => {
          for (let count = 0; count < before; count += 1) {
            program.say('before\r\n');
            clock.advance(STREAM.gathered);
          }
          const reader = visit('drive', 0);
          for (const each of all) {
            if (each === 'say') program.say('word\r\n');
            if (each === 'flood') program.say(FLOOD);
            if (each === 'deluge') program.say(FLOOD.repeat(3));
            if (each === 'read') await reader.read();
            if (each === 'resume') reader.say({ type: 'resume', lastSeq: reader.has });
            if (each === 'snapshot') reader.say({ type: 'snapshot-request' });
            if (each === 'wait') clock.advance(STREAM.hold + STREAM.gathered);
            if (each === 'end') program.end(3);
          }
          // Who never said what it has gets what comes; what was before is its own business.
          const asked = all.includes('resume');
          if (!asked) reader.say({ type: 'resume', lastSeq: reader.has });
          clock.advance(STREAM.hold + STREAM.gathered);
          await until('all of it', async () => {
            await reader.read();
            return reader.closed !== undefined || (reader.has >= stream.buffer.head && reader.unsent.frames === 0);
          });
          if (reader.closed === undefined) expect(reader.has).toBe(stream.buffer.head);
          const types = reader.messages.map(({ type }) => type);
          expect(types[0]).toBe('session-meta');
          expect(types.filter((type) => type === 'resumed').length).toBeLessThanOrEqual(1);
          const lagged = types.includes('lagging');
          if (lagged) lags += 1;
          const late = all.includes('wait');
          const told = reader.messages.some((message) => message.type === 'resumed' && !message.complete);
          if (!lagged && !late && !told) expect(reader.missed).toBe(0);
          if (all.includes('end') && reader.closed !== undefined) expect(types.at(-1)).toBe('exit');
        }),
      ),
      { numRuns: 60 },
    );
    expect(lags).toBeGreaterThan(0);
  });

  test('[S13] [terminal 10 watch] types nothing where it may only watch, whatever it says', async () => {
    const word = fc.oneof(fc.constantFrom('a', '\u0003', '', 'eWVz', null, 5), fc.string({ maxLength: 5 }));
    const said = fc.oneof(
      fc.record(
        {
          type: fc.constantFrom('input', 'keys', 'key', 'paste', 'resize', 'signal', 'resume', 'snapshot-request', 'x'),
          data: word,
          encoding: fc.constantFrom('base64', 'x'),
          name: fc.constantFrom('Enter', 'INT', 'KILL', 'x'),
          cols: fc.oneof(fc.integer(), word),
          rows: fc.oneof(fc.integer(), word),
          lastSeq: fc.oneof(fc.double(), word),
        },
        { requiredKeys: ['type'] },
      ),
      fc.jsonValue(),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(said, { maxLength: 30 }), fc.constantFrom('watch', 'answer'), async (all, capability) =>
        inWorld(async ({ program, clock, visit }) => {
          const reader = visit(capability);
          for (const each of all) reader.say(each);
          clock.advance(STREAM.hold);
          await reader.read();
          expect(program.heard).toBe('');
          expect(program.sizes).toEqual([]);
          expect(reader.closed).toBe(undefined);
        }),
      ),
      { numRuns: 100 },
    );
  });

  test('[S13] [terminal 10 resize] gives a terminal only sizes that a screen can have, and is told what it said wrongly', async () => {
    await inWorld(async ({ program, visit }) => {
      const reader = visit();
      for (const [cols, rows] of [
        [80, 24],
        [0, 0],
        [-5, 1e9],
        [1e308, 2.5],
        [1000, 1001],
      ] as const)
        reader.say({ type: 'resize', cols, rows });
      expect(program.sizes).toEqual(['80x24', '1x1', '1x1000', '1000x2', '1000x1000']);
      for (const wrong of [
        '{',
        { type: 'resize', cols: '80', rows: 24 },
        { type: 'resize' },
        { type: 'signal', name: 'HUP' },
        { type: 'input', data: 5 },
        { type: 'input', data: '#', encoding: 'base64' },
        { type: 'input', data: 'aa==', encoding: 'hex' },
        { type: 'key' },
        { type: 'paste', data: null },
      ])
        reader.say(wrong);
      for (const ignored of [null, 5, '"a"', [], { type: 'else' }, {}]) reader.say(ignored);
      await reader.read();
      expect(reader.messages.filter(({ type }) => type === 'error')).toHaveLength(9);
      expect(reader.messages.find(({ type }) => type === 'error')).toEqual({
        ...{ type: 'error', code: 'bad_message', message: 'Invalid JSON' },
      });
      expect(program.heard).toBe('');
      expect(reader.closed).toBe(undefined);
    });
  });
});
