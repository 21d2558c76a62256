import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import type { SessionKey } from '../../src/model/session.ts';
import { until } from '../tools/until.ts';
import { never } from './farWorld.ts';
import { RelayWorld } from './relayWorld.ts';

/** Every server that a client has to get on with. */
const SERVERS = [
  ['26.0.0', {}],
  ['24.3.0', { old: true }],
  ['with the names of §9', { modern: true }],
] as const;

describe.each(SERVERS)('a relay, %s', (_name, options) => {
  test('[relay 3] a session is listed, read from its start, and prompted', async () => {
    await using world = await RelayWorld.open(options);
    world.relay.first.say('Before anybody came. ');
    const key = await world.attach(world.relay.first);
    expect(world.text(key)).toContain('Before anybody came.');
    expect(world.of(key).owns).toEqual({ history: 'them', queue: 'them', questions: 'them', control: 'them' });
    await world.prompt(key, 'count 3');
    await world.idle(key);
    expect(world.text(key)).toContain('count 3|word 1 word 2 word 3 ');
    expect(world.of(key).turn).toMatchObject({ last: { reason: 'end_turn' } });
  });

  test('[relay 3] cut in the middle of a turn, it goes on behind its last number', async () => {
    await using world = await RelayWorld.open(options);
    const key = await world.attach(world.relay.first);
    await world.prompt(key, 'hold');
    await world.says(key, 'It begins.');
    world.proxy.down = true;
    world.proxy.cut();
    await until('the link to say it', () => world.of(key).link.state === 'reconnecting');
    for (let at = 1; at <= 12; at += 1) world.relay.first.say(`missed ${at} `);
    world.relay.hold();
    world.proxy.down = false;
    world.backend.retry();
    await until('the words', () => world.of(key).link.behind === 12);
    expect(world.of(key).link.state).toBe('reconnecting');
    const { headSeq } = world.relay.first;
    world.relay.goOn();
    await until('the session to be back', () => world.of(key).link.state === 'ready');
    expect(world.of(key).link.replayed).toBe(headSeq);
    expect(world.text(key)).toMatch(/It begins\. missed 1 .*missed 12 $/u);
    expect(world.of(key).turn.state).toBe('running');
    world.relay.first.release();
    await world.idle(key);
    expect(world.text(key)).toMatch(/missed 12 It ends\.$/u);
    expect(world.text(key).match(/It begins/gu)).toHaveLength(1);
  });

  test('[relay 3] what the ring no longer has: the session is told anew', async () => {
    await using world = await RelayWorld.open(options);
    const key = await world.attach(world.relay.first);
    world.relay.first.say('The beginning. ');
    await world.says(key, 'The beginning.');
    world.proxy.down = true;
    world.proxy.cut();
    await until('the link to say it', () => world.of(key).link.state === 'reconnecting');
    for (let at = 1; at <= 4; at += 1) world.relay.first.say(`word ${at} `);
    world.relay.first.forget(world.relay.first.headSeq - 2);
    world.proxy.down = false;
    world.backend.retry();
    await world.says(key, 'word 4');
    expect(world.text(key)).toBe('word 3 word 4 ');
  });

  test('[relay 3] a hole is asked for once more, and told where it stays', async () => {
    await using world = await RelayWorld.open(options);
    const { first } = world.relay;
    const key = await world.attach(first);
    const before = world.relay.queries.length;
    first.say('one ');
    await world.says(key, 'one');
    first.deaf = true;
    first.say('two ');
    first.deaf = false;
    first.say('three ');
    await world.says(key, 'three');
    expect(world.text(key)).toBe('one two three ');
    expect(world.relay.queries.length).toBe(before + 1);
    first.deaf = true;
    first.say('lost ');
    first.lose(first.headSeq);
    first.deaf = false;
    first.say('five ');
    await world.says(key, 'five');
    expect(world.text(key)).toMatch(/one two three \|\(.+\)\|five $/u);
  });

  test('[relay 4] a question is answered, once for all who look', async () => {
    await using world = await RelayWorld.open(options);
    const key = await world.attach(world.relay.first);
    await world.prompt(key, 'ask Remove the file');
    const question = await until('the question', () => world.of(key).questions[0]);
    expect(question).toMatchObject({
      kind: 'permission',
      title: 'Remove the file',
      options: [{ id: 'yes' }, { id: 'no' }],
    });
    // The same one again, after a cut.
    await world.cut(key);
    expect(world.of(key).questions.map(({ id }) => id)).toEqual([question.id]);
    const { hash, id } = question;
    const outcome = { kind: 'selected', option: 'yes' } as const;
    await world.perform(key, { kind: 'question/answer', question: id, hash, outcome });
    await world.says(key, 'You chose yes.');
    expect(world.of(key).questions).toEqual([]);
    expect(world.of(key).settled).toMatchObject([{ by: { kind: 'person', device: 'editor' } }]);
    await world.idle(key);
  });

  test('[relay 3] a question that was settled while nobody was connected is no card', async () => {
    await using world = await RelayWorld.open(options);
    const { first } = world.relay;
    const key = await world.attach(first);
    await world.prompt(key, 'ask Remove the file');
    await until('the question', () => world.of(key).questions[0]);
    world.proxy.down = true;
    world.proxy.cut();
    await until('the link to say it', () => world.of(key).link.state === 'reconnecting');
    const [name, { answered }] = [...first.open][0] ?? ['', { answered: (): void => undefined }];
    answered('no');
    first.settled(name, { outcome: 'selected', optionId: 'no' }, 'phone');
    world.proxy.down = false;
    world.backend.retry();
    await world.says(key, 'You chose no.');
    await world.idle(key);
    await until('no question', () => world.of(key).questions.length === 0);
  });

  test('[relay 3] cut again and again over a slow line: every word once, in its order, and no prompt twice', async () => {
    await using world = await RelayWorld.open(options);
    const { first } = world.relay;
    const key = await world.attach(first);
    await world.prompt(key, 'hold');
    await world.says(key, 'It begins.');
    world.proxy.faults = { slice: 60, delay: 1 };
    let expected = '';
    for (let round = 0; round < 12; round += 1) {
      for (let at = 0; at < 10; at += 1) {
        first.say(`${round}.${at} `);
        expected += `${round}.${at} `;
      }
      // In the middle of what is on its way.
      await until('a word of it', () => world.text(key).includes(`${round}.0 `));
      world.proxy.cut();
    }
    world.proxy.faults = {};
    first.release();
    await world.idle(key);
    expect(world.text(key)).toBe(`hold|It begins. ${expected}It ends.`);
    expect(world.relay.said.filter(({ method }) => method === 'session/prompt')).toHaveLength(1);
  });

  test('[relay 2] ids of others are theirs, whatever they look like', async () => {
    await using world = await RelayWorld.open(options);
    const { first } = world.relay;
    const key = await world.attach(first);
    await world.prompt(key, 'hold');
    await world.says(key, 'It begins.');
    for (const id of [1, '1', 'phone:1', null]) first.frame({ id, result: { stopReason: 'end_turn' } });
    first.frame({ id: 7, error: { code: -32010, message: 'not the controller' } });
    first.say('Still here. ');
    await world.says(key, 'Still here.');
    expect(world.of(key).turn.state).toBe('running');
    first.release();
    await world.idle(key);
  });

  test('[relay 8] a welcome in the middle of a connection', async () => {
    await using world = await RelayWorld.open(options);
    const { first } = world.relay;
    const key = await world.attach(first);
    first.say('one ');
    await world.says(key, 'one');
    const known = first.headSeq;
    first.deaf = true;
    first.say('two ');
    first.deaf = false;
    world.relay.welcomeAgain((session) => (session === first ? known : session.headSeq));
    await world.says(key, 'two');
    await until('the session to be ready', () => world.of(key).link.state === 'ready');
    first.say('three ');
    await world.says(key, 'three');
    expect(world.text(key)).toBe('one two three ');
  });

  test('[relay 2] the token goes in the header, and a wrong one is told as that', async () => {
    await using world = await RelayWorld.open(options, 'wrong');
    await expect(world.backend.reach(never)).rejects.toMatchObject({ code: 'refused' });
    expect(world.backend.state).toBe('refused');
    expect(world.backend.trouble?.next).toContain('pair');
  });
});

/** Follows a session whose host is restarted behind a cut: the same session, of which the new host knows thirty words. */
const outlived = async (world: RelayWorld): Promise<SessionKey> => {
  const key = await world.attach(world.relay.first);
  world.relay.first.say('An old life. ');
  await world.says(key, 'An old life.');
  world.proxy.down = true;
  world.relay.restart();
  const fresh = world.relay.session(world.relay.first.id);
  for (let at = 0; at < 30; at += 1) fresh.say(`new ${at} `);
  world.proxy.down = false;
  await world.says(key, 'new 29');
  return key;
};

describe('a relay with several sessions', () => {
  test('[relay 6.3] a session that is gone is not taken for the default one', async () => {
    await using world = await RelayWorld.open();
    world.relay.first.say('I am the default. ');
    await world.backend.reach(never);
    const key = await world.backend.open({}, never);
    const other = await world.backend.open({}, never);
    expect(other).not.toBe(key);
    world.relay.sessions.delete('session-2');
    world.proxy.cut();
    await until('it to leave the list', () => !world.backend.has(other));
    expect(world.store.get(other)).toBeUndefined();
  });

  test('[relay 6.7] a session/new that nobody answers fails, and the list tells what there is', async () => {
    await using world = await RelayWorld.open({ modern: true, loseNew: true });
    await world.backend.reach(never);
    await world.backend.open({}, never);
    const stop = new AbortController();
    const lost = world.backend.open({}, stop.signal);
    await until('it to be asked', () => world.relay.said.filter(({ method }) => method === 'session/new').length === 2);
    stop.abort(new Error('enough'));
    await expect(lost).rejects.toThrow('enough');
    expect(world.backend.all()).toHaveLength(2);
  });

  test('[relay 8] prompts run in two sessions at once', async () => {
    await using world = await RelayWorld.open({ modern: true });
    const [one, two] = [await world.attach(world.relay.first), await world.backend.open({}, never)];
    await Promise.all([world.prompt(one, 'hold'), world.prompt(two, 'hold')]);
    await Promise.all([world.says(one, 'It begins.'), world.says(two, 'It begins.')]);
    for (const session of world.relay.sessions.values()) session.release();
    await Promise.all([world.idle(one), world.idle(two)]);
    const clients = new Set(world.relay.queries.map((query) => query.get('client_id')?.split('/')[0]));
    expect(clients.size).toBe(1);
  });

  test('[relay 9] a second prompt waits there, and can be taken back', async () => {
    await using world = await RelayWorld.open({ modern: true });
    const key = await world.attach(world.relay.first);
    await world.prompt(key, 'hold');
    await world.prompt(key, 'second');
    const queued = await until('the queue', () => world.of(key).queue[0]);
    expect(queued.prompt).toEqual([{ type: 'text', text: 'second' }]);
    await world.perform(key, { kind: 'queue/remove', id: queued.id });
    await until('an empty queue', () => world.of(key).queue.length === 0);
    world.relay.first.release();
    await world.idle(key);
    expect(world.text(key)).not.toContain('second');
  });

  test('[relay 8] another host under the same address: what was known is void', async () => {
    await using world = await RelayWorld.open({ modern: true });
    const key = await outlived(world);
    expect(world.text(key)).not.toContain('An old life.');
    expect(world.text(key)).toMatch(/^new 0 /u);
  });

  test('[relay 8] a host that passes over host_id: attached again from the start', async () => {
    await using world = await RelayWorld.open({ modern: true, ignoreHost: true });
    const key = await outlived(world);
    expect(world.text(key)).toMatch(/^new 0 /u);
  });

  test('[relay 9] a revoked device is told, and tries no more by itself', async () => {
    await using world = await RelayWorld.open({ modern: true });
    const key = await world.attach(world.relay.first);
    world.relay.close(4001);
    await until('the state', () => world.backend.state === 'refused');
    await until('the session', () => world.of(key).link.state === 'disconnected');
    expect(world.of(key).link.detail).toContain('revoked');
  });
});

describe.each([
  ['26.0.0', { lease: true }],
  ['with the names of §9', { lease: true, modern: true }],
] as const)('the wheel of a relay, %s', (_name, options) => {
  test('[relay 4] claimed by the first that drives, taken by another, taken back', async () => {
    await using world = await RelayWorld.open(options);
    const key = await world.attach(world.relay.first);
    expect(world.of(key).control).toEqual({ epoch: 0, lease: true });
    await world.prompt(key, 'count 1');
    await world.idle(key);
    await until('the wheel', () => world.of(key).control.driver === 'editor');
    world.relay.take('phone');
    await until('the other', () => world.of(key).control.driver === 'phone');
    await expect(world.prompt(key, 'count 1')).rejects.toMatchObject({ code: 'wheel' });
    await world.perform(key, { kind: 'control/take' });
    await until('the wheel', () => world.of(key).control.driver === 'editor');
    expect(world.of(key).control.epoch).toBe(2);
    await world.prompt(key, 'count 2');
    await world.says(key, 'word 2');
  });

  test('[relay 6.8] an answer that is refused leaves the question open', async () => {
    await using world = await RelayWorld.open(options);
    const { first } = world.relay;
    const key = await world.attach(first);
    await world.prompt(key, 'ask Remove the file');
    const question = await until('the question', () => world.of(key).questions[0]);
    world.relay.take('phone');
    const { id, hash } = question;
    const answer = {
      kind: 'question/answer',
      question: id,
      hash,
      outcome: { kind: 'selected', option: 'yes' },
    } as const;
    await expect(world.perform(key, answer)).rejects.toMatchObject({ next: 'Take the wheel first.' });
    expect(world.of(key).questions.map((open) => open.id)).toEqual([id]);
    await world.perform(key, { kind: 'control/take' });
    await world.perform(key, answer);
    await world.says(key, 'You chose yes.');
  });
});

describe.each([
  ['as the source describes it', {}],
  ['that takes terminals from whoever comes back fast (§6, 2)', { forgetTerminals: true }],
] as const)('terminals of a relay %s', (_name, options) => {
  test('[relay 8] output before the answer is not lost, and a scrollback that is said again is taken once', async () => {
    await using world = await RelayWorld.open(options);
    const key = await world.attach(world.relay.first);
    const terminal = await world.backend.terminal({ columns: 80, rows: 24 }, never);
    let text = '';
    terminal.onData((data) => (text += data));
    expect(text).toBe('welcome\r\n');
    terminal.write('one ');
    await until('the echo', () => text.endsWith('one '));
    await world.cut(key);
    await world.backend.reach(never);
    terminal.write('two ');
    await until('the echo', () => text.endsWith('two '));
    expect(text).toBe('welcome\r\none two ');
    terminal.kill();
    expect(await terminal.exited).toEqual({ code: null, signal: null });
  });
});

describe('a relay that drops a terminal that it has just opened', () => {
  test('[relay 6.9] nothing comes of what is typed, and closing it ends it', async () => {
    await using world = await RelayWorld.open({ dropTerminals: true });
    await world.backend.reach(never);
    const terminal = await world.backend.terminal({ columns: 80, rows: 24 }, never);
    terminal.write('lost');
    await terminal[Symbol.asyncDispose]();
    const closed = { method: '_chances/unstable/terminal_close', params: { terminalId: 'term_1' } };
    await until('the close', () => expect(world.relay.said.at(-1)).toMatchObject(closed) ?? true);
  });
});

describe('the fake as a program', () => {
  test('[relay] it says where it listens, and does as it is told', async () => {
    const program = spawn(process.execPath, ['test/fakes/relay.ts', '--modern'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = new Promise<number | null>((resolve) => program.once('exit', resolve));
    const lines = createInterface(program.stdout)[Symbol.asyncIterator]();
    const { value } = await lines.next();
    expect(JSON.parse(String(value))).toEqual({ relay: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/acp$/u) });
    program.stdin.end();
    expect(await ended).toBe(0);
  });
});
