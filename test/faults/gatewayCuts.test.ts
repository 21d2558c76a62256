import { describe, expect, test } from 'vitest';
import { GatewayTranscript } from '../../src/backends/gateway/transcript.ts';
import type { Logged, SessionEvent } from '../../src/model/event.ts';
import { eachEntry } from '../../src/model/entry.ts';
import { reduce } from '../../src/model/reduce.ts';
import { emptySession, type Session, type SessionKey } from '../../src/model/session.ts';
import type { GatewayFakeSession } from '../fakes/gateway/session.ts';
import { GatewayWorld } from '../fakes/gatewayWorld.ts';
import { until } from '../tools/until.ts';
import { type Direction, FrameProxy } from './frameProxy.ts';

const never = new AbortController().signal;
const PROMPT = 'think nest tool ask count 4 hold';
const GAP = 'Something may be missing here.';

/** What a person reads of what the far side said and did: without our own words, and how the pieces hang together. */
const readOf = (session: Session): string =>
  [...eachEntry(session.entries)]
    .flatMap((entry) => {
      if (entry.kind === 'agent' || entry.kind === 'thought')
        return [`${entry.kind}: ${entry.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')}`];
      if (entry.kind === 'tool') return [`tool: ${entry.title} ${entry.status}`];
      return entry.kind === 'subagent' ? [`inside: ${session.subagents[entry.session]?.said}`] : [];
    })
    .join('\n');

const gapsOf = (session: Session): number =>
  [...eachEntry(session.entries)].filter((entry) => entry.kind === 'notice' && entry.title === GAP).length;

/** What comes of all that the fake has made, heard by somebody who never lost it. */
const foldOf = ({ made }: GatewayFakeSession): string => {
  const transcript = new GatewayTranscript({ device: 'd', clock: { now: () => 0 }, canConfirm: () => true });
  transcript.sent('turn');
  const started = { kind: 'turn/started', turn: 'turn', prompt: [], device: 'd' } as const;
  const events: readonly SessionEvent[] = [
    started,
    ...made.flatMap(({ event, data }) => transcript.hear(event, structuredClone(data))),
  ];
  const owns = { history: 'us', queue: 'us', questions: 'them' } as const;
  const about = { key: 'k' as SessionKey, backend: 'g', agentLabel: 'g', title: '', cwd: '/', createdAt: 0, owns };
  const logged = events.map((event, at): Logged => ({ seq: at + 1, at: 0, event }));
  return readOf(reduce(emptySession({ ...about, epoch: 'e' }), logged));
};

/** Works through a run with all that there is in one, whatever breaks meanwhile. @returns whether it was begun at all */
const work = async (world: GatewayWorld): Promise<{ session: Session; fake: GatewayFakeSession } | undefined> => {
  await until('a connection', () => world.backend.reach(never).then(() => true));
  const key = await until('a session', () => world.session());
  // The far side takes it up before or after a cut, or never.
  await until('it can be asked', () => world.of(key).link.state === 'ready');
  const fake = world.fake(key);
  await world.prompt(key, PROMPT);
  const isOver = (): boolean => world.of(key).turn.state === 'idle' && world.of(key).link.state === 'ready';
  await until('it is asked, or over', () => fake.waiting.length > 0 || (isOver() && !fake.active));
  if (fake.kept.length === 0) return undefined;
  // An answer that got lost is given again, by this device or by another one.
  await until('the answer', async () => {
    const [question] = world.of(key).questions;
    if (question !== undefined && world.of(key).link.state === 'ready') {
      const { id, hash } = question;
      const outcome = { kind: 'selected', option: 'once' } as const;
      await world.perform(key, { kind: 'question/answer', question: id, hash, outcome }).catch(() => undefined);
    } else if (world.of(key).link.state === 'ready')
      for (const call of fake.waiting) fake.confirm(call, { confirmed: true });
    return fake.waiting.length === 0;
  });
  await until('it holds', () => world.of(key).link.state === 'ready' && !isOver());
  fake.release();
  await until('the end there', () => !fake.active);
  await until('the end here', isOver);
  return { session: world.of(key), fake };
};

/** The greeting and its questions, the session, the run: it has about so many each way. */
const FRAMES: Readonly<Record<Direction, readonly number[]>> = {
  up: [0, 1, 2, 3, 4, 5, 6, 7, 8],
  down: Array.from({ length: 48 }, (_, at) => at),
};

describe.each(['up', 'down'] as const)('cut, in the frames that go %s', (direction) => {
  test.each([false, true])(
    '[gateway 9 reconnect] after each frame of a conversation (torn: %s) the transcript is the fold of what was said, or says that something is missing',
    async (torn) => {
      let [begun, cut, whole] = [0, 0, 0];
      for (const frames of FRAMES[direction]) {
        const proxy = await FrameProxy.listen(frames + 1, 0);
        await using world = await GatewayWorld.open(
          {},
          {
            hurry: 20,
            at: (gateway) => {
              proxy.to = Number(new URL(gateway.url).port);
              return `ws://127.0.0.1:${proxy.port}`;
            },
          },
        );
        proxy.cutAt(direction, frames, torn);
        try {
          const done = await work(world);
          if (!proxy.armed) cut += 1;
          if (done === undefined) continue;
          begun += 1;
          const { session, fake } = done;
          expect(session.questions).toEqual([]);
          // A prompt is sent once, whatever becomes of it.
          expect(fake.kept.filter(({ role }) => role === 'user')).toHaveLength(1);
          if (gapsOf(session) > 0) continue;
          whole += 1;
          expect([frames, readOf(session)]).toEqual([frames, foldOf(fake)]);
        } finally {
          await proxy[Symbol.asyncDispose]();
        }
      }
      expect(cut).toBeGreaterThanOrEqual(direction === 'up' ? 6 : 30);
      expect(begun).toBeGreaterThanOrEqual(FRAMES[direction].length - 3);
      // Those that were cut while nothing was said, and before.
      expect(whole).toBeGreaterThan(3);
    },
  );
});

test('[gateway 9 reconnect] half-open: what comes through no more is noticed, and the run is followed to its end', async () => {
  const proxy = await FrameProxy.listen(1, 0);
  await using world = await GatewayWorld.open(
    {},
    {
      hurry: 1000,
      at: (gateway) => {
        proxy.to = Number(new URL(gateway.url).port);
        return `ws://127.0.0.1:${proxy.port}`;
      },
    },
  );
  try {
    const key = await world.session();
    await world.prompt(key, 'count 3 hold');
    await world.says(key, 'word-1');
    const { made } = proxy;
    proxy.silence('down');
    await until('another connection', () => proxy.made > made && world.of(key).link.state === 'ready');
    world.fake(key).release();
    await world.idle(key);
    expect(world.text(key)).toContain('word-1 word-2 word-3');
  } finally {
    await proxy[Symbol.asyncDispose]();
  }
});
