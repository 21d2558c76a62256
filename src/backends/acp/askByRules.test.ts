import { describe, expect, test } from 'vitest';
import { Failure } from '../../base/failure.ts';
import type { SessionEvent } from '../../model/event.ts';
import type { Question, RememberOffer } from '../../model/question.ts';
import type { Decision, Rule } from '../../model/rule.ts';
import type { Place } from '../../router/ports.ts';
import {
  keyOf,
  never,
  openWorld,
  permission,
  probe,
  text,
  update,
  type Message,
  type ScriptedWorld,
} from './testing.ts';

const rule = (decision: Decision, tool: string, match?: Rule['match']): Rule => ({
  id: `${decision} ${tool}`,
  scope: 'machine',
  tool,
  decision,
  ...(match === undefined ? {} : { match }),
});
const run = (command: unknown, more: object = {}): object => ({
  toolCallId: 't1',
  title: 'Run it',
  kind: 'execute',
  rawInput: { command, ...more },
});
const edit = (path: string, more: object = {}): object => ({
  toolCallId: 't1',
  title: 'Edit it',
  kind: 'edit',
  locations: [{ path }],
  ...more,
});
const withOptions = (message: Message, ...kinds: readonly string[]): Message => ({
  ...message,
  params: { ...(message['params'] as object), options: kinds.map((kind) => ({ optionId: kind, name: kind, kind })) },
});
const events = (world: ScriptedWorld): readonly SessionEvent[] =>
  world.events(keyOf('k')).filter(({ kind }) => kind.startsWith('question/'));
const asked = (world: ScriptedWorld): readonly Question[] =>
  events(world).flatMap((event) => (event.kind === 'question/asked' ? [event.question] : []));
const ruled = async (rules: readonly Rule[], message: Message): Promise<unknown> => {
  const world = await openWorld();
  world.rules.push(...rules);
  await world.agent.say(message);
  await probe(world).catch(() => undefined);
  const settled = events(world).find(({ kind }) => kind === 'question/settled');
  return settled?.kind === 'question/settled' && settled.by.kind === 'rule'
    ? [settled.by.rule.id, settled.outcome.kind === 'selected' ? settled.outcome.option : settled.outcome.kind]
    : 'the person';
};
const offer = async (toolCall: object, ...kinds: readonly string[]): Promise<RememberOffer | undefined> => {
  const world = await openWorld();
  const message = permission('p', toolCall);
  await world.agent.say(kinds.length === 0 ? message : withOptions(message, ...kinds));
  await probe(world);
  return asked(world)[0]?.remember;
};

describe('a rule answers what an agent asks', () => {
  test('[S28] [demand 8] it is told as asked and settled by the rule, and the agent gets the answer for this once', async () => {
    const world = await openWorld();
    world.rules.push(rule('allow', 'execute', ['git', 'status']));
    await world.agent.say(permission('p', run('git status')));
    expect(await world.agent.next()).toMatchObject({
      id: 'p',
      result: { outcome: { outcome: 'selected', optionId: 'yes' } },
    });
    expect(events(world).map(({ kind }) => kind)).toEqual(['question/asked', 'question/settled']);
    expect(events(world)[1]).toMatchObject({ by: { kind: 'rule', rule: { id: 'allow execute' } } });
    // In one piece: no list and no toast may see it open in between.
    expect(
      world.batches.filter((batch) => batch.events.some(({ event }) => event.kind.startsWith('question/'))),
    ).toHaveLength(1);
  });

  test('[S28] deny is answered as a refusal, ask and silence are the person’s', async () => {
    const message = permission('p', edit('/ws/src/a.ts'));
    expect(await ruled([rule('deny', 'edit', 'src/**')], message)).toEqual(['deny edit', 'no']);
    expect(await ruled([rule('ask', 'edit', 'src/**'), rule('allow', '*')], message)).toBe('the person');
    expect(await ruled([rule('allow', 'edit', 'test/**')], message)).toBe('the person');
    expect(await ruled([rule('allow', 'edit', 'src/**')], message)).toEqual(['allow edit', 'yes']);
  });

  test('[acp 11] [acp 4.1.11] never by what the agent would remember itself; and with no such answer offered, by the person', async () => {
    const message = permission('p', edit('/ws/a'));
    const allow = [rule('allow', 'edit', '**')];
    const deny = [rule('deny', 'edit', '**')];
    expect(await ruled(allow, withOptions(message, 'allow_always', 'allow_once'))).toEqual([
      'allow edit',
      'allow_once',
    ]);
    expect(await ruled(allow, withOptions(message, 'allow_always', 'reject_once'))).toBe('the person');
    expect(await ruled(deny, withOptions(message, 'allow_once', 'reject_always'))).toEqual([
      'deny edit',
      'reject_always',
    ]);
    expect(await ruled(deny, withOptions(message, 'allow_once', 'reject_sometimes'))).toBe('the person');
  });

  test('[S26] [S20] nothing protected or outside is allowed, wherever the path stands', async () => {
    const allow = [rule('allow', '*'), rule('allow', 'edit', '**'), rule('allow', 'execute', ['ls'])];
    for (const call of [
      edit('/ws/.env'),
      edit('/etc/passwd'),
      edit('/ws/a', { content: [{ type: 'diff', path: '/ws/.env', oldText: null, newText: '' }] }),
      edit('/ws/a', { rawInput: { file_path: '/etc/passwd' } }),
      edit('/ws/a', { rawInput: { edits: [{ file_path: '~/.bashrc' }] } }),
      edit('/ws/a', { rawInput: { anything: 'file:///etc/passwd' } }),
      edit('/ws/a', { rawInput: { anything: '../../etc/passwd' } }),
      edit('/ws/a', { rawInput: { files: Array.from({ length: 100 }, (_, index) => `/ws/${index}`) } }),
      { toolCallId: 't1', title: 'Edit', kind: 'edit' },
      run('ls', { cwd: '/etc' }),
      run('ls', { env: { PATH: '.' } }),
      run('ls; rm x'),
      run('ls', { shell: 'evil' }),
      { toolCallId: 't1', title: 'Run', kind: 'other', rawInput: { command: 'rm' } },
    ])
      expect(await ruled(allow, permission('p', call)), JSON.stringify(call)).toBe('the person');
    expect(await ruled(allow, permission('p', run('ls', { cwd: '/ws/src', description: 'List it' })))).toEqual([
      'allow execute',
      'yes',
    ]);
    expect(await ruled([rule('allow', 'edit', '/etc/hosts')], permission('p', edit('/etc/hosts')))).toEqual([
      'allow edit',
      'yes',
    ]);
  });

  test('[S20] what leads nowhere, is not found out in time or is more than can be looked at is allowed by no rule', async () => {
    const allow = [rule('allow', '*'), rule('allow', 'edit')];
    const open = async (place: (path: string) => Promise<Place>) => {
      const world = await openWorld();
      world.rules.push(...allow);
      Object.assign(world.context.workspace, { place });
      return world;
    };
    const nowhere = await open((path) => Promise.reject(new Failure('invalid', `${path} is no path`)));
    await nowhere.agent.say(permission('p', edit('/ws/a')));
    await probe(nowhere);
    const late = await open(() => new Promise(() => undefined));
    await late.agent.say(permission('p', { toolCallId: 't1', kind: 'search', rawInput: { path: '/ws/a' } }));
    await probe(late);
    late.clock.advance(2_000);
    await probe(late);
    const many = await openWorld();
    many.rules.push(...allow);
    const paths = Array.from({ length: 65 }, (_, index) => `/ws/${index}`);
    await many.agent.say(permission('p', { toolCallId: 't1', kind: 'search', rawInput: { paths } }));
    await probe(many);
    for (const world of [nowhere, late, many])
      expect(events(world).map(({ kind }) => kind)).toEqual(['question/asked']);
  });

  test('[S26] a refusal holds for what is protected or outside, too', async () => {
    expect(await ruled([rule('deny', 'edit', '**/.ENV')], permission('p', edit('/ws/x/.env')))).toEqual([
      'deny edit',
      'no',
    ]);
    expect(await ruled([rule('deny', 'edit', '/etc/**')], permission('p', edit('/etc/passwd')))).toEqual([
      'deny edit',
      'no',
    ]);
  });

  test('[S27] what changes while it is looked into is the person’s to judge, and cannot be allowed', async () => {
    const world = await openWorld();
    world.rules.push(rule('allow', 'execute', ['git', 'status']));
    await world.agent.say(
      permission('p', run('git status')),
      update({ sessionUpdate: 'tool_call_update', toolCallId: 't1', rawInput: { command: 'rm -rf .' } }),
    );
    await probe(world);
    expect(events(world).map(({ kind }) => kind)).toEqual(['question/asked', 'question/changed']);
  });

  test('[acp 9] [acp 4.1.11] a cancel while it is looked into is answered as cancelled, and nothing is asked', async () => {
    const world = await openWorld();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const { place } = world.context.workspace;
    Object.assign(world.context.workspace, {
      place: (path: string) => promise.then(() => place(path, never)),
    });
    await world.backend.perform(world.key, { kind: 'prompt', turn: 'turn', prompt: text('hi') }, never);
    await world.agent.next('session/prompt');
    await world.agent.say(permission('p', edit('/ws/a')));
    await probe(world);
    await world.backend.perform(world.key, { kind: 'cancel' }, never);
    await world.agent.next('session/cancel');
    resolve(undefined);
    expect(await world.agent.next()).toMatchObject({ id: 'p', result: { outcome: { outcome: 'cancelled' } } });
    expect(events(world)).toEqual([]);
  });

  test('[I5] what the agent says meanwhile comes after the question; a disk that does not answer keeps it back for two seconds', async () => {
    const world = await openWorld();
    Object.assign(world.context.workspace, { place: () => new Promise(() => undefined) });
    const before = world.events(world.key).length;
    await world.agent.say(permission('p', edit('/ws/a')), update({ sessionUpdate: 'plan', entries: [] }));
    await probe(world);
    const after = (): readonly string[] =>
      world
        .events(world.key)
        .map(({ kind }) => kind)
        .slice(before);
    expect(after()).toEqual([]);
    world.clock.advance(2_000);
    await probe(world);
    expect(after()).toEqual(['question/asked', 'update']);
  });
});

describe('what an answer may be kept as', () => {
  test('[demand 8] a command as its arguments; a file as itself, its folder or everything; nothing where that is not known', async () => {
    expect(await offer(run('npm test'))).toEqual({
      tool: 'execute',
      matches: [['npm', 'test']],
      allow: true,
      refuse: true,
    });
    expect(await offer(run(['npm', 'run', 'a b']))).toMatchObject({ matches: [['npm', 'run', 'a b']] });
    expect(await offer(edit('/ws/src/[a].ts'))).toMatchObject({
      tool: 'edit',
      matches: ['src/[[]a].ts', 'src/**', '**'],
    });
    expect(await offer(edit('/ws/a', { locations: [{ path: '/ws/src/a' }, { path: '/ws/src/b/c' }] }))).toMatchObject({
      matches: ['src/**', '**'],
    });
    expect(await offer(edit('/etc/hosts'))).toMatchObject({ matches: ['/etc/hosts'] });
    for (const call of [
      run('npm test && npm run build'),
      run('npm test', { cwd: '/etc' }),
      edit('/ws/.env'),
      { toolCallId: 't', kind: 'fetch' },
    ])
      expect(await offer(call), JSON.stringify(call)).toBeUndefined();
  });

  test('[acp 11] [acp 4.1.11] never what the agent itself offers to keep', async () => {
    const call = edit('/ws/a');
    expect(await offer(call, 'allow_once', 'allow_always', 'reject_once')).toMatchObject({
      allow: false,
      refuse: true,
    });
    expect(await offer(call, 'allow_once', 'reject_once', 'reject_always')).toMatchObject({
      allow: true,
      refuse: false,
    });
    expect(await offer(call, 'allow_once', 'allow_always', 'reject_once', 'reject_always')).toBeUndefined();
  });
});

describe('a call that is changed after asking', () => {
  const shown = {
    toolCallId: 't1',
    title: 'Edit settings',
    kind: 'edit',
    content: [{ type: 'diff', path: '/ws/a', oldText: null, newText: 'harmless' }],
    locations: [{ path: '/ws/a' }],
    rawInput: { file_path: '/ws/a', content: 'harmless' },
  };
  const changes: Readonly<Record<string, unknown>> = {
    title: 'Edit other settings',
    kind: 'execute',
    content: [{ type: 'diff', path: '/ws/a', oldText: null, newText: 'evil' }],
    locations: [{ path: '/ws/b' }],
    rawInput: { file_path: '/ws/a', content: 'evil' },
  };

  test('[S27] [CVE-2025-54136] whichever field it changes, the old answer allows nothing; a refusal counts', async () => {
    for (const [field, value] of Object.entries(changes)) {
      const world = await openWorld();
      await world.agent.say(permission('p', shown));
      await probe(world);
      await world.agent.say(update({ sessionUpdate: 'tool_call_update', toolCallId: 't1', [field]: value }));
      await probe(world);
      expect(
        events(world).map(({ kind }) => kind),
        field,
      ).toEqual(['question/asked', 'question/changed']);
      const [question] = asked(world);
      const answer = (option: string) =>
        ({
          kind: 'question/answer',
          question: question?.id ?? '',
          hash: question?.hash ?? '',
          outcome: { kind: 'selected', option },
        }) as const;
      await expect(world.backend.perform(world.key, answer('yes'), never), field).rejects.toMatchObject({
        code: 'changed',
      });
      await world.backend.perform(world.key, answer('no'), never);
      expect(await world.agent.next()).toMatchObject({ result: { outcome: { optionId: 'no' } } });
    }
  });

  test('[S27] what it only repeats changes nothing: what was shown, and what it had said before and the question left out', async () => {
    const world = await openWorld();
    const before = { ...shown, title: 'edit', rawInput: { mode: 'w' } };
    await world.agent.say(update({ sessionUpdate: 'tool_call', ...before }), permission('p', shown));
    await probe(world);
    await world.agent.say(
      update({ sessionUpdate: 'tool_call_update', ...before, status: 'in_progress', rawOutput: { a: 1 } }),
      update({ sessionUpdate: 'tool_call_update', ...shown, content: null }),
      update({ sessionUpdate: 'tool_call_update', toolCallId: 't1', rawInput: { mode: 'w', ...shown.rawInput } }),
      update({ sessionUpdate: 'tool_call_update', toolCallId: 't2', title: 'another call' }),
    );
    await probe(world);
    expect(events(world).map(({ kind }) => kind)).toEqual(['question/asked']);
    // Nor does what is said when it has been answered.
    const { id = '', hash = '' } = asked(world)[0] ?? {};
    const outcome = { kind: 'selected', option: 'no' } as const;
    await world.backend.perform(world.key, { kind: 'question/answer', question: id, hash, outcome }, never);
    await world.agent.next();
    await world.agent.say(update({ sessionUpdate: 'tool_call_update', toolCallId: 't1', title: 'Another' }));
    await probe(world);
    expect(events(world).map(({ kind }) => kind)).toEqual(['question/asked']);
  });

  test('[S27] what the question showed cannot be turned back to what had been said before it', async () => {
    const world = await openWorld();
    const before = { ...shown, rawInput: { ...shown.rawInput, content: 'evil' } };
    await world.agent.say(update({ sessionUpdate: 'tool_call', ...before }), permission('p', shown));
    await probe(world);
    await world.agent.say(update({ sessionUpdate: 'tool_call_update', toolCallId: 't1', rawInput: before.rawInput }));
    await probe(world);
    expect(events(world).map(({ kind }) => kind)).toEqual(['question/asked', 'question/changed']);
  });

  test('[acp 10 opencode] a folder that was told before the question counts for the rule', async () => {
    const world = await openWorld();
    world.rules.push(rule('allow', 'execute', ['ls']));
    const call = {
      sessionUpdate: 'tool_call',
      toolCallId: 't1',
      title: 'bash',
      kind: 'execute',
      rawInput: { cwd: '/etc' },
    };
    await world.agent.say(update(call), permission('p', run('ls')));
    await probe(world);
    expect(events(world).map(({ kind }) => kind)).toEqual(['question/asked']);
  });
});

test('[S32] of 100 000 permissions asked at once 32 wait, and each of the others is told so as -32000', async () => {
  const world = await openWorld();
  const [batch, batches] = [500, 200];
  const codes = new Map<unknown, number>();
  for (let sent = 0; sent < batches; sent += 1) {
    await world.agent.say(
      ...Array.from({ length: batch }, (_, index) => permission(sent * batch + index, edit('/ws/a'))),
    );
    for (let heard = sent === 0 ? 32 : 0; heard < batch; heard += 1) {
      const { error } = await world.agent.next();
      const code = (error as { code: number }).code;
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  }
  expect(codes).toEqual(new Map([[-32000, batch * batches - 32]]));
  expect(asked(world)).toHaveLength(32);
});
