import { expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import { GatewayWorld } from './gatewayWorld.ts';

const never = new AbortController().signal;
const GAP = 'notice: Something may be missing here.';

test('[gateway 9 method] a method of its own streams, to whoever asks, for a session or without one', async () => {
  await using world = await GatewayWorld.open();
  await world.backend.reach(never);
  const last = Promise.withResolvers<void>();
  world.gateway.counting = last.promise;
  const heard: unknown[] = [];
  const asked = world.backend.call('tasks:count', { upTo: 3, sessionId: 'main' }, (chunk) => heard.push(chunk), never);
  await until('the first two', () => heard.length === 2);
  last.resolve();
  expect(await asked).toEqual({ streaming: true, chunks: [1, 2, 3] });
  expect(heard).toEqual([1, 2, 3]);
  expect(world.gateway.said.map(({ method }) => method).slice(-3)).toEqual(['subscribe', 'tasks:count', 'unsubscribe']);
  expect(await world.backend.call('tasks:count', { upTo: 1 }, () => undefined, never)).toEqual({
    streaming: true,
    chunks: [1],
  });
});

test('[gateway 3] another version is told, and works', async () => {
  await using world = await GatewayWorld.open({ version: '2.0' });
  const key = await world.session();
  expect(world.backend.otherVersion).toBe('2.0');
  await world.prompt(key, 'hello');
  await world.idle(key);
  expect(world.text(key)).toContain('You said: hello');
});

test('[gateway 3] each connection has a client id of its own', async () => {
  await using world = await GatewayWorld.open();
  await world.backend.reach(never);
  world.gateway.cut();
  const ids = (): readonly unknown[] =>
    world.gateway.said.filter(({ type }) => type === 'connect').map(({ clientId }) => clientId);
  await until('another greeting', () => ids().length > 1);
  expect(new Set(ids()).size).toBe(ids().length);
});

test('[gateway 8] what an old gateway cannot do it does not say that it can', async () => {
  await using world = await GatewayWorld.open({ old: true });
  await world.backend.reach(never);
  const can = (...names: readonly string[]) => names.map((name) => world.backend.can(name));
  expect(can('send', 'channel', 'reset')).toEqual([true, true, true]);
  expect(can('config', 'tool-catalog', 'tool-confirm', 'schema')).toEqual([false, false, false, false]);
  const key = await world.session();
  await world.prompt(key, 'tool ask');
  await world.says(key, 'The gateway waits for a confirmation');
  expect(world.of(key).questions).toEqual([]);
  await world.perform(key, { kind: 'cancel' });
  await world.says(key, 'too old to stop a run');
});

test('[gateway 4 schema] what a gateway does not describe it cannot do', async () => {
  await using world = await GatewayWorld.open({ without: ['config'] });
  await world.backend.reach(never);
  expect([world.backend.can('config'), world.backend.can('tool-catalog')]).toEqual([false, true]);
  expect(world.backend.methods[0]).toMatchObject({ name: 'tasks:count', builtin: false });
});

test('[gateway 4] config, tools with one run by hand, and a channel, which all who follow the session hear', async () => {
  await using world = await GatewayWorld.open();
  const key = await world.session();
  const sessionId = world.of(key).agentSession ?? '';
  expect(await world.backend.request('config', {}, never)).toEqual({ config: { model: 'fake', key: '***' } });
  expect(await world.backend.tools(sessionId, never)).toMatchObject([{ name: 'write_file' }]);
  const dispatched = world.backend.request('tool-dispatch', { sessionId, tool: 'no_such', input: {} }, never);
  await expect(dispatched).rejects.toMatchObject({ data: { code: 'NOT_FOUND_TOOL' } });
  await world.backend.request('channel', { sessionId, channel: 'news', payload: 'hello' }, never);
  await world.says(key, 'notice: news');
});

test('[gateway 4 reset] what runs is over, what was said can still be read, and the next run is no hole', async () => {
  await using world = await GatewayWorld.open();
  const key = await world.session();
  await world.prompt(key, 'count 3 hold');
  await world.says(key, 'word-1');
  await world.backend.resetThere(world.of(key).agentSession ?? '', never);
  await world.idle(key);
  await world.says(key, 'The session was reset');
  await world.perform(key, { kind: 'queue/resume' }).catch(() => undefined);
  await world.prompt(key, 'hello');
  await world.says(key, 'You said: hello');
  await world.idle(key);
  expect(world.text(key)).toContain('agent: word-1');
  expect(world.text(key)).not.toContain(GAP);
});

test('[gateway 4 close] a session that is closed there is over here, for everybody', async () => {
  await using world = await GatewayWorld.open();
  const key = await world.session();
  const id = world.of(key).agentSession ?? '';
  await world.prompt(key, 'hello');
  await world.idle(key);
  await world.backend.closeThere(id, never);
  expect(world.of(key).link).toMatchObject({ state: 'disconnected', forgotten: true });
  expect(world.backend.sessions.map((session) => session.id)).not.toContain(id);
});

test('[gateway 4 history] a session that was there already, page after page', async () => {
  await using world = await GatewayWorld.open({ history: true });
  const fake = world.gateway.session('coder:long');
  for (let run = 1; run <= 130; run += 1) await fake.run(`run ${run}`);
  const key = await world.adopt('coder:long');
  const lines = world.text(key).split('\n');
  expect(lines).toHaveLength(260);
  expect([lines[0], lines.at(-1)]).toEqual(['user: run 1', 'agent: You said: run 130']);
  expect(world.gateway.said.filter(({ method }) => method === 'history')).toHaveLength(3);
});

test('[gateway 9 method] what a person does by hand has its consequences here as well', async () => {
  await using world = await GatewayWorld.open();
  const [one, other] = [await world.session(), await world.session()];
  await world.prompt(one, 'hello');
  await world.idle(one);
  const call = (method: string, key: typeof one) =>
    world.backend.call(method, { sessionId: world.of(key).agentSession }, () => undefined, never);
  await expect(call('unsubscribe', one)).rejects.toMatchObject({ code: 'unsupported' });
  await call('reset', one);
  expect(world.text(one)).toContain('The session was reset');
  await call('close', other);
  expect(world.of(other).link.forgotten).toBe(true);
  // A prompt by hand is a turn of somebody else's.
  const sessionId = world.of(one).agentSession;
  await world.backend.call('send', { sessionId, message: 'by hand' }, () => undefined, never);
  await world.says(one, 'user: by hand\nagent: You said: by hand');
  await world.idle(one);
});
