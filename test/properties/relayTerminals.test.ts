import fc from 'fast-check';
import { expect, test } from 'vitest';
import { silent } from '../../src/base/log.ts';
import { manualClock } from '../../src/base/testing.ts';
import { RELAY } from '../../src/protocol/relay/names.ts';
import type { Capability, Device } from '../../src/relay/device.ts';
import { RELAY_LIMITS, type RelayFrame } from '../../src/relay/ports.ts';
import { RelayTerminals } from '../../src/relay/terminals.ts';
import { RelayRoom } from '../tools/relay.ts';
import { type SpokenTerminal, spokenTerminals } from '../tools/spokenTerminal.ts';

const device = (id: string, capability: Capability): Device => ({ id, name: id, capability });
const OPENER = { client: 'a', device: device('d1', 'drive') };
/** The same name on another device, and another client of the same one. */
const OTHERS = [
  { client: 'a', device: device('d2', 'drive') },
  { client: 'b', device: device('d1', 'drive') },
  { client: 'b', device: device('d2', 'drive') },
];

/** One terminal of the opener's. */
const scene = async () => {
  const clock = manualClock();
  const started: SpokenTerminal[] = [];
  const terminals = new RelayTerminals({
    terminals: spokenTerminals(started),
    roots: () => ['/w'],
    place: async (path) => ({ path, real: path, inside: true, kind: 'folder' }),
    limits: RELAY_LIMITS,
    clock,
    log: silent,
  });
  await terminals.request(RELAY.terminalOpen, {}, OPENER.client, OPENER.device);
  return { clock, terminals, command: the(started) };
};

/** All that can be started in it has been. */
const the = ([first]: readonly SpokenTerminal[]): SpokenTerminal => {
  if (first === undefined) throw new Error('No terminal was opened.');
  return first;
};

const UNTOUCHED = { typed: '', sizes: [], disposed: 0 };

const id = fc.oneof({ weight: 5, arbitrary: fc.constant<unknown>('term_1') }, { weight: 1, arbitrary: fc.jsonValue() });
const size = fc.oneof(fc.integer(), fc.double(), fc.constantFrom('80', null, 1e9));
const line = fc.record({
  by: fc.constantFrom(...OTHERS),
  method: fc.constantFrom(RELAY.terminalInput, RELAY.terminalResize, RELAY.terminalClose),
  params: fc.oneof(
    fc.record({ terminalId: id, data: fc.string(), cols: size, rows: size, signal: fc.constant('SIGKILL') }),
    fc.jsonValue(),
  ),
  asks: fc.boolean(),
});

test('[S13] whatever those say to whom a terminal does not belong, not a byte of it reaches the command', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 30 }), async (script) => {
      const { terminals, command } = await scene();
      for (const { by, method, params, asks } of script) {
        if (!asks) terminals.notify(method, params, by.client, by.device);
        else await terminals.request(method, params, by.client, by.device).catch(() => undefined);
      }
      expect(command).toMatchObject(UNTOUCHED);
      terminals.dispose();
      expect(command).toMatchObject({ ...UNTOUCHED, disposed: 1 });
    }),
  );
});

/** Who may not drive, who has not opened it, and who has and does not have the wheel any more. */
const VIEWERS: readonly { readonly client?: string; readonly device: Device }[] = [
  { client: 'watch', device: device('d-watch', 'watch') },
  { client: 'answer', device: device('d-answer', 'answer') },
  { client: 'pad', device: device('d-tablet', 'drive') },
  { client: 'web', device: device('d-phone', 'drive') },
  { client: 'web/2', device: device('d-phone', 'drive') },
  { device: device('d-watch', 'watch') },
  { device: device('d-phone', 'drive') },
];
const said = fc.record({
  by: fc.nat({ max: VIEWERS.length - 1 }),
  method: fc.constantFrom(RELAY.terminalInput, RELAY.terminalResize, RELAY.terminalClose),
  params: fc.oneof(
    fc.record({
      terminalId: id,
      data: fc.string(),
      cols: size,
      rows: size,
      _meta: fc.record({ 'wheelhouse.controlEpoch': fc.integer({ min: -1, max: 2 }) }),
    }),
    fc.jsonValue(),
  ),
  asks: fc.boolean(),
});

test('[S13] whatever viewers say on the wire, and who drove before, not a byte of it reaches the command', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(said, { maxLength: 20 }), async (script) => {
      const started: SpokenTerminal[] = [];
      const room = new RelayRoom({ lease: true, world: { terminals: spokenTerminals(started) } });
      const clients = VIEWERS.map((options) => room.client(options));
      await clients[3]?.request(RELAY.terminalOpen);
      await clients[2]?.request(RELAY.takeControl);
      const command = the(started);
      for (const { by, method, params, asks } of script)
        clients[by]?.say({ jsonrpc: '2.0', ...(asks ? { id: 'x' } : {}), method, params });
      await room.settled();
      expect(command).toMatchObject(UNTOUCHED);
      await clients[3]?.request(RELAY.takeControl);
      await clients[3]?.request(RELAY.terminalInput, { terminalId: 'term_1', data: 'ls' });
      expect(command.typed).toBe('ls');
      await room.close();
    }),
    { numRuns: 50 },
  );
});

type Step =
  | { readonly do: 'say'; readonly text: string }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'come' | 'go'; readonly socket: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('say' as const), text: fc.string({ unit: 'binary', minLength: 1 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat({ max: 20 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('come' as const, 'go' as const), socket: fc.nat({ max: 2 }) }),
  },
);

test('[relay 8 terminal scrollback dedupe] whenever its sockets come and go, each hears all of it once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { clock, terminals, command } = await scene();
      let said = '';
      const sockets = new Map<number, { readonly leave: () => void; readonly heard: Heard[] }>();
      for (const one of steps) {
        if (one.do === 'say') {
          said += one.text;
          command.say(one.text);
        } else if (one.do === 'wait') clock.advance(one.ms);
        else if (one.do === 'go') {
          sockets.get(one.socket)?.leave();
          sockets.delete(one.socket);
        } else if (!sockets.has(one.socket)) {
          const heard: Heard[] = [];
          const push = (frames: readonly RelayFrame[]): void =>
            frames.forEach(({ text }) => heard.push((JSON.parse(text) as { params: Heard }).params));
          const there = terminals.attached(OPENER.client, OPENER.device, push);
          sockets.set(one.socket, { leave: () => there.dispose(), heard });
        }
      }
      clock.advance(100);
      for (const { heard } of sockets.values()) {
        expect(heard.map(({ seq }) => seq)).toEqual(heard.map((_, at) => at + 1));
        expect(heard.map(({ data }) => data).join('')).toBe(said);
      }
      terminals.dispose();
      expect(clock.waiting).toBe(0);
    }),
  );
});

interface Heard {
  readonly seq: number;
  readonly data: string;
}
