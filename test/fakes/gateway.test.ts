import { expect, test } from 'vitest';
import type { SessionKey } from '../../src/model/session.ts';
import { wantsSecret } from '../../src/vscode/environments/wantsSecret.ts';
import { until } from '../tools/until.ts';
import { GatewayWorld } from './gatewayWorld.ts';

const never = new AbortController().signal;
const GAP = 'notice: Something may be missing here.';

const ask = async (world: GatewayWorld, key: SessionKey, option: string): Promise<void> => {
  const question = await until('the question', () => world.of(key).questions[0]);
  const { id, hash } = question;
  await world.perform(key, { kind: 'question/answer', question: id, hash, outcome: { kind: 'selected', option } });
};

test('[gateway 9 connect] nothing is asked before the gateway says that we are connected', async () => {
  await using world = await GatewayWorld.open({ slow: 100 });
  const key = await world.session();
  await world.prompt(key, 'hello');
  await world.idle(key);
  expect(world.text(key)).toBe('user: hello\nagent: You said: hello');
  expect(world.gateway.said[0]?.['type']).toBe('connect');
  expect(world.of(key).turn).toMatchObject({ state: 'idle', last: { reason: 'end_turn' } });
});

test('[gateway 9 connect] one that says nothing to a greeting is found out by a question', async () => {
  await using world = await GatewayWorld.open({ old: true });
  const key = await world.session();
  await world.prompt(key, 'count 3');
  await world.idle(key);
  expect(world.text(key)).toBe('user: count 3\nagent: word-1 word-2 word-3 ');
});

test('[gateway 9 4001] a token that is refused is not sent again', async () => {
  await using world = await GatewayWorld.open({}, { token: 'wrong' });
  await expect(world.backend.reach(new AbortController().signal)).rejects.toMatchObject({ code: 'refused' });
  expect(world.backend.state).toBe('refused');
  expect(wantsSecret(world.backend.trouble, 'gateway')).toBe(true);
});

test('[gateway 9 tool confirmation] a question with its diff, answered once, always or not at all', async () => {
  await using world = await GatewayWorld.open();
  const key = await world.session();
  await world.prompt(key, 'tool ask');
  const question = await until('the question', () => world.of(key).questions[0]);
  expect(question.title).toBe('Write notes.txt?');
  expect(question.options.map(({ kind }) => kind)).toEqual(['allow_once', 'allow_always', 'reject_once']);
  expect(question.tool?.content).toEqual([
    { type: 'diff', path: '/far/notes.txt', oldText: 'old\n', newText: 'new\n' },
  ]);
  await ask(world, key, 'always');
  await world.idle(key);
  expect(world.text(key)).toContain('tool: Write notes.txt completed');
  const confirmed = world.gateway.said.find(({ method }) => method === 'tool-confirm');
  expect(confirmed?.['params']).toMatchObject({ callId: 'call-1', confirmed: true, always: true });
  await world.prompt(key, 'tool ask');
  await ask(world, key, 'no');
  await world.idle(key);
  expect(world.text(key)).toContain('tool: Write notes.txt failed');
});

test('[gateway 9 execution_end] the second end of a run ends nothing, and thoughts and inner runs are where they belong', async () => {
  await using world = await GatewayWorld.open({ leaks: true });
  const key = await world.session();
  await world.prompt(key, 'think nest tool');
  await world.idle(key);
  await world.prompt(key, 'again');
  await world.idle(key);
  expect(world.text(key).split('\n')).toEqual([
    'user: think nest tool',
    'thought: Let me see. ',
    'subagent',
    'tool: Write notes.txt completed',
    'agent: You said: think nest tool',
    'user: again',
    'agent: You said: again',
  ]);
  expect(Object.values(world.of(key).subagents)).toEqual([
    { session: 'researcher', title: 'Researcher', state: 'idle', said: 'looked it up' },
  ]);
});

test('[gateway 9 session keys] what another client does under the short name is of the same session', async () => {
  await using world = await GatewayWorld.open();
  world.gateway.session('main');
  const key = await world.adopt('chat:main');
  const main = world.gateway.session('main');
  main.called = 'main';
  await main.run('hello');
  await world.says(key, 'You said: hello');
  await world.idle(key);
  expect(world.text(key)).toBe('user: hello\nagent: You said: hello');
});

test('[gateway 9 sequence] a hole is told where it is; numbers of what is kept back are none', async () => {
  await using world = await GatewayWorld.open({ keepsBack: true });
  const key = await world.session();
  await world.prompt(key, 'count 2');
  await world.idle(key);
  expect(world.text(key)).not.toContain(GAP);
  await world.prompt(key, 'count 5 hold');
  await world.says(key, 'word-1');
  world.gateway.lose(2);
  world.fake(key).release();
  await world.idle(key);
  expect(world.text(key).split('\n').slice(2)).toEqual([
    'user: count 5 hold',
    'agent: word-1 ',
    GAP,
    'agent: word-4 word-5 ',
  ]);
});

test('[gateway 9 reconnect] after a cut in the middle of a run it is subscribed to again, and what was missed is told', async () => {
  await using world = await GatewayWorld.open();
  const key = await world.session();
  await world.prompt(key, 'count 4 hold');
  await world.says(key, 'word-1');
  world.gateway.cut();
  const greetings = (): number => world.gateway.said.filter(({ type }) => type === 'connect').length;
  await until('another connection', () => greetings() === 2 && world.of(key).link.state === 'ready');
  world.fake(key).release();
  await world.idle(key);
  expect(world.text(key)).toBe('user: count 4 hold\nagent: word-1 word-2 word-3 word-4 ');
});

test('[gateway 9 1001] a run that ended while nobody listened ends here, and what was said is told where it is kept', async () => {
  await using world = await GatewayWorld.open({ history: true });
  const key = await world.session();
  await world.prompt(key, 'one');
  await world.idle(key);
  await world.prompt(key, 'count 3 hold');
  await world.says(key, 'word-1');
  const fake = world.fake(key);
  const states: string[] = [];
  world.store.onAppended(({ session }) => states.push(session.link.state));
  world.gateway.away = true;
  world.gateway.close(1001);
  fake.release();
  await until('the end of the run there', () => !fake.active);
  world.gateway.away = false;
  await world.idle(key);
  expect(world.of(key).turn).toMatchObject({ state: 'idle' });
  expect(states).toContain('reconnecting');
  expect(world.text(key).split('\n').slice(2)).toEqual([
    'user: count 3 hold',
    'agent: word-1 ',
    GAP,
    'agent: word-1 word-2 word-3 ',
    'notice: The connection was cut during this turn, and it ended meanwhile.',
  ]);
});

test('[gateway 4] a failed run, and a cancelled one', async () => {
  await using world = await GatewayWorld.open();
  const key = await world.session();
  await world.prompt(key, 'fail');
  await until('the failure', () => world.of(key).turn.state === 'idle');
  expect(world.of(key).turn).toMatchObject({ last: { reason: 'failed' } });
  await world.perform(key, { kind: 'queue/resume' }).catch(() => undefined);
  await world.prompt(key, 'count 3 hold');
  await world.says(key, 'word-1');
  await world.perform(key, { kind: 'cancel' });
  await world.idle(key);
  expect(world.of(key).turn).toMatchObject({ last: { reason: 'cancelled' } });
});

test('[gateway 9 4001] a close with 4001 alone is a refusal, and nothing is tried again by itself', async () => {
  await using world = await GatewayWorld.open();
  const key = await world.session();
  world.gateway.close(4001);
  await until('the refusal', () => world.backend.state === 'refused');
  expect(wantsSecret(world.backend.trouble, 'gateway')).toBe(true);
  expect(world.of(key).link).toMatchObject({ state: 'disconnected' });
  expect(world.of(key).link.detail).toContain('does not take the token');
  expect(world.gateway.said.filter(({ type }) => type === 'connect')).toHaveLength(1);
});

test('[gateway 9 4008] what overflowed is connected again, and what was said meanwhile is asked for', async () => {
  await using world = await GatewayWorld.open({ history: true });
  const key = await world.session();
  await world.prompt(key, 'one');
  await world.idle(key);
  const details: (string | undefined)[] = [];
  world.store.onAppended(({ session }) => details.push(session.link.detail));
  world.gateway.away = true;
  world.gateway.close(4008);
  await until('it is lost', () => world.of(key).link.state === 'reconnecting');
  expect(details[0]).toContain('more to say than was read in time');
  await world.fake(key).run('two');
  world.gateway.away = false;
  await until('it is back', () => world.of(key).link.state === 'ready');
  expect(world.text(key).split('\n')).toEqual([
    'user: one',
    'agent: You said: one',
    GAP,
    'user: two',
    'agent: You said: two',
  ]);
  await world.prompt(key, 'three');
  await world.idle(key);
  // That something is missing is told once.
  expect(world.text(key).split('\n').slice(5)).toEqual(['user: three', 'agent: You said: three']);
});

test('[gateway 9 1001] one that is started again without its sessions: what was said stays, and it goes on afresh', async () => {
  await using world = await GatewayWorld.open();
  const key = await world.session();
  await world.prompt(key, 'one');
  await world.idle(key);
  world.gateway.restart();
  await until('it is known', () => world.of(key).link.forgotten === true);
  expect(world.of(key).link.detail).toContain('does not have this session any more');
  await world.perform(key, { kind: 'session/afresh' });
  await world.prompt(key, 'two');
  await world.idle(key);
  expect(world.text(key)).toContain('agent: You said: two');
  expect(world.text(key)).toContain('goes on in a new session');
});

test('[gateway 9 tool confirmation] a second device answers, a late answer of ours changes nothing', async () => {
  await using world = await GatewayWorld.open();
  const key = await world.session();
  await world.prompt(key, 'tool ask');
  const question = await until('the question', () => world.of(key).questions[0]);
  const id = world.of(key).agentSession ?? '';
  await using second = await GatewayWorld.join(world.gateway);
  await second.backend.reach(never);
  await second.backend.request('tool-confirm', { sessionId: id, callId: question.id, confirmed: false }, never);
  await world.idle(key);
  expect(world.of(key).questions).toEqual([]);
  expect(world.of(key).settled).toEqual([{ id: question.id, by: { kind: 'person', device: 'elsewhere' } }]);
  const late = { kind: 'selected', option: 'always' } as const;
  await world.perform(key, { kind: 'question/answer', question: question.id, hash: question.hash, outcome: late });
  expect(world.of(key).settled).toHaveLength(1);
  expect(world.text(key)).toContain('tool: Write notes.txt failed');
});

test('[gateway 9 tool confirmation] what we answer was answered here, though its event comes before the answer', async () => {
  await using world = await GatewayWorld.open();
  const key = await world.session();
  await world.prompt(key, 'tool ask');
  await ask(world, key, 'once');
  await world.idle(key);
  expect(world.of(key).settled).toMatchObject([{ by: { kind: 'person', device: 'editor' } }]);
});

test('[gateway 9 reconnect] a question that was answered during a cut is one no more, and what is missing is told', async () => {
  await using world = await GatewayWorld.open();
  const key = await world.session();
  await world.prompt(key, 'tool ask count 3 hold');
  await until('the question', () => world.of(key).questions[0]);
  world.gateway.away = true;
  world.gateway.cut();
  await until('it is lost', () => world.of(key).link.state === 'reconnecting');
  for (const call of world.fake(key).waiting) world.fake(key).confirm(call, { confirmed: true });
  world.gateway.away = false;
  await until('it is back', () => world.of(key).link.state === 'ready');
  world.fake(key).release();
  await world.idle(key);
  expect(world.of(key).questions).toEqual([]);
  expect(world.text(key)).toContain(GAP);
});

test('[gateway 9 reconnect] a session that goes wrong goes wrong alone', async () => {
  await using world = await GatewayWorld.open();
  const [one, other] = [await world.session(), await world.session()];
  world.gateway.denied.add(world.of(one).agentSession ?? '');
  world.gateway.cut();
  await until('the one is not back', () => world.of(one).link.state === 'failed');
  await until('the other one is', () => world.of(other).link.state === 'ready');
  await world.prompt(other, 'hello');
  await world.idle(other);
  expect(world.text(other)).toContain('You said: hello');
});

test('[gateway 9 pong] the latency is known, and the sessions are listed again', async () => {
  await using world = await GatewayWorld.open({}, { hurry: 1000 });
  await world.backend.reach(never);
  world.gateway.session('coder:new');
  await until('a pong', () => world.backend.latency !== undefined);
  await until('the session', () => world.backend.sessions.some(({ id }) => id === 'coder:new'));
});

test('[gateway 9 pong] one that never answers a ping is connected again', async () => {
  await using world = await GatewayWorld.open({ mute: true }, { hurry: 1000 });
  await world.backend.reach(never);
  await until('another greeting', () => world.gateway.said.filter(({ type }) => type === 'connect').length > 1);
});

test('[I4] a window that is opened again goes on where it was: what it knows is kept here, and what it missed is told', async () => {
  await using world = await GatewayWorld.open();
  const key = await world.session();
  await world.prompt(key, 'tool ask count 4 hold');
  await until('the question', () => world.of(key).questions[0]);
  const before = world.of(key);
  await using again = await GatewayWorld.join(world.gateway);
  const id = before.agentSession ?? '';
  again.store.open({ key, backend: 'gate', agentLabel: 'Chat', title: '', cwd: '/', owns: before.owns });
  const opened = { kind: 'session/opened', agentSession: id, agent: again.backend.factsOf(id), options: [] } as const;
  const said = { kind: 'notice', severity: 'info', title: 'as it was read from disk' } as const;
  const asked = before.questions.map((question) => ({ event: { kind: 'question/asked', question } as const }));
  again.store.append(key, [{ event: opened }, { event: said }, ...asked], before.cursor);
  await again.router.resume(key, never);
  // Somebody else's run, as far as this window can know, and the question is still one.
  expect(again.of(key).turn.state).toBe('running');
  expect(again.of(key).questions).toHaveLength(1);
  await ask(again, key, 'once');
  await again.says(key, 'word-1');
  again.fake(key).release();
  await again.idle(key);
  expect(again.text(key)).toContain('agent: word-1 word-2 word-3 word-4');
  expect(again.text(key)).not.toContain(GAP);
});
