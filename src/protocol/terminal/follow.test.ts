import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../base/testing.ts';
import { StreamFollower } from './follow.ts';
import type { ToStream } from './messages.ts';
import type { StreamNews } from './read.ts';

const coded = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What a follower does: what it draws and asks for, as lines. */
const follow = () => {
  const clock = manualClock();
  const done: string[] = [];
  const said = (message: ToStream): string => (message.type === 'resume' ? `resume ${message.lastSeq}` : message.type);
  const follower = new StreamFollower({
    clock,
    send: (message) => done.push(`> ${said(message)}`),
    draw: (bytes, past) => done.push(`${past ? 'past ' : ''}${new TextDecoder().decode(bytes)}`),
    redraw: ({ text, lines, missing }) =>
      done.push(`${missing ? 'missing ' : ''}${lines ? 'lines' : 'screen'} [${text}]`),
    unseen: () => done.push('unseen'),
  });
  return {
    clock,
    follower,
    /** Frames as `1:a`, and what stands in text. */
    hear: (...all: readonly (string | StreamNews)[]) => {
      for (const each of all) {
        if (typeof each !== 'string') follower.hear(each);
        else follower.take({ seq: Number(each.split(':')[0]), bytes: coded(each.split(':')[1] ?? '') });
      }
    },
    /** What was done since this was asked last. */
    done: (): readonly string[] => done.splice(0),
  };
};

const picture = (seq: number, screen: string): StreamNews => ({ type: 'snapshot', seq, screen });
const resumed = (from: number | null, to: number | null, complete = true): StreamNews => ({
  type: 'resumed',
  from,
  to,
  complete,
});
const failed: StreamNews = { type: 'error', code: 'snapshot_failed', message: 'Failed to capture pane' };

describe('a server that is not ours', () => {
  test('[terminal 9 resume] it is told first what we have, and asked for its screen behind that', () => {
    const { follower, hear, done } = follow();
    follower.begin();
    expect(done()).toEqual(['> resume null', '> snapshot-request']);
    hear(picture(9, 'x'));
    follower.begin();
    expect(done().slice(1)).toEqual(['> resume 9', '> snapshot-request']);
  });

  test('[terminal 9 merge] what is live and comes before the replay is drawn behind it, each once', () => {
    const { follower, hear, done } = follow();
    follower.begin();
    hear('5:e', '6:f', '2:b', '3:c', '5:e', '6:f');
    expect(done()).toEqual(['> resume null', '> snapshot-request']);
    hear(picture(7, 'screen'));
    expect(done()).toEqual(['past b', 'past c', 'past e', 'past f', 'lines [screen]']);
  });

  test('[terminal 9 duplicate] a number that was drawn is not drawn again; with something else it is of another count', () => {
    const { follower, hear, done } = follow();
    follower.begin();
    hear(picture(1, ''), '2:a', '2:a', '3:b');
    done();
    hear('3:b', '3:c');
    expect(done()).toEqual(['c', '> snapshot-request']);
  });

  test('[terminal 9 gap] a number that is left out is no loss', () => {
    const { follower, hear, done } = follow();
    follower.begin();
    hear(picture(1, ''));
    done();
    hear('3:a', '5:b', '4294967301:c');
    expect(done()).toEqual(['a', 'b', 'c']);
  });

  test('[terminal 9 regression] a number that goes back: it is drawn, the screen asked for once, and the count is that one', () => {
    const { follower, hear, done } = follow();
    follower.begin();
    hear(picture(8, ''), '9:a');
    done();
    hear('1:b', '2:c');
    expect(done()).toEqual(['b', '> snapshot-request', 'c']);
    hear(picture(3, 'right'), '4:d');
    expect(done()).toEqual(['lines [right]', 'd']);
  });

  test('[terminal 9 regression] back once more while the screen is on its way: it is asked for again behind that', () => {
    const { follower, hear, done } = follow();
    follower.begin();
    hear(picture(8, ''), '9:a', '1:b', '5:c', '2:d');
    done();
    hear(picture(3, 'early'));
    expect(done()).toEqual(['lines [early]', '> snapshot-request']);
  });

  test('[terminal 4] rule 8: what was written while the picture was taken: it is asked for again when that is over', () => {
    const { clock, follower, hear, done } = follow();
    follower.begin();
    hear('1:a', picture(2, 'with a or without'));
    expect(done().slice(2)).toEqual(['past a', 'lines [with a or without]']);
    hear('3:b');
    clock.advance(250);
    expect(done()).toEqual(['b']);
    clock.advance(250);
    expect(done()).toEqual(['> snapshot-request']);
    hear(picture(4, 'with both'));
    clock.advance(10_000);
    expect(done()).toEqual(['lines [with both]']);
  });

  test('[terminal 4] rule 8: a picture of what stands there already is not drawn again', () => {
    const { clock, follower, hear, done } = follow();
    follower.begin();
    hear('1:a', picture(2, 'a'));
    clock.advance(250);
    done();
    hear(picture(3, 'a'));
    expect(done()).toEqual([]);
  });

  test('[terminal 4] rule 8: what never falls silent is asked three times at the most', () => {
    const { clock, follower, hear, done } = follow();
    follower.begin();
    let asked = 0;
    for (let seq = 1; seq < 4000; seq += 2) {
      hear(`${seq}:x`);
      clock.advance(100);
      if (!done().includes('> snapshot-request')) continue;
      asked += 1;
      hear(`${seq + 1}:y`, picture(seq + 2, `screen ${seq}`));
    }
    expect(asked).toBe(3);
    expect(clock.waiting).toBe(0);
  });

  test('[terminal 9 probe] it has no picture of it: that is told, and what came is drawn', () => {
    const { follower, hear, done } = follow();
    follower.begin();
    hear('1:a', failed, '2:b');
    expect(done().slice(2)).toEqual(['past a', 'unseen', 'b']);
  });

  test('[terminal 6] neither a replay nor a picture: after two seconds, what comes is drawn as it comes', () => {
    const { clock, follower, hear, done } = follow();
    follower.begin();
    hear('4:d', '2:b');
    clock.advance(1999);
    expect(done().slice(2)).toEqual([]);
    clock.advance(1);
    hear('5:e');
    expect(done()).toEqual(['past b', 'past d', 'e']);
  });

  test('[S15] what is held is bounded', () => {
    const { follower, done } = follow();
    follower.begin();
    const bytes = new Uint8Array(1024 * 1024);
    for (let seq = 1; seq <= 20; seq += 1) follower.take({ seq, bytes });
    expect(done().length - 2).toBe(20);
  });

  test('[terminal 4] rule 5: after each connection the screen is drawn anew, and what may be missing is told', () => {
    const { follower, hear, done } = follow();
    follower.begin();
    hear(picture(1, 'one'), '2:a');
    follower.begin();
    done();
    hear('1:z', picture(3, 'two'), '4:b');
    expect(done()).toEqual(['past z', 'missing lines [two]', 'b']);
  });
});

describe('a server of ours', () => {
  test('[terminal 10 resumed] what is replayed is drawn as soon as it is said to be all, and no picture of it', () => {
    const { clock, follower, hear, done } = follow();
    follower.begin();
    hear('1:a', '2:b', resumed(1, 2), '3:c', picture(3, 'abc'), '4:d');
    expect(done().slice(2)).toEqual(['past a', 'past b', 'c', 'd']);
    clock.advance(60_000);
    expect(done()).toEqual([]);
  });

  test('[terminal 10 resumed] it goes on from where we are, and is not asked for its screen', () => {
    const { follower, hear, done } = follow();
    follower.begin();
    hear('1:a', resumed(1, 1), '2:b');
    done();
    follower.begin();
    expect(done()).toEqual(['> resume 2']);
    hear('2:b', '3:c', resumed(3, 3), '4:d');
    expect(done()).toEqual(['past c', 'd']);
  });

  test('[terminal 10 complete] some of it is gone: its screen is drawn, and what that holds is not drawn again', () => {
    const { follower, hear, done } = follow();
    follower.begin();
    hear(resumed(null, null), picture(0, ''), '1:a');
    follower.begin();
    done();
    hear('8:h', '9:i', resumed(8, 9, false));
    expect(done()).toEqual(['past h', 'past i', '> snapshot-request']);
    hear('10:j', picture(11, 'all'), '11:k', '12:l');
    expect(done()).toEqual(['j', 'missing screen [all]', 'l']);
  });

  test('[terminal 10 complete] a picture of a moment that is over is asked for again', () => {
    const { follower, hear, done } = follow();
    follower.begin();
    hear(resumed(null, null), picture(0, ''), '1:a');
    follower.begin();
    hear(resumed(null, null, false), '20:x', '21:y');
    done();
    hear(picture(20, 'old'));
    expect(done()).toEqual(['> snapshot-request']);
    hear(picture(21, 'new'));
    expect(done()).toEqual(['missing screen [new]']);
  });

  test('[terminal 10 lagging] the screen that follows is drawn unasked', () => {
    const { follower, hear, done } = follow();
    follower.begin();
    hear(resumed(null, null), picture(0, ''), '1:a');
    done();
    hear({ type: 'lagging' }, picture(400, 'now'), '401:b');
    expect(done()).toEqual(['missing screen [now]', 'b']);
  });

  test('[terminal 10] another server under the same address, that says where nothing ends', () => {
    const { clock, follower, hear, done } = follow();
    follower.begin();
    hear(resumed(null, null), picture(0, ''), '9:a');
    follower.begin();
    done();
    hear('1:x');
    clock.advance(2000);
    expect(done()).toEqual(['> snapshot-request', 'past x']);
    hear(picture(2, 'theirs'));
    expect(done()).toEqual(['missing lines [theirs]']);
  });

  test('[terminal 10 exit] what is held is drawn when it is over', () => {
    const { clock, follower, hear, done } = follow();
    follower.begin();
    hear('1:a');
    follower.finish();
    expect(done().slice(2)).toEqual(['past a']);
    follower.dispose();
    expect(clock.waiting).toBe(0);
  });
});

test('[S15] whatever comes in whatever order, it neither throws nor asks without end', () => {
  const seq = fc.oneof(fc.nat(20), fc.maxSafeNat());
  const step = fc.oneof(
    seq.map((at) => ({ kind: 'frame' as const, at })),
    seq.map((at) => ({ kind: 'news' as const, news: picture(at, `${at}`) })),
    fc.boolean().map((complete) => ({ kind: 'news' as const, news: resumed(1, 2, complete) })),
    fc.constantFrom(failed, { type: 'lagging' } as const).map((news) => ({ kind: 'news' as const, news })),
    fc.constant({ kind: 'begin' as const }),
    fc.nat(3000).map((time) => ({ kind: 'time' as const, time })),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { clock, follower, hear, done } = follow();
      follower.begin();
      for (const each of steps) {
        if (each.kind === 'frame') hear(`${each.at}:x`);
        else if (each.kind === 'news') hear(each.news);
        else if (each.kind === 'begin') follower.begin();
        else clock.advance(each.time);
      }
      const asked = done().filter((line) => line === '> snapshot-request').length;
      expect(asked).toBeLessThanOrEqual(3 * (steps.length + 1));
      follower.dispose();
      expect(clock.waiting).toBe(0);
    }),
  );
});
