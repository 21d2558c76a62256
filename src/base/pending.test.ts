import { describe, expect, test } from 'vitest';
import { Failure } from './failure.ts';
import { Pending } from './pending.ts';
import { manualClock } from './testing.ts';

const never = new AbortController().signal;

const world = (most = 3): { clock: ReturnType<typeof manualClock>; pending: Pending<number, string> } => {
  const clock = manualClock();
  return { clock, pending: new Pending({ clock, most, timeout: 30_000 }) };
};

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (failure: unknown) => (failure instanceof Failure ? failure.code : failure),
  );

describe('what was asked and not answered yet', () => {
  test('[pending] answers go to who asked, in any order', async () => {
    const { clock, pending } = world();
    const [one, two] = [pending.add(1, {}, never), pending.add(2, {}, never)];
    expect(pending.settle(2, 'second')).toBe(true);
    expect(pending.fail(1, new Failure('no', 'It does not.'))).toBe(true);
    expect(await two).toBe('second');
    expect(await codeOf(one)).toBe('no');
    expect([pending.size, pending.late, clock.waiting]).toEqual([0, 0, 0]);
  });

  test('[pending] a second answer in the same batch, and one for nobody, are counted and dropped', async () => {
    const { pending } = world();
    const one = pending.add(1, {}, never);
    expect([pending.settle(1, 'a'), pending.settle(1, 'b'), pending.settle(7, 'c'), pending.fail(8, 0)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(await one).toBe('a');
    expect(pending.late).toBe(3);
  });

  test('[pending] a key may be of something new as soon as it was answered', async () => {
    const { pending } = world();
    const first = pending.add(1, {}, never);
    pending.settle(1, 'old');
    const second = pending.add(1, {}, never);
    expect(await first).toBe('old');
    expect(pending.size).toBe(1);
    pending.settle(1, 'new');
    expect(await second).toBe('new');
  });

  test('[pending] no answer in time: unanswered, and what comes then is late', async () => {
    const { clock, pending } = world();
    const [slow, slower] = [pending.add(1, {}, never), pending.add(2, { timeout: 40_000 }, never)];
    clock.advance(30_000);
    expect(await codeOf(slow)).toBe('unanswered');
    expect(pending.settle(1, 'late')).toBe(false);
    expect(pending.size).toBe(1);
    pending.settle(2, 'in time');
    expect(await slower).toBe('in time');
    expect(clock.waiting).toBe(0);
  });

  test('[pending] given up by who asked', async () => {
    const { clock, pending } = world();
    const stop = new AbortController();
    const one = pending.add(1, {}, stop.signal);
    stop.abort('enough');
    expect(await codeOf(one)).toBe('enough');
    expect(await codeOf(pending.add(2, {}, stop.signal))).toBe('enough');
    expect([pending.size, pending.settle(1, 'late'), pending.late, clock.waiting]).toEqual([0, false, 1, 0]);
  });

  test('[pending] more than the quota is told at once, and takes nothing', async () => {
    const { pending } = world(2);
    const asked = [pending.add(1, {}, never), pending.add(2, {}, never)];
    expect(await codeOf(pending.add(3, {}, never))).toBe('busy');
    pending.settle(1, 'a');
    asked.push(pending.add(3, {}, never));
    pending.settle(2, 'b');
    pending.settle(3, 'c');
    expect(await Promise.all(asked)).toEqual(['a', 'b', 'c']);
  });

  test('[pending] an answer without a key is of the only one, and of nobody where there are more', async () => {
    const { pending } = world();
    expect(pending.only()).toBe(undefined);
    const one = pending.add(5, {}, never);
    expect(pending.only()).toBe(5);
    const two = pending.add(6, {}, never);
    expect(pending.only()).toBe(undefined);
    pending.end(new Failure('lost', 'It broke off.'));
    expect(await Promise.all([one, two].map(codeOf))).toEqual(['lost', 'lost']);
  });

  test('[pending] the end is told to all, also to who comes later', async () => {
    const { clock, pending } = world();
    const one = pending.add(1, {}, never);
    pending.end(new Failure('lost', 'It broke off.'));
    pending.end(new Failure('other', 'A second end.'));
    expect(await Promise.all([codeOf(one), codeOf(pending.add(2, {}, never))])).toEqual(['lost', 'lost']);
    expect([pending.size, pending.settle(1, 'late'), clock.waiting]).toEqual([0, false, 0]);
  });

  test('[pending] the same key twice at once is a mistake of ours', async () => {
    const { pending } = world();
    const one = pending.add(1, {}, never);
    await expect(pending.add(1, {}, never)).rejects.toThrow('waits for an answer already');
    pending.settle(1, 'a');
    expect(await one).toBe('a');
  });
});
