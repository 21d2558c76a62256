import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Session, SessionKey } from '../../../src/model/session.ts';
import { HOST_RULE, WINDOW_RULE } from '../rules.ts';
import type { Window } from './window.ts';
import { WindowsWorld } from './world.ts';

const never = new AbortController().signal;

let world: WindowsWorld;
let key: SessionKey;

beforeEach(async () => {
  world = new WindowsWorld();
  await world.begin();
  [key = key] = world.keys;
  await step();
});

afterEach(() => {
  world.endNow();
  expect(world.watch.violation).toBeUndefined();
});

/** Everything that is on its way arrives, everywhere. */
const step = async (): Promise<void> => {
  for (let round = 0; round < 6; round += 1) {
    await world.carry(0);
    for (const device of world.devices) await device.deliver(0);
    await world.pass(20);
  }
};

const host = () => {
  if (world.host === undefined) throw new Error('There is no host.');
  return world.host;
};
const settledAt = (store: { get(key: SessionKey): Session | undefined }): Session['settled'] | undefined =>
  store.get(key)?.settled;
const everywhere = (): readonly (Session['settled'] | undefined)[] =>
  [host().store, ...world.openWindows.map(({ store }) => store)].map(settledAt);

test('[I5] a rule of a window that allows everything answers nothing of a session that it mirrors: 0 automatic answers', async () => {
  const windows = world.openWindows;
  expect(windows).toHaveLength(2);
  for (let count = 0; count < 8; count += 1) host().agent.askByRules(key, 'fetch');
  await step();
  for (const { store } of windows) expect(store.get(key)?.questions).toHaveLength(8);
  // Whatever happens to the way between, and however long nobody says anything.
  for (const wire of world.wires) wire.cut();
  await world.pass(120_000);
  for (const window of windows) window.host.retry();
  await step();
  await world.pass(3_600_000);
  await step();
  expect(host().agent.asks(key)).toHaveLength(8);
  expect(everywhere()).toEqual([[], [], []]);

  // The same rule is obeyed in a session of the window's own.
  const [window] = windows;
  const own = await ownSession(window);
  window?.own.askByRules(own, 'fetch');
  expect(window?.store.get(own)?.settled.map(({ by }) => by)).toEqual([{ kind: 'rule', rule: WINDOW_RULE }]);
  expect(everywhere()).toEqual([[], [], []]);
});

test('[I5] a rule of the host is obeyed there, once, and told to every window', async () => {
  host().agent.askByRules(key, 'search');
  await step();
  const told = [expect.objectContaining({ by: { kind: 'rule', rule: HOST_RULE } })];
  expect(everywhere()).toEqual([told, told, told]);
});

test('[I5] of two windows that answer at once one wins, and the other is told who did', async () => {
  host().agent.askByRules(key, 'fetch');
  await step();
  const [question] = host().store.get(key)?.questions ?? [];
  if (question === undefined) throw new Error('Nothing was asked.');
  const answer = (window: Window | undefined, option: string): Promise<void> | undefined =>
    window?.perform(
      key,
      {
        kind: 'question/answer',
        question: question.id,
        hash: question.hash,
        outcome: { kind: 'selected', option },
      },
      'page',
      never,
    );
  const [left, right] = world.openWindows;
  const answers = Promise.allSettled([answer(right, 'no'), answer(left, 'yes')]);
  await step();
  const results = await answers;
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  const by = settledAt(host().store)?.map((settled) => settled.by);
  expect(by).toHaveLength(1);
  const [winner] = by ?? [];
  const lost = results.find((result) => result.status === 'rejected');
  expect(winner).toMatchObject({ kind: 'person' });
  expect(String(lost?.reason)).toContain(winner?.kind === 'person' ? `“${winner.device}”` : 'nobody');
  expect(host().agent.asks(key)).toEqual([]);
});

const ownSession = async (window: Window | undefined): Promise<SessionKey> => {
  if (window === undefined) throw new Error('There is no window.');
  return await window.router.newSession({ backend: window.own.id, cwd: '/w' }, never);
};
