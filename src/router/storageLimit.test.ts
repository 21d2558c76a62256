import { describe, expect, test } from 'vitest';
import { Emitter } from '../base/event.ts';
import { Failure } from '../base/failure.ts';
import { silent } from '../base/log.ts';
import { manualClock } from '../base/testing.ts';
import { settled } from '../../test/tools/surface.ts';
import type { SessionKey } from '../model/session.ts';
import type { Trimmed } from './journal.ts';
import { StorageLimit } from './storageLimit.ts';

const world = ({ most }: { readonly most: number | undefined } = { most: 7 }) => {
  const clock = manualClock();
  const folded = new Emitter<SessionKey>((failure) => {
    throw failure;
  });
  const ending = new AbortController();
  const limits: number[] = [];
  const told: (readonly [number, number])[] = [];
  const warnings: string[] = [];
  const answers: (Trimmed | Failure)[] = [];
  const limit = new StorageLimit({
    journal: {
      onFolded: folded.event,
      trim: async (bytes) => {
        limits.push(bytes);
        const answer = answers.shift() ?? { sessions: 0, entries: 0, bytes: 1 };
        if (answer instanceof Failure) throw answer;
        return answer;
      },
    },
    clock,
    log: { ...silent, warn: (message) => warnings.push(message) },
    most: () => most,
    tell: (...what) => told.push(what),
    ending: ending.signal,
  });
  const pass = async (milliseconds: number): Promise<void> => {
    clock.advance(milliseconds);
    await settled();
  };
  return { clock, folded, limits, told, warnings, answers, limit, pass, ending };
};

describe('the limit of what sessions may take', () => {
  test('[J7] is looked at after the start and whenever something has grown, and what it cost is told once', async () => {
    const { limits, told, answers, folded, pass, limit } = world();
    answers.push({ sessions: 2, entries: 300, bytes: 5 }, { sessions: 1, entries: 7, bytes: 5 });
    await pass(4999);
    expect(limits).toEqual([]);
    await pass(1);
    expect(limits).toEqual([7 * 1024 * 1024]);
    for (let count = 0; count < 5; count += 1) folded.fire('k' as SessionKey);
    await pass(5000);
    expect(limits).toHaveLength(2);
    expect(told).toEqual([[2, 7]]);
    await limit.rest();
  });

  test('[J7] nothing is removed without a limit, or after the end; a failure is told and not the last word', async () => {
    const free = world({ most: undefined });
    await free.pass(5000);
    await free.limit.rest();
    expect(free.limits).toEqual([]);
    const limited = world();
    limited.answers.push(new Failure('x', 'It broke.'));
    await limited.pass(5000);
    expect(limited.warnings).toHaveLength(1);
    limited.limit.look();
    await limited.pass(5000);
    expect(limited.limits).toHaveLength(2);
    limited.limit.look();
    await limited.limit.rest();
    expect(limited.clock.waiting).toBe(0);
    expect(limited.told).toEqual([]);
  });
});
