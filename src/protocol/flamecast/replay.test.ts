import { describe, expect, test } from 'vitest';
import type { FlamecastEvent } from './read.ts';
import { Replay } from './replay.ts';

const event = (seq: number | undefined, life = 'a', type = 'rpc'): FlamecastEvent => ({
  ...(seq === undefined ? {} : { seq }),
  type,
  data: {},
  timestamp: `${life}${seq ?? 0}`,
});
const numbers = ({ events }: { readonly events: readonly FlamecastEvent[] }) => events.map(({ seq }) => seq);

/** After so many of one life, as a subscription would go on. */
const after = (last: number): Replay => {
  const replay = new Replay();
  replay.begin();
  replay.settled();
  for (let seq = 1; seq <= last; seq += 1) replay.take(event(seq));
  replay.begin();
  return replay;
};

describe('a subscription', () => {
  test('[flamecast 11.2] what comes before it stands is put in order, and counts once', () => {
    const replay = new Replay();
    replay.begin();
    expect(replay.since).toBe(0);
    for (const seq of [4, 1, 2, 3, 4]) expect(replay.take(event(seq)).events).toEqual([]);
    expect(numbers(replay.settled())).toEqual([1, 2, 3, 4]);
    expect(numbers(replay.take(event(4)))).toEqual([]);
    expect(numbers(replay.take(event(5)))).toEqual([5]);
    expect(replay.last).toEqual({ seq: 5, stamp: 'rpc@a5' });
  });

  test('[flamecast 11.2] one without a number stays behind the one before it', () => {
    const replay = new Replay();
    replay.begin();
    for (const seq of [2, undefined, 1]) replay.take(event(seq));
    expect(numbers(replay.settled())).toEqual([1, 2, undefined]);
  });

  test('[flamecast 5] a number below the last one is late, and no other life', () => {
    const replay = after(3);
    replay.take(event(3));
    replay.settled();
    expect(numbers(replay.take(event(6)))).toEqual([6]);
    expect(replay.take(event(5))).toEqual({ events: [event(5)], afresh: false });
    expect(replay.last?.seq).toBe(6);
  });
});

describe('going on', () => {
  test('[flamecast 11.2] asks for one more than it has to, and knows it again', () => {
    const replay = after(4);
    expect(replay.since).toBe(3);
    replay.take(event(4));
    replay.take(event(5));
    expect(replay.settled()).toEqual({ events: [event(5)], afresh: false });
  });

  test.each([
    ['a number that was not asked for', [event(1, 'b')]],
    ['another event under the last number', [event(4, 'b'), event(5, 'b')]],
    ['numbers that have passed ours', [event(7, 'b'), event(8, 'b')]],
    ['nothing at all', []],
  ])('[flamecast 11.7] %s: it is another life', (_, events) => {
    const replay = after(4);
    for (const each of events) replay.take(each);
    expect(replay.settled()).toEqual({ events: [], afresh: true });
    replay.again();
    expect(replay.since).toBe(0);
    for (const each of events) replay.take(each);
    expect(replay.settled()).toEqual({ events, afresh: false });
  });

  test('[flamecast 11.7] one that begins anew while it is heard is another life as well', () => {
    const replay = after(4);
    replay.take(event(4));
    replay.settled();
    expect(replay.take(event(2, 'b'))).toEqual({ events: [], afresh: true });
  });

  test('[flamecast 11.7] number 0 or none is no sign of that', () => {
    const replay = after(4);
    replay.take(event(4));
    expect(replay.settled().afresh).toBe(false);
    expect(replay.take(event(undefined))).toMatchObject({ afresh: false, events: [{ type: 'rpc' }] });
  });

  test('[flamecast 5] told all anew, what was known and is told as it was is still not new', () => {
    const replay = after(4);
    expect(replay.settled().afresh).toBe(true);
    replay.again();
    for (const seq of [1, 2, 3, 4, 5]) replay.take(event(seq));
    expect(numbers(replay.settled())).toEqual([5]);
  });

  test('[flamecast 3] where nothing says when it stands, the first one has to be the one that is known', () => {
    const replay = after(4);
    replay.begin({ ordered: true });
    expect(replay.take(event(4))).toEqual({ events: [], afresh: false });
    expect(numbers(replay.take(event(5)))).toEqual([5]);
    replay.begin({ ordered: true });
    expect(replay.take(event(9)).afresh).toBe(true);
  });

  test('[flamecast 5] a place that was kept on disk is enough, also without its stamp', () => {
    for (const stamp of ['rpc@a7', '']) {
      const replay = new Replay();
      replay.begin({ after: { seq: 7, stamp } });
      replay.take(event(7));
      expect(replay.settled()).toEqual({ events: [], afresh: false });
    }
  });
});
