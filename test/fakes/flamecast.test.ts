import { expect, test } from 'vitest';
import type { SessionKey } from '../../src/model/session.ts';
import { until } from '../tools/until.ts';
import { FlamecastWorld } from './flamecastWorld.ts';
import { startReceiver } from './webhookReceiver.ts';

const GAP = 'notice: Something may be missing here.';

const answer = async (world: FlamecastWorld, key: SessionKey, option: string): Promise<void> => {
  const { id, hash } = await until('the question', () => world.of(key).questions[0]);
  await world.perform(key, { kind: 'question/answer', question: id, hash, outcome: { kind: 'selected', option } });
};

test('[flamecast 11.1] a session is created from a template, and a prompt is a turn', async () => {
  await using world = await FlamecastWorld.open();
  const key = await world.session();
  await world.prompt(key, 'hello');
  await world.idle(key);
  expect(world.text(key)).toBe('user: hello\nagent: You said: hello');
  expect(world.of(key).turn).toMatchObject({ state: 'idle', last: { reason: 'end_turn' } });
  expect(world.fake.host.said[0]).toMatchObject({ action: 'subscribe' });
});

test('[flamecast 11.2] replayed and live events come mixed, and each counts once, in order', async () => {
  await using world = await FlamecastWorld.open({ crossed: true });
  const session = world.fake.open();
  await session.prompt('count 3');
  const key = await world.adopt(session.id);
  await world.says(key, '(live)');
  expect(world.text(key)).toBe('user: count 3\nagent: word-1 word-2 word-3 (live)');
});

test('[flamecast 11.2] after a cut it goes on behind its last number', async () => {
  await using world = await FlamecastWorld.open();
  const key = await world.session();
  await world.prompt(key, 'count 4 hold');
  await world.says(key, 'word-1');
  world.fake.host.away = true;
  world.fake.cut();
  await until('the cut', () => world.of(key).link.state === 'reconnecting');
  world.far(key).release();
  world.fake.host.away = false;
  await world.idle(key);
  expect(world.text(key)).toBe('user: count 4 hold\nagent: word-1 word-2 word-3 word-4 ');
  const since = world.fake.host.said.map(({ since }) => since).filter((each) => each !== undefined);
  expect(since).toHaveLength(1);
});

test('[flamecast 11.6] what comes after the end of its turn counts', async () => {
  await using world = await FlamecastWorld.open({ late: true });
  const key = await world.session();
  await world.prompt(key, 'count 3');
  await world.idle(key);
  await world.says(key, 'word-3');
});

test('[flamecast 11.7] numbers that begin anew are another life of the host: a gap, and on from there', async () => {
  await using world = await FlamecastWorld.open();
  const key = await world.session();
  await world.prompt(key, 'count 3');
  await world.idle(key);
  world.fake.restart();
  await until('another connection', () => world.fake.host.connections === 2);
  // It is known before it has said anything: what was heard last is not there any more.
  await until('the gap', () => world.text(key).includes(GAP));
  await world.ready(key);
  await world.prompt(key, 'again');
  await world.says(key, 'You said: again');
  await world.idle(key);
  expect(world.text(key).split('\n')).toEqual([
    'user: count 3',
    'agent: word-1 word-2 word-3 ',
    GAP,
    'user: again',
    'agent: You said: again',
  ]);
});

test('[flamecast 11.8] a question that was answered elsewhere is one no more', async () => {
  await using world = await FlamecastWorld.open();
  const key = await world.session();
  await world.prompt(key, 'tool ask');
  const question = await until('the question', () => world.of(key).questions[0]);
  expect(question).toMatchObject({ title: 'Write notes.txt', kind: 'permission' });
  expect(question.tool?.content).toMatchObject([{ type: 'diff', path: '/far/notes.txt' }]);
  world.far(key).answer('request-1', { optionId: 'yes' });
  await world.idle(key);
  expect(world.of(key).questions).toEqual([]);
  expect(world.text(key)).toContain('tool: Write notes.txt completed');
  await world.prompt(key, 'tool ask');
  await answer(world, key, 'no');
  await world.idle(key);
  expect(world.text(key)).toContain('tool: Write notes.txt failed');
});

test('[flamecast 7] a queue that the host keeps is that of the session; one without has ours', async () => {
  await using world = await FlamecastWorld.open({ node: true });
  const session = world.fake.open();
  const key = await world.adopt(session.id);
  expect(world.of(key).owns.queue).toBe('them');
  await world.prompt(key, 'count 2 hold');
  await world.says(key, 'word-1');
  for (const text of ['one', 'two', 'three']) await world.prompt(key, text);
  const texts = (): readonly string[] =>
    world.of(key).queue.map(({ prompt }) => prompt.map((block) => (block.type === 'text' ? block.text : '')).join(''));
  await until('the queue', () => texts().length === 3);
  const [, second, third] = world.of(key).queue;
  await world.perform(key, { kind: 'queue/move', id: third?.id ?? '', before: second?.id ?? '' });
  await until('the order', () => texts().join() === 'one,three,two');
  await world.perform(key, { kind: 'queue/remove', id: second?.id ?? '' });
  await until('one less', () => texts().join() === 'one,three');
  await world.perform(key, { kind: 'queue/pause' });
  await until('the pause', () => world.of(key).queuePaused);
  session.release();
  await until('the end of the first', () => world.of(key).turn.state === 'idle');
  await world.perform(key, { kind: 'queue/resume' });
  await world.says(key, 'You said: three');
  expect(texts()).toEqual([]);
});

test('[flamecast 3] where the socket is refused the server itself tells', async () => {
  await using world = await FlamecastWorld.open({ noSocket: true });
  const key = await world.session();
  await world.prompt(key, 'count 3 hold');
  await world.says(key, 'word-1');
  world.fake.cut();
  world.far(key).release();
  await world.idle(key);
  await world.says(key, 'word-3');
  expect(world.text(key)).toBe('user: count 3 hold\nagent: word-1 word-2 word-3 ');
});

test('[flamecast 6] a host with a socket for each session tells all of it to whoever comes', async () => {
  await using world = await FlamecastWorld.open({ legacy: true });
  const session = world.fake.open();
  await session.prompt('count 2');
  const key = await world.adopt(session.id);
  await world.says(key, 'word-2');
  world.fake.cut();
  await until('another connection', () => world.fake.host.connections === 2);
  await world.prompt(key, 'again');
  await world.says(key, 'You said: again');
  expect(world.text(key)).toBe('user: count 2\nagent: word-1 word-2 \nuser: again\nagent: You said: again');
});

test('[flamecast 11.9] output of a terminal that belongs to no session', async () => {
  await using world = await FlamecastWorld.open();
  await world.session();
  const host = world.backend.feeds.host(`ws://127.0.0.1:${world.fake.port}/ws`);
  await host?.followTerminals(new AbortController().signal);
  host?.say({ action: 'terminal.create', cols: 80, rows: 24 });
  await until('the terminal', () => world.terminals.some((each) => each?.type === 'terminal.data'));
  expect(world.terminals[0]).toMatchObject({ type: 'terminal.started', data: { terminalId: 'rt-1' } });
});

test('[flamecast 3] a session that was ended there cannot be taken up, and says so', async () => {
  await using world = await FlamecastWorld.open();
  const key = await world.session();
  await world.prompt(key, 'hello');
  await world.idle(key);
  await world.backend.server.terminate(world.of(key).agentSession ?? '', new AbortController().signal);
  await until('the end', () => world.of(key).link.state === 'disconnected');
  expect(world.of(key).link).toMatchObject({ forgotten: true });
});

test('[flamecast 11.3] what a host cannot do it says of nothing: who asked is told, and the turn goes on', async () => {
  await using world = await FlamecastWorld.open();
  const key = await world.session();
  await world.prompt(key, 'count 2 hold');
  await world.says(key, 'word-1');
  await world.perform(key, { kind: 'cancel' });
  await world.says(key, 'notice: This host cannot cancel a turn.');
  expect(world.of(key).turn.state).not.toBe('idle');
  world.far(key).release();
  await world.idle(key);
  await world.says(key, 'word-2');
});

test('[flamecast 8] a question that waited before anybody looked is asked, and answered once', async () => {
  await using world = await FlamecastWorld.open();
  const session = world.fake.open();
  void session.prompt('tool ask');
  const key = await world.adopt(session.id);
  await until('the question', () => world.of(key).questions.length === 1);
  await until('all before it', () => world.text(key).startsWith('user: tool ask'));
  expect(world.of(key).questions).toHaveLength(1);
  await answer(world, key, 'yes');
  await world.idle(key);
  expect(world.text(key)).toContain('tool: Write notes.txt completed');
  const answered = world.fake.asked.filter(({ path }) => path.includes('/permissions/'));
  expect(answered).toMatchObject([{ method: 'POST', body: { optionId: 'yes' } }]);
  expect(world.of(key).settled.at(-1)).toMatchObject({ by: { kind: 'person', device: 'editor' } });
});

test('[flamecast 8] a second device is faster: the first one is told, and its answer counts for nothing', async () => {
  await using world = await FlamecastWorld.open();
  const key = await world.session();
  await world.prompt(key, 'tool ask');
  const { id, hash } = await until('the question', () => world.of(key).questions[0]);
  // Neither has heard of the other when it answers.
  world.fake.host.away = true;
  world.fake.cut();
  await until('the cut', () => world.of(key).link.state === 'reconnecting');
  const second = new AbortController().signal;
  expect(await world.backend.server.answer(world.of(key).agentSession ?? '', 'request-1', 'no', second)).toBe(true);
  const late = world.perform(key, {
    kind: 'question/answer',
    question: id,
    hash,
    outcome: { kind: 'selected', option: 'yes' },
  });
  await late.catch((failure: unknown) => expect(failure).toMatchObject({ code: 'answered' }));
  world.fake.host.away = false;
  world.backend.retry();
  await world.idle(key);
  expect(world.of(key).questions).toEqual([]);
  expect(world.text(key)).toContain('tool: Write notes.txt failed');
});

test('[flamecast 9] webhooks are registered with a session, and what they are told can be verified', async () => {
  await using world = await FlamecastWorld.open();
  const receiver = await startReceiver(['old', 'new']);
  try {
    await world.backend.reach(new AbortController().signal);
    const { signal } = new AbortController();
    const hook = { url: receiver.url, secret: 'new', events: ['permission_request'] };
    const session = await world.backend.begin(
      { template: 'demo', cwd: '/work/src', name: 'Mine', webhooks: [hook] },
      signal,
    );
    expect(world.fake.asked.findLast(({ method }) => method === 'POST')?.body).toEqual({
      agentTemplateId: 'demo',
      cwd: '/work/src',
      name: 'Mine',
      webhooks: [hook],
    });
    void world.fake.session(session.id).prompt('tool ask');
    await until('the delivery', () => receiver.believed.length === 1);
    expect(JSON.parse(receiver.believed[0] ?? '')).toMatchObject({
      sessionId: session.id,
      event: { type: 'permission_request', data: { requestId: 'request-1' } },
    });
    expect(receiver.refused).toEqual([]);
  } finally {
    await receiver.close();
  }
});

test('[flamecast 11.9] a terminal of no session goes on after a cut, and ends with its host', async () => {
  await using world = await FlamecastWorld.open();
  await world.backend.reach(new AbortController().signal);
  const host = world.backend.feeds.host(`ws://127.0.0.1:${world.fake.port}/ws`);
  await host?.followTerminals(new AbortController().signal);
  host?.say({ action: 'terminal.create', cols: 80, rows: 24 });
  await until('the terminal', () => world.terminals.some((each) => each?.type === 'terminal.data'));
  const heard = world.terminals.length;
  world.fake.cut();
  await until('another connection', () => world.fake.host.connections === 2 && host?.isConnected);
  host?.say({ action: 'terminal.input', terminalId: 'rt-1', data: 'ls\r' });
  await until('what was typed', () => world.terminals.length > heard);
  expect(world.terminals.slice(heard).map((each) => each?.data)).toEqual([{ terminalId: 'rt-1', data: 'ls\r\n$ ' }]);
  world.fake.restart();
  await until('its end', () => world.terminals.includes(undefined));
});

test('[flamecast 3] runtimes are started, paused, stopped and deleted, and templates registered and changed', async () => {
  await using world = await FlamecastWorld.open();
  const { backend, fake } = world;
  const { signal } = new AbortController();
  await backend.reach(signal);
  const { server } = backend;
  const statuses = async (): Promise<readonly string[]> => {
    await backend.look(signal);
    return backend.runtimes.flatMap(({ instances }) => instances.map(({ name, status }) => `${name} ${status}`));
  };
  expect(await server.startRuntime('default', 'second', signal)).toMatchObject({ name: 'second', status: 'running' });
  await server.endRuntime('second', 'pause', signal);
  expect(await statuses()).toEqual(['default running', 'second paused']);
  await server.endRuntime('second', 'stop', signal);
  expect(await statuses()).toEqual(['default running', 'second stopped']);
  await server.endRuntime('second', 'delete', signal);
  expect(await statuses()).toEqual(['default running']);
  await expect(server.endRuntime('second', 'stop', signal)).rejects.toMatchObject({ code: 404 });
  await server.keepTemplate({ name: 'Other', spawn: { command: 'other', args: ['-x'] } }, undefined, signal);
  await backend.look(signal);
  const made = backend.templates[1];
  expect(made).toMatchObject({ name: 'Other', command: 'other', args: ['-x'], provider: 'default' });
  await server.keepTemplate({ name: 'Another' }, made?.id, signal);
  await backend.look(signal);
  expect(backend.templates[1]).toMatchObject({ name: 'Another', command: 'other' });
  expect(fake.asked.filter(({ method }) => method === 'PUT')).toHaveLength(1);
});

test('[flamecast 3] folders are listed with their repositories, files are shown, and what changes there is told', async () => {
  await using world = await FlamecastWorld.open();
  const key = await world.session();
  const session = world.far(key);
  const { signal } = new AbortController();
  const { entries } = await world.backend.server.listing(session.id, '/work', true, signal);
  expect(entries).toEqual([
    { path: '/work/README.md', type: 'file' },
    { path: '/work/src', type: 'directory' },
    { path: '/work/vendor', type: 'directory', branch: 'trunk', origin: 'https://git.example.net/vendor' },
  ]);
  const preview = (path: string) => world.backend.server.preview(session.id, path, signal);
  expect(await preview('/work/README.md')).toEqual({ content: '# Far away\n', truncated: false });
  await expect(preview('/work/none')).rejects.toMatchObject({ code: 404 });
  await expect(preview('/etc/passwd')).rejects.toMatchObject({ code: 403, message: 'Path outside workspace' });
  world.fake.change(session, '/work/README.md', 'other');
  await until('the change', () => world.changes.length > 0);
  expect(world.changes).toEqual([{ path: '/work/README.md', type: 'modified' }]);
});

test('[flamecast 5] a hundred sessions on one socket: after a cut each of them goes on, and one more by the stream', async () => {
  await using world = await FlamecastWorld.open({ node: true });
  const sessions = Array.from({ length: 101 }, () => world.fake.open());
  for (const session of sessions) await session.prompt('count 2');
  const keys: SessionKey[] = [];
  for (const { id } of sessions) keys.push(await world.adopt(id));
  const all = (words: string): boolean => keys.every((key) => world.text(key).includes(words));
  await until('all of them', () => all('word-2'));
  expect(world.fake.host.connections).toBe(1);
  world.fake.cut();
  for (const session of sessions) await session.prompt('afterwards');
  world.backend.retry();
  await until('all that came after it', () => all('You said: afterwards'));
  expect(world.fake.host.connections).toBe(2);
  for (const key of keys) expect(world.text(key).split('You said: afterwards')).toHaveLength(2);
});
