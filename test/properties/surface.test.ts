import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { Failure } from '../../src/base/failure.ts';
import { silent } from '../../src/base/log.ts';
import { manualClock } from '../../src/base/testing.ts';
import type { SessionKey } from '../../src/model/session.ts';
import { readFromSurface } from '../../src/protocol/view/codec.ts';
import { type FromSurface, VIEW_VERSION } from '../../src/protocol/view/messages.ts';
import { ViewDoor } from '../../src/router/door.ts';
import { SessionStore } from '../../src/router/store.ts';
import { catalogueOf, noJournal } from '../../src/router/testing.ts';
import { SURFACE_MESSAGES } from '../fakes/surfaceMessages.ts';
import { settled, TestSurface } from '../tools/surface.ts';

/** What a page may say that was taken over, one message each. */
const MESSAGES = Number(process.env['MESSAGES'] ?? 100_000);
/** So many at once come to a door, since what it does takes turns. */
const BATCH = 500;

/** Names that an honest message has, and names that would be worth a lot to a forged one. */
const NAMES = [
  ...new Set(SURFACE_MESSAGES.flatMap((message) => JSON.stringify(message).match(/(?<=")\w+(?=":)/gu) ?? [])),
];
const WANTED = ['path', 'command', 'args', 'env', 'cwd', 'turn', 'rule', 'decision', 'scope', 'match', 'uri', 'href'];
const ODD = ['__proto__', 'constructor', 'toString', 'length', ''];
const FIELDS = [...NAMES, ...WANTED, ...ODD];

/** Drawn once: to draw each anew would take longer than all the rest. */
const VALUES: readonly unknown[] = [
  ...fc.sample(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, maxDepth: 3 }), {
    numRuns: 1500,
    seed: 44,
  }),
  ...fc.sample(fc.dictionary(fc.constantFrom(...FIELDS), fc.anything({ maxDepth: 1 })), { numRuns: 500, seed: 44 }),
  ...SURFACE_MESSAGES,
  ...SURFACE_MESSAGES.flatMap((message) => Object.values(message) as readonly unknown[]),
  ...NAMES,
  ...[
    '/etc/passwd',
    'file:///etc/passwd',
    '../..',
    'mention:../x',
    'sh -c evil',
    'k',
    'machine',
    '**',
    'x'.repeat(600),
  ],
  ...[-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, null, undefined, true, () => 1, Symbol.iterator],
];

type Change = readonly [where: number, field: number, value: number, how: number];
const draw = fc.tuple(
  fc.nat(2 ** 20),
  fc.array(fc.tuple(fc.nat(31), fc.nat(2 ** 12), fc.nat(2 ** 16), fc.nat(3)), { maxLength: 3 }),
);

const at = <T>(all: readonly T[], index: number): T | undefined => all[index % all.length];

/** Every third one is anything at all; the others are honest ones with a few changes. */
const messageOf = ([base, changes]: readonly [number, readonly Change[]]): unknown => {
  if (base % 3 === 0) return at(VALUES, Math.floor(base / 3));
  const message = structuredClone(at(SURFACE_MESSAGES, Math.floor(base / 3)));
  // Of the copy alone: what is put into it is the same for all.
  const nodes = nodesOf(message);
  for (const change of changes) mutate(nodes, change);
  return message;
};

type Node = Record<string, unknown>;

const nodesOf = (value: unknown): readonly Node[] =>
  typeof value === 'object' && value !== null ? [value as Node, ...Object.values(value).flatMap(nodesOf)] : [];

const mutate = (nodes: readonly Node[], [where, field, value, how]: Change): void => {
  const node = at(nodes, where);
  if (node === undefined) return;
  const own = at(Object.keys(node), field) ?? '';
  if (how === 0) delete node[own];
  else if (how === 1) node[own] = at(VALUES, value);
  // Names in a list reach nobody.
  else if (Array.isArray(node)) node.push(at(VALUES, value));
  else
    Object.defineProperty(node, at(FIELDS, field) ?? '', {
      value: at(VALUES, value),
      enumerable: true,
      configurable: true,
      writable: true,
    });
};

/** Undefined where it is refused; whatever else is thrown fails the test. */
const readOf = (message: unknown): FromSurface | undefined => {
  try {
    return readFromSurface(message);
  } catch (failure) {
    if (failure instanceof Failure && failure.code === 'invalid') return undefined;
    throw failure;
  }
};

const owned: { dispose(): void }[] = [];
afterEach(() => owned.splice(0).forEach((one) => one.dispose()));

/** A door of which everything that it could be made to do is written down. */
const recordingDoor = () => {
  const done: unknown[] = [];
  const clock = manualClock();
  const store = new SessionStore({ clock, journal: noJournal, log: silent });
  const surface = new TestSurface();
  const door = new ViewDoor({
    store,
    catalogue: catalogueOf(store),
    router: { perform: (key, command) => (done.push({ key, command }), Promise.resolve()) },
    clock,
    log: silent,
    device: 'editor',
    surface: surface.core,
    strings: {},
    setup: { folder: true, trusted: true, agents: [] },
    act: (action) => (done.push({ action }), Promise.resolve()),
    mentions: {
      suggest: ({ of, words }) => (done.push({ of, words }), Promise.resolve({ items: [], more: false })),
      resolve: (prompt) => Promise.resolve(prompt),
    },
    readLarge: (key, name) => (done.push({ key, name }), Promise.resolve('')),
    read: (key: SessionKey) => (done.push({ key }), Promise.reject(new Failure('gone', 'It is gone.'))),
  });
  owned.push(door);
  return { surface, done };
};

/** What a message that was understood may have a door do. */
const wishOf = (message: FromSurface): unknown => {
  switch (message.type) {
    case 'command':
      return { key: message.key, command: message.command };
    case 'do':
      return { action: message.action };
    case 'mentions':
      return { of: message.of, words: message.words };
    case 'large':
      return { key: message.key, name: message.name };
    case 'attach':
      return { key: message.key };
    default:
      return undefined;
  }
};

const textOf = (value: unknown): string => JSON.stringify(value) ?? '';

test('[S44] whatever a page says is understood as it stands or refused: nothing is thrown, and nothing done that was not', async () => {
  const { surface, done } = recordingDoor();
  surface.say({ type: 'hello', version: VIEW_VERSION });
  let [understood, refused] = [0, 0];
  let batch: unknown[] = [];
  let wishes = new Set<string>();
  const flush = async (): Promise<void> => {
    surface.say(...(batch as { nonsense: unknown }[]));
    await settled();
    surface.take();
    for (const each of done) expect(wishes).toContain(textOf(each));
    batch = [];
    done.length = 0;
    wishes = new Set();
  };
  await fc.assert(
    fc.asyncProperty(draw, async (drawn) => {
      const message = messageOf(drawn);
      const read = readOf(message);
      if (read === undefined) refused += 1;
      else {
        understood += 1;
        expect(read).toEqual(message);
        wishes.add(textOf(wishOf(read)));
      }
      batch.push(message);
      if (batch.length >= BATCH) await flush();
    }),
    { numRuns: MESSAGES },
  );
  await flush();
  // A door that is gone would do nothing either.
  surface.say({ type: 'do', id: 7, action: { kind: 'session/new' } });
  await settled();
  expect(done).toEqual([{ action: { kind: 'session/new' } }]);
  expect(surface.take()).toContainEqual({ type: 'result', id: 7 });
  console.log(`${understood} messages understood, ${refused} refused`);
  // Cases of one kind alone would prove little.
  expect(understood).toBeGreaterThan(MESSAGES / 20);
  expect(refused).toBeGreaterThan(MESSAGES / 2);
});
