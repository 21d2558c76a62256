import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FlamecastEvent, readFlamecast } from '../../src/protocol/flamecast/read.ts';
import { Replay } from '../../src/protocol/flamecast/replay.ts';
import { readGateway } from '../../src/protocol/gateway/read.ts';

const event = (seq: number | undefined): FlamecastEvent => ({
  session: 's',
  type: 'rpc',
  data: {},
  ...(seq === undefined ? {} : { seq }),
});

/** Numbers that rise, with holes, as a host has them that counts for all of its sessions. */
const numbers = fc
  .uniqueArray(fc.integer({ min: 1, max: 10_000 }), { maxLength: 60 })
  .map((all) => all.sort((a, b) => a - b));

test('[flamecast 11.2] however a replay and live events are mixed, each counts once and in order', () => {
  fc.assert(
    fc.property(numbers, fc.nat(60), fc.array(fc.nat(1000)), (all, cut, order) => {
      const replay = new Replay();
      replay.begin();
      // What is told while the subscription is being made: all that was, and some of it live, in any order.
      const before = all.slice(0, cut);
      const told = [...before, ...before.filter((_, at) => at % 2 === 0)];
      const mixed = told.map((seq, at) => ({ seq, at: order[at] ?? at })).toSorted((a, b) => a.at - b.at);
      const heard: (number | undefined)[] = [];
      for (const { seq } of mixed) heard.push(...replay.take(event(seq)).events.map((each) => each.seq));
      heard.push(...replay.settled().events.map((each) => each.seq));
      for (const seq of all.slice(cut)) heard.push(...replay.take(event(seq)).events.map((each) => each.seq));
      expect(heard).toEqual(all);
      expect(replay.last?.seq).toBe(all.at(-1));
    }),
  );
});

/** Of one life of a host, or of another one, which has other times. */
const stamped = (seq: number, life: string): FlamecastEvent => ({ ...event(seq), timestamp: `${life} ${seq}` });

test('[flamecast 11.7] after a cut, another life is always known, and the same one never taken for another', () => {
  const lives = fc.record({ before: numbers, after: numbers, again: fc.boolean(), missed: fc.nat(60) });
  fc.assert(
    fc.property(lives, ({ before, after, again, missed }) => {
      fc.pre(before.length > 0);
      const replay = new Replay();
      replay.begin();
      replay.settled();
      for (const seq of before) replay.take(stamped(seq, 'a'));
      replay.begin();
      const last = before.at(-1) ?? 0;
      const later = again ? after : after.slice(0, missed).map((each) => last + each);
      const kept = again ? later.map((seq) => stamped(seq, 'b')) : [last, ...later].map((seq) => stamped(seq, 'a'));
      // What the host has is what it tells, of what was asked for.
      for (const each of kept) if ((each.seq ?? 0) > replay.since) replay.take(each);
      const heard = replay.settled();
      expect(heard.afresh).toBe(again);
      if (!again) {
        expect(heard.events.map(({ seq }) => seq)).toEqual(later);
        return;
      }
      replay.again();
      for (const each of kept) replay.take(each);
      expect(replay.settled()).toEqual({ events: kept, afresh: false });
    }),
  );
});

test('[S15] whatever comes on these wires is read, and nothing is thrown', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc.object().map((value) => JSON.stringify(value)),
  );
  const typed = fc
    .record({
      type: fc.constantFrom('connected', 'res', 'event', 'pong', 'error', 'subscribed', '__proto__', 'constructor'),
      id: fc.anything(),
      ok: fc.anything(),
      event: fc.anything(),
      sessionId: fc.anything(),
      data: fc.anything(),
      channel: fc.anything(),
      seq: fc.anything(),
    })
    .map((value) => JSON.stringify(value) ?? '');
  fc.assert(
    fc.property(fc.oneof(texts, typed), (text) => {
      expect(typeof readFlamecast(text).kind).toBe('string');
      expect(typeof readGateway(text).kind).toBe('string');
    }),
    { numRuns: 5000 },
  );
});
