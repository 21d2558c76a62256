import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SessionEvent } from '../../model/event.ts';
import type { Question } from '../../model/question.ts';
import type { Rule, RuleScope } from '../../model/rule.ts';
import type { Place } from '../../router/ports.ts';
import { openWorld, permission, probe } from './testing.ts';

type World = Awaited<ReturnType<typeof openWorld>>;

const [HOME, OTHER] = ['/ws/project', '/ws/other'];

/** A window with two folders, and a session in the first of them. */
const open = async (): Promise<World> => {
  const world = await openWorld();
  const place = (text: string): Promise<Place> => {
    const path = posix.normalize(text);
    const root = [HOME, OTHER].find((each) => path === each || path.startsWith(`${each}/`));
    const about = { path, real: path, kind: 'folder' } as const;
    return Promise.resolve(
      root === undefined
        ? { ...about, inside: false }
        : { ...about, inside: true, root, relative: path.slice(root.length + 1) },
    );
  };
  Object.assign(world.context.workspace, { place, roots: () => [HOME, OTHER] });
  return world;
};

const about = (world: World): readonly SessionEvent[] =>
  world.events(world.key).filter(({ kind }) => kind.startsWith('question/'));
const asked = (world: World): Question | undefined =>
  about(world).flatMap((event) => (event.kind === 'question/asked' ? [event.question] : []))[0];

/** Who answers what an agent asks: the rule, or the person. */
const answeredBy = async (rule: Rule, rawInput: object): Promise<'rule' | 'person'> => {
  const world = await open();
  world.rules.push(rule);
  await world.agent.say(permission('p', { toolCallId: 't', title: 'Run', kind: 'execute', rawInput }));
  await probe(world).catch(() => undefined);
  return about(world).some((event) => event.kind === 'question/settled' && event.by.kind === 'rule')
    ? 'rule'
    : 'person';
};

const remembered = (scope: RuleScope): Rule => ({
  id: 'r',
  scope,
  tool: 'execute',
  match: ['make', 'all'],
  decision: 'allow',
});

/** Each of them makes another program of the same words, or has it do something else. */
const VARIABLES = [
  'PATH',
  'LD_PRELOAD',
  'LD_LIBRARY_PATH',
  'DYLD_INSERT_LIBRARIES',
  'NODE_OPTIONS',
  'PYTHONPATH',
  'PYTHONSTARTUP',
  'PERL5OPT',
  'RUBYOPT',
  'JAVA_TOOL_OPTIONS',
  'BASH_ENV',
  'ENV',
  'IFS',
  'SHELL',
  'MAKEFLAGS',
  'GIT_SSH_COMMAND',
  'GIT_CONFIG_COUNT',
  'GIT_EXTERNAL_DIFF',
  'PAGER',
  'EDITOR',
  'HOME',
  'npm_config_script_shell',
  'HARMLESS',
] as const;

const SCOPES = ['session', 'folder', 'machine'] as const;

describe.each(SCOPES)('a command that was allowed for good, in the scope %s', (scope) => {
  const who = (rawInput: object) => answeredBy(remembered(scope), rawInput);

  test('[S27] [CVE-2025-54136] holds for the same command in the same folder or below it, however it is told', async () => {
    for (const same of [
      { command: 'make all' },
      { command: "make 'all'" },
      { command: ['make', 'all'] },
      { command: 'make', args: ['all'] },
      { command: 'make all', cwd: HOME },
      { command: 'make all', cwd: `${HOME}/deep` },
      { command: 'make all', workdir: 'deep' },
    ])
      expect(await who(same), JSON.stringify(same)).toBe('rule');
  });

  test('[S27] [CVE-2025-54136] not with another word, in whatever way it comes', async () => {
    for (const other of [
      { command: 'make' },
      { command: 'make all ' + 'x' },
      { command: 'make ALL' },
      { command: './make all' },
      { command: '/ws/project/make all' },
      { command: 'make all; x' },
      { command: 'make all # x' },
      { command: 'make $X' },
      { command: ['make', 'all', ''] },
      { command: ['make all'] },
      { command: 'make', args: ['all', 'x'] },
      { command: 'make', args: [] },
      { command: 'make all', args: [] },
      { command: 'make all', shell: '/bin/evil' },
      { command: 'make all', stdin: 'x' },
    ])
      expect(await who(other), JSON.stringify(other)).toBe('person');
  });

  test('[S27] [CVE-2025-54136] not with any variable, as a field or before the command', async () => {
    for (const name of VARIABLES)
      for (const with_ of [
        { command: 'make all', env: { [name]: 'x' } },
        { command: 'make all', env: [{ name, value: 'x' }] },
        { command: ['make', 'all'], environment: { [name]: 'x' } },
        { command: `${name}=x make all` },
        { command: `env ${name}=x make all` },
      ])
        expect(await who(with_), JSON.stringify(with_)).toBe('person');
  });

  test('[S27] [CVE-2025-54136] not outside of the workspace; in another folder of it only where it is a rule of the machine', async () => {
    for (const cwd of ['/etc', '/ws', '~', `${HOME}-evil`, `${HOME}/../../etc`])
      expect(await who({ command: 'make all', cwd }), cwd).toBe('person');
    for (const cwd of [OTHER, `${OTHER}/deep`])
      for (const field of ['cwd', 'workdir'])
        expect(await who({ command: 'make all', [field]: cwd }), cwd).toBe(scope === 'machine' ? 'rule' : 'person');
  });
});

test('[S27] what would not hold for the very command it was made of is not offered to be kept', async () => {
  for (const [cwd, offered] of [
    [HOME, [['make', 'all']]],
    [OTHER, undefined],
    ['/etc', undefined],
  ] as const) {
    const world = await open();
    const rawInput = { command: 'make all', cwd };
    await world.agent.say(permission('p', { toolCallId: 't', title: 'Run', kind: 'execute', rawInput }));
    await probe(world);
    expect(asked(world)?.remember?.matches, cwd).toEqual(offered);
  }
});

test('[S27] with variables of the agent’s a terminal’s command is none that a rule could name: one that is refused is asked for', async () => {
  for (const decision of ['allow', 'deny', 'ask'] as const) {
    for (const name of VARIABLES) {
      const world = await open();
      world.rules.push({ ...remembered('machine'), decision });
      const params = { sessionId: 's', command: 'make', args: ['all'], cwd: HOME, env: [{ name, value: 'x' }] };
      await world.agent.say({ id: 'c', method: 'terminal/create', params });
      if (decision === 'allow') expect(await world.agent.next()).toMatchObject({ id: 'c', result: {} });
      await probe(world);
      // What needs no answer runs as it would without any rule.
      expect(
        about(world).map(({ kind }) => kind),
        name,
      ).toEqual(decision === 'allow' ? [] : ['question/asked']);
      expect(world.terminals.length, name).toBe(decision === 'allow' ? 1 : 0);
      if (decision === 'allow') continue;
      expect(asked(world)).toMatchObject({
        guard: { kind: 'rule' },
        tool: { rawInput: { command: `${name}=x make all`, cwd: HOME } },
      });
      expect(asked(world)?.remember).toBeUndefined();
    }
  }
});
