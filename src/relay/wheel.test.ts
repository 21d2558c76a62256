import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Disposable } from '../base/disposable.ts';
import { silent } from '../base/log.ts';
import { manualClock } from '../base/testing.ts';
import type { Control, Owns, SessionKey } from '../model/session.ts';
import { emptySession } from '../model/session.ts';
import { SessionStore } from '../router/store.ts';
import { noJournal } from '../router/testing.ts';
import { type Driver, Lease } from './lease.ts';
import { tellWheel } from './wheel.ts';

const phone: Driver = { client: 'phone', device: 'd1', name: 'Phone' };
const tablet: Driver = { client: 'tablet', device: 'd2', name: 'Tablet' };

let store: SessionStore;
let lease: Lease;
let telling: Disposable | undefined;

beforeEach(() => {
  store = new SessionStore({ clock: manualClock(), journal: noJournal, log: silent });
  lease = new Lease();
});
afterEach(() => telling?.dispose());

const tell = (): void => void (telling = tellWheel(lease, store));

const about = (key: string, owns: Partial<Owns> = {}) => ({
  key: key as SessionKey,
  ...{ backend: 'demo', agentLabel: 'Demo', title: '', cwd: '/w' },
  owns: { history: 'us', queue: 'us', questions: 'us', ...owns } as const,
});

const controlOf = (key: string): Control | undefined => store.get(key as SessionKey)?.control;
const numberOf = (key: string): number | undefined => store.get(key as SessionKey)?.at.seq;

describe('the wheel in the sessions', () => {
  test('[relay 8 control] each change is told to every session that lives here, once', () => {
    store.open(about('a'));
    store.open(about('b'));
    store.open(about('far', { control: 'them' }));
    tell();
    expect(['a', 'b', 'far'].map(numberOf)).toEqual([0, 0, 0]);
    lease.enable(true);
    expect(controlOf('a')).toEqual({ epoch: 0, lease: true });
    lease.claim(phone);
    expect(controlOf('b')).toEqual({ driver: 'phone', name: 'Phone', epoch: 0, lease: true });
    lease.take(tablet);
    lease.release('tablet');
    expect(controlOf('a')).toEqual({ epoch: 2, lease: true });
    lease.enable(false);
    expect(controlOf('a')).toEqual({ epoch: 2 });
    expect(['a', 'b', 'far'].map(numberOf)).toEqual([5, 5, 0]);
    expect(controlOf('far')).toEqual({ epoch: 0 });
  });

  test('[relay 8 control] a session that is opened or woken later learns it, before anybody can ask', () => {
    tell();
    store.open(about('before'));
    lease.enable(true);
    lease.take(phone);
    store.open(about('new'));
    expect(controlOf('new')).toEqual({ driver: 'phone', name: 'Phone', epoch: 1, lease: true });
    // As it was left by another process, where somebody else had it.
    const left = { driver: 'old', name: 'Old', epoch: 7, lease: true } as const;
    const session = emptySession({ ...about('woken'), createdAt: 1, epoch: 'e' });
    store.adopt({ ...session, control: left }, []);
    expect(controlOf('woken')).toEqual({ driver: 'phone', name: 'Phone', epoch: 1, lease: true });
    telling?.dispose();
    store.open(about('after'));
    expect(controlOf('after')).toEqual({ epoch: 0 });
  });

  test('[relay 8 control] where nobody needs it nothing is told, but what is not true any more', () => {
    tell();
    store.open(about('new'));
    const session = emptySession({ ...about('woken'), createdAt: 1, epoch: 'e' });
    store.adopt({ ...session, control: { driver: 'old', epoch: 7, lease: true } }, []);
    expect([numberOf('new'), numberOf('woken')]).toEqual([0, 1]);
    expect(controlOf('woken')).toEqual({ epoch: 0 });
  });

  test('[relay 8 control] a session of another store is not ours to tell', () => {
    tell();
    const session = emptySession({ ...about('far'), createdAt: 1, epoch: 'e' });
    store.mirror(session, []);
    lease.enable(true);
    expect(controlOf('far')).toEqual({ epoch: 0 });
  });
});
