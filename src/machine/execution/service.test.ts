import { describe, expect, test } from 'vitest';
import { type ManualClock, manualClock } from '../../base/testing.ts';
import { silent } from '../../base/log.ts';
import type { ExecutionResponse, SessionPayload } from '../../protocol/environment/messages.ts';
import type { Device } from '../../relay/device.ts';
import { ASKED, ExecutionService, type ExecutionParts } from './service.ts';
import { IDLE, type SessionEnd } from './session.ts';

const phone: Device = { id: 'd1', name: 'phone', capability: 'drive' };
const tablet: Device = { id: 'd2', name: 'tablet', capability: 'drive' };
const never = new AbortController().signal;

interface World {
  readonly host: ExecutionService;
  readonly clock: ManualClock;
  /** Who was asked about, and what is answered. */
  readonly asked: { readonly device: Device; answer(allowed: boolean): void; end(): void }[];
  readonly ends: SessionEnd[];
  session(device: Device, payload: SessionPayload): Promise<ExecutionResponse | undefined>;
}

const open = (more: Partial<ExecutionParts> = {}): World => {
  const clock = manualClock();
  const asked: World['asked'] = [];
  const ends: SessionEnd[] = [];
  const shown = { began: () => undefined, failed: () => undefined, over: (why: SessionEnd) => void ends.push(why) };
  const host = new ExecutionService({
    envID: 'env_a',
    hostSessionID: 'h-1',
    policy: 'ask',
    clock,
    log: silent,
    place: () => Promise.resolve('/w'),
    start: () => Promise.reject(new Error('there are no processes here')),
    show: ({ device, ask, end }, signal) =>
      ask
        ? new Promise((resolve) => {
            const answer = (allowed: boolean): void => resolve(allowed ? shown : undefined);
            asked.push({ device, answer, end });
            signal.addEventListener('abort', () => answer(false));
          })
        : Promise.resolve(shown),
    ...more,
  });
  let requests = 0;
  const session = (device: Device, payload: SessionPayload): Promise<ExecutionResponse | undefined> => {
    const requestID = `r${(requests += 1)}`;
    const request = { version: 1, requestID, envID: 'env_a', tool: 'session', action: payload.action, payload };
    return host.answer(device, request, never);
  };
  return { host, clock, asked, ends, session };
};

const opened = { ok: true, result: { metadata: { action: 'open', status: 'opened', sessionID: expect.any(String) } } };
const refused = { ok: true, result: { title: expect.any(String), metadata: { action: 'open', status: 'refused' } } };
const idOf = (response: ExecutionResponse | undefined): string =>
  response?.ok === true && 'sessionID' in response.result.metadata ? (response.result.metadata.sessionID ?? '') : '';
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

describe('a host for commands', () => {
  test('[environment 11 ask] a session opens when a person has allowed it, and not before', async () => {
    const { session, asked } = open();
    let over = false;
    const opening = session(phone, { action: 'open', label: 'work' });
    void opening.then(() => (over = true));
    await settled();
    expect([over, asked.map(({ device }) => device.id)]).toEqual([false, ['d1']]);
    asked[0]?.answer(true);
    expect(await opening).toMatchObject({ ...opened, requestID: 'r1', tool: 'session', action: 'open' });
  });

  test('[environment 11 ask] who is refused, or not answered within 120 s, is refused and can ask again', async () => {
    const { session, asked, clock } = open();
    const first = session(phone, { action: 'open' });
    await settled();
    asked[0]?.answer(false);
    expect(await first).toMatchObject(refused);
    const second = session(phone, { action: 'open' });
    await settled();
    clock.advance(ASKED - 1);
    await settled();
    expect(asked).toHaveLength(2);
    clock.advance(1);
    expect(await second).toMatchObject(refused);
    const third = session(phone, { action: 'open' });
    await settled();
    asked[2]?.answer(true);
    expect(await third).toMatchObject(opened);
  });

  test('[environment 11 ask] a device that asks twice asks once, and another one is told that it is busy', async () => {
    const { session, asked } = open();
    const [first, again] = [session(phone, { action: 'open' }), session(phone, { action: 'open' })];
    await settled();
    const other = await session(tablet, { action: 'open' });
    expect(other).toMatchObject({ ok: true, result: { metadata: { status: 'busy' } } });
    expect(asked).toHaveLength(1);
    asked[0]?.answer(true);
    expect(idOf(await first)).toBe(idOf(await again));
  });

  test('[environment 11 deny] nobody is asked where nobody may, or where the device may only watch', async () => {
    const denying = open({ policy: 'deny' });
    expect(await denying.session(phone, { action: 'open' })).toMatchObject(refused);
    const watching = open({ policy: 'allow' });
    expect(await watching.session({ ...phone, capability: 'answer' }, { action: 'open' })).toMatchObject(refused);
    expect([denying.asked, watching.asked]).toEqual([[], []]);
  });

  test('[environment 10 busy] another device learns that somebody is there, and not who; it can use nothing of theirs', async () => {
    const { session, host } = open({ policy: 'allow' });
    const sessionID = idOf(await session(phone, { action: 'open' }));
    const busy = await session(tablet, { action: 'open' });
    expect(busy).toMatchObject({ ok: true, result: { metadata: { status: 'busy' } } });
    expect(JSON.stringify(busy)).not.toMatch(new RegExp(`${sessionID}|d1|phone`, 'u'));
    const mismatch = { ok: false, error: { code: 'session_caller_mismatch' } };
    expect(await session(tablet, { action: 'heartbeat', sessionID })).toMatchObject(mismatch);
    expect(await session(tablet, { action: 'close', sessionID })).toMatchObject(mismatch);
    const list = { action: 'list' } as const;
    const process = {
      version: 1,
      requestID: 'p',
      envID: 'env_a',
      tool: 'process',
      action: 'list',
      sessionID,
      payload: list,
    };
    expect(await host.answer(tablet, process, never)).toMatchObject({ requestID: 'p', tool: 'process', ...mismatch });
    expect(await session(phone, { action: 'heartbeat', sessionID })).toMatchObject({ ok: true });
  });

  test('[environment 10 heartbeat] a session ends ten minutes after the last request, and lives while there is one', async () => {
    const { session, clock, ends } = open({ policy: 'allow' });
    const sessionID = idOf(await session(phone, { action: 'open' }));
    for (let beat = 0; beat < 5; beat += 1) {
      clock.advance(IDLE - 1000);
      const alive = { ok: true, result: { metadata: { action: 'heartbeat', status: 'alive', sessionID } } };
      expect(await session(phone, { action: 'heartbeat', sessionID })).toMatchObject(alive);
    }
    expect(idOf(await session(phone, { action: 'open' }))).toBe(sessionID);
    clock.advance(IDLE);
    await settled();
    expect(ends).toEqual(['idle']);
    const invalid = { ok: false, error: { code: 'session_invalid' } };
    expect(await session(phone, { action: 'heartbeat', sessionID })).toMatchObject(invalid);
    const next = idOf(await session(tablet, { action: 'open' }));
    expect(next).not.toBe(sessionID);
  });

  test('[environment 10 unanswered close] what is closed is answered, once; what was closed is no session', async () => {
    const { session, ends } = open({ policy: 'allow' });
    const sessionID = idOf(await session(phone, { action: 'open' }));
    const closed = { ok: true, result: { metadata: { action: 'close', status: 'closed', sessionID } } };
    expect(await session(phone, { action: 'close', sessionID })).toMatchObject(closed);
    const invalid = { ok: false, tool: 'session', action: 'close', error: { code: 'session_invalid' } };
    expect(await session(phone, { action: 'close', sessionID })).toMatchObject(invalid);
    expect(ends).toEqual(['device']);
  });

  test('[environment 10 stale] a process of an earlier start of the host is told apart from one that never was', async () => {
    const { session, host } = open({ policy: 'allow' });
    const sessionID = idOf(await session(phone, { action: 'open' }));
    const poll = (processId: string) => {
      const payload = { action: 'poll', processId };
      return host.answer(
        phone,
        { version: 1, requestID: 'p', envID: 'env_a', tool: 'process', action: 'poll', sessionID, payload },
        never,
      );
    };
    expect(await poll('proc_other_1')).toMatchObject({ ok: false, error: { code: 'stale_process_handle' } });
    const missing = { ok: true, result: { metadata: { action: 'poll', status: 'not_found' } } };
    expect(await poll('proc_h1_7')).toMatchObject(missing);
    expect(await poll('12')).toMatchObject(missing);
  });

  test('[environment 11 env_not_found] another environment is not this one, for whoever has a session and whoever opens one', async () => {
    const { session, host } = open({ policy: 'allow' });
    const sessionID = idOf(await session(phone, { action: 'open' }));
    const to = { version: 1, requestID: 'x', envID: 'env_b' };
    const wrong = { ok: false, error: { code: 'env_not_found' } };
    const opening = { ...to, tool: 'session', action: 'open', payload: { action: 'open' } };
    const listing = { ...to, tool: 'process', action: 'list', sessionID, payload: { action: 'list' } };
    expect(await host.answer(phone, opening, never)).toMatchObject(wrong);
    expect(await host.answer(phone, listing, never)).toMatchObject(wrong);
    // Who has no session learns nothing of the environment.
    const stranger = { ok: false, error: { code: 'session_invalid' } };
    expect(await host.answer(phone, { ...listing, sessionID: 'no' }, never)).toMatchObject(stranger);
  });

  test('[environment 11 limits] the ninth request of a device is refused while eight wait, and another device is heard', async () => {
    const { session, asked } = open();
    const waiting = Array.from({ length: 8 }, () => session(phone, { action: 'open' }));
    await settled();
    const busy = { ok: false, requestID: 'r9', error: { code: 'session_busy' } };
    expect(await session(phone, { action: 'open' })).toMatchObject(busy);
    expect(await session(tablet, { action: 'open' })).toMatchObject({ ok: true });
    asked[0]?.answer(true);
    expect(await Promise.all(waiting)).toHaveLength(8);
    expect(await session(phone, { action: 'open' })).toMatchObject({ ok: true });
  });

  test('[environment 11 revoked] a device that is revoked has no session and no question any more', async () => {
    const { session, host, asked, ends } = open();
    const opening = session(phone, { action: 'open' });
    await settled();
    host.revoked('d1');
    expect(await opening).toMatchObject(refused);
    const second = session(phone, { action: 'open' });
    await settled();
    asked[1]?.answer(true);
    await second;
    host.revoked('d2');
    expect(ends).toEqual([]);
    host.revoked('d1');
    await settled();
    expect(ends).toEqual(['device']);
  });

  test('[environment 11 person] a person ends a session, or its opening, from here', async () => {
    const { session, asked, ends } = open();
    const opening = session(phone, { action: 'open' });
    await settled();
    asked[0]?.end();
    expect(await opening).toMatchObject(refused);
    const second = session(phone, { action: 'open' });
    await settled();
    asked[1]?.answer(true);
    const sessionID = idOf(await second);
    asked[1]?.end();
    await settled();
    expect(ends).toEqual(['person']);
    expect(await session(phone, { action: 'heartbeat', sessionID })).toMatchObject({ ok: false });
  });

  test('[environment 10 errors] what could not be started is said, and a fault of ours tells nothing of itself', async () => {
    const { session, host } = open({ policy: 'allow' });
    const sessionID = idOf(await session(phone, { action: 'open' }));
    const payload = { command: 'ls', description: '' };
    const bash = { version: 1, requestID: 'b', envID: 'env_a', tool: 'bash', action: 'execute', sessionID, payload };
    const failed = { ok: false, error: { code: 'remote_execution_error', message: 'there are no processes here' } };
    expect(await host.answer(phone, bash, never)).toMatchObject(failed);
    const broken = open({ policy: 'allow', place: () => Promise.reject(new TypeError('/secret/path')) });
    const other = idOf(await broken.session(phone, { action: 'open' }));
    const answer = await broken.host.answer(phone, { ...bash, sessionID: other }, never);
    expect(answer).toMatchObject({ ok: false, error: { code: 'host_internal_error' } });
    expect(JSON.stringify(answer)).not.toContain('/secret');
  });
});
