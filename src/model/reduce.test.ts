import { describe, expect, test } from 'vitest';
import { blank, entriesOf, fold, says, update } from '../../test/tools/sessions.ts';
import type { SessionEvent } from './event.ts';
import type { Session } from './session.ts';

const started = (turn: string, text = 'hello'): SessionEvent => ({
  kind: 'turn/started',
  turn,
  prompt: [{ type: 'text', text }],
  device: 'editor',
});
const ended = (turn: string, reason = 'end_turn'): SessionEvent => ({ kind: 'turn/ended', turn, reason });
const chunk = (kind: 'user' | 'agent' | 'thought', text: string, messageId?: string): SessionEvent =>
  update({
    sessionUpdate: kind === 'thought' ? 'agent_thought_chunk' : `${kind}_message_chunk`,
    content: { type: 'text', text },
    ...(messageId === undefined ? {} : { messageId }),
  });

/** The transcript in short: kind and text. */
const brief = (session: Session): readonly string[] =>
  entriesOf(session).map((entry) => {
    switch (entry.kind) {
      case 'user':
      case 'agent':
      case 'thought':
        return `${entry.kind}: ${entry.parts.map((part) => (part.type === 'text' ? part.text : `<${part.type}>`)).join('')}`;
      case 'notice':
        return `${entry.severity}: ${entry.title}`;
      case 'tool':
        return `tool ${entry.call}: ${entry.status}`;
      case 'plan':
        return `plan of ${entry.items.length}`;
      case 'subagent':
        return `subagent ${entry.session}`;
      case 'unknown':
        return `unknown ${entry.name}`;
    }
  });

describe('messages', () => {
  test('[acp 6] [acp 4.1.14] chunks without an id belong together while they follow each other', () => {
    const session = fold(blank(), says('a'), says('b'), chunk('thought', 'c'), chunk('thought', 'd'), says('e'));
    expect(brief(session)).toEqual(['agent: ab', 'thought: cd', 'agent: e']);
  });

  test('[acp 6] [acp 4.1.14] a change of messageId begins a message', () => {
    expect(brief(fold(blank(), says('a', '1'), says('b', '2'), says('c', '2')))).toEqual(['agent: a', 'agent: bc']);
    expect(brief(fold(blank(), says('a'), says('b', '1')))).toEqual(['agent: a', 'agent: b']);
  });

  test('[acp 10 gemini] [acp 4.1.20] what is said outside a turn is no part of the answer before it', () => {
    const after = fold(blank(), started('1'), says('a'), ended('1'), says('b'), says('c'));
    expect(brief(after)).toEqual(['user: hello', 'agent: a', 'agent: bc']);
  });

  test('[acp 6] [acp 4.1.14] a chunk finds its message behind others of the same turn, and not in an earlier turn', () => {
    const turn = fold(blank(), started('1'), says('a', 'm'), chunk('thought', 'x', 'm'), says('b', 'm'));
    expect(brief(turn)).toEqual(['user: hello', 'agent: ab', 'thought: x']);
    const next = fold(turn, ended('1'), started('2', 'more'), says('c', 'm'));
    expect(brief(next).slice(3)).toEqual(['user: more', 'agent: c']);
  });

  test('[acp 10 qwen] empty text makes no message', () => {
    const session = fold(
      blank(),
      says(''),
      update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: '' }, _meta: { usage: 1 } }),
    );
    expect(session.entries).toHaveLength(0);
  });

  test('[acp 5] [acp 4.1.17] other blocks stand between the texts, and unknown ones are kept whole', () => {
    const image = { type: 'image', data: 'AA==', mimeType: 'image/png' };
    const odd = { type: 'hologram', beam: [1] };
    const as = (content: object) => update({ sessionUpdate: 'agent_message_chunk', content });
    const [entry] = entriesOf(fold(blank(), says('a'), says('b'), as(image), as(odd), says('c'), says('d')));
    expect(entry).toMatchObject({
      kind: 'agent',
      parts: [
        { type: 'text', text: 'ab' },
        image,
        { type: 'unknown', name: 'hologram', value: odd },
        { type: 'text', text: 'cd' },
      ],
    });
  });

  test('[reduce] [acp 4.1.14] a prompt that the agent says back is not shown twice', () => {
    const echoed = fold(blank(), started('1', 'do it now'), chunk('user', 'do it '), chunk('user', 'now'), says('ok'));
    expect(brief(echoed)).toEqual(['user: do it now', 'agent: ok']);
    const steered = fold(blank(), started('1', 'do it now'), chunk('user', 'something'), chunk('user', ' else'));
    expect(brief(steered)).toEqual(['user: do it now', 'user: something else']);
  });

  test('[acp 6] [acp 4.1.14] [acp 4.1.15] history that the agent tells begins a turn with each thing that the person said', () => {
    const items = [{ content: 'x', priority: 'low', status: 'pending' }];
    const plan = update({ sessionUpdate: 'plan', entries: items });
    const session = fold(blank(), chunk('user', 'one'), plan, says('1'), chunk('user', 'two'), plan, says('2'));
    expect(brief(session)).toEqual(['user: one', 'plan of 1', 'agent: 1', 'user: two', 'plan of 1', 'agent: 2']);
    expect(session.turnFrom).toBe(3);
  });
});

describe('turns', () => {
  test('[reduce] the first prompt names the session, whole characters and one line of it', () => {
    expect(fold(blank(), started('1', '\n  Fix the build \nplease')).title).toBe('Fix the build');
    expect(fold(blank(), started('1', '🎉'.repeat(100))).title).toBe('🎉'.repeat(60));
    expect(fold(blank(), started('1', 'first'), ended('1'), started('2', 'second')).title).toBe('first');
  });

  test('[acp 6] the agent names the session and clears its name; a name that a person gave stays', () => {
    const info = (title: string | null) => update({ sessionUpdate: 'session_info_update', title });
    expect(fold(blank(), info('A')).title).toBe('A');
    expect(fold(blank(), info('A'), update({ sessionUpdate: 'session_info_update' })).title).toBe('A');
    expect(fold(blank(), info('A'), info(null)).title).toBe('');
    const mine = fold(blank(), info('A'), { kind: 'session/renamed', title: 'Mine' }, info('B'));
    expect(mine.title).toBe('Mine');
    expect(fold(mine, { kind: 'session/renamed', title: '' }, info('C')).title).toBe('C');
  });

  test.each([
    ['end_turn', []],
    ['cancelled', ['info: The agent cancelled the turn.']],
    ['refusal', ['warning: The agent refused to go on. It no longer remembers this prompt.']],
    ['agent gone', ['error: The agent has ended. The session can be continued after a restart.']],
    ['someday', ['info: The turn ended for a reason that is not known here.']],
  ])('[acp 5] [acp 4.1.22] a turn that ended with %s says so and keeps the prompt', (reason, notices) => {
    const session = fold(blank(), started('1'), ended('1', reason));
    expect(brief(session)).toEqual(['user: hello', ...notices]);
    expect(session.turn).toMatchObject({ state: 'idle', last: { id: '1', reason } });
  });

  test('[acp 10] an error of the agent stands in the transcript in its words', () => {
    const error = { message: 'No key.', code: -32000, next: 'Sign in.' };
    const session = fold(blank(), started('1'), { kind: 'turn/ended', turn: '1', reason: 'failed', error });
    expect(entriesOf(session)[1]).toMatchObject({
      kind: 'notice',
      severity: 'error',
      title: 'No key.',
      description: 'Sign in.',
    });
    expect(session.turn).toMatchObject({ state: 'idle', last: { id: '1', reason: 'failed', error } });
  });

  test('[reduce] a turn ends once, and only by its own end', () => {
    const twice = fold(blank(), started('1'), ended('1', 'refusal'), ended('1', 'refusal'));
    expect(entriesOf(twice)).toHaveLength(2);
    const other = fold(blank(), started('1'), ended('1'), started('2'), ended('1', 'refusal'));
    expect(other.turn).toMatchObject({ state: 'running', id: '2' });
  });

  test('[I8] a cancel is known at once, the turn goes on until its end', () => {
    const asked = fold(blank(), started('1'), { kind: 'cancel/requested', turn: '1', device: 'd' }, says('one more'));
    expect(asked.turn).toMatchObject({ state: 'running', cancelling: true });
    expect(brief(fold(asked, ended('1', 'cancelled')))).toEqual(['user: hello', 'agent: one more', 'info: Stopped.']);
  });
});

describe('what else happens', () => {
  test('[acp 6] a plan is one entry of its turn, replaced whole', () => {
    const plan = (...items: string[]) =>
      update({
        sessionUpdate: 'plan',
        entries: items.map((content) => ({ content, priority: 'high', status: 'pending' })),
      });
    const first = fold(blank(), started('1'), plan('a', 'b'), says('x'), plan('c'));
    expect(brief(first)).toEqual(['user: hello', 'plan of 1', 'agent: x']);
    const cleared = fold(first, plan());
    expect(brief(cleared)[1]).toBe('plan of 0');
    expect(brief(fold(cleared, ended('1'), started('2'), plan(), plan('d'))).slice(3)).toEqual([
      'user: hello',
      'plan of 1',
    ]);
  });

  test('[acp 6] commands, usage and modes', () => {
    const session = fold(
      blank(),
      {
        kind: 'options/changed',
        options: [
          { id: 'm', name: 'Mode', source: 'mode', control: { kind: 'select', value: 'ask', choices: [] } },
          { id: 'b', name: 'B', source: 'config', control: { kind: 'boolean', value: true } },
        ],
      },
      update({
        sessionUpdate: 'available_commands_update',
        availableCommands: [
          { name: '/tour', description: 'd', input: { hint: 'h' } },
          { name: 'x', description: 'y', input: null },
          7,
        ],
      }),
      update({ sessionUpdate: 'usage_update', used: 5, size: 10, cost: { amount: 1, currency: 'EUR', _meta: {} } }),
      update({ sessionUpdate: 'current_mode_update', modeId: 'code' }),
    );
    expect(session.commands).toEqual([
      { name: 'tour', description: 'd', hint: 'h' },
      { name: 'x', description: 'y' },
    ]);
    expect(session.usage).toEqual({ used: 5, size: 10, cost: { amount: 1, currency: 'EUR' } });
    expect(session.options[0]?.control).toMatchObject({ value: 'code' });
    expect(session.entries).toHaveLength(0);
  });

  test('[acp 7] options with groups, a boolean, and a type that nobody knows', () => {
    const configOptions = [
      {
        id: 'model',
        name: 'Model',
        category: 'model',
        type: 'select',
        currentValue: 'x',
        options: [{ group: 'g', name: 'G', options: [{ value: 'a', name: 'A' }] }],
      },
      { id: 'fast', name: 'Fast', type: 'boolean', currentValue: false },
      { id: 'dial', name: 'Dial', type: 'dial', currentValue: 3 },
    ];
    expect(fold(blank(), update({ sessionUpdate: 'config_option_update', configOptions })).options).toEqual([
      {
        id: 'model',
        name: 'Model',
        category: 'model',
        source: 'config',
        control: { kind: 'select', value: 'x', choices: [{ value: 'a', name: 'A', group: 'G' }] },
      },
      { id: 'fast', name: 'Fast', source: 'config', control: { kind: 'boolean', value: false } },
    ]);
  });

  test('[acp 6] a compaction is one notice that changes in place', () => {
    const state = (status: string, more: object = {}) =>
      update({ sessionUpdate: 'compaction_update', compactionId: 'c', status, ...more });
    const piece = (text: string) =>
      update({ sessionUpdate: 'compaction_summary_chunk', compactionId: 'c', content: { type: 'text', text } });
    const session = fold(blank(), state('in_progress'), says('x'), piece('we '), piece('talked'), state('completed'));
    expect(entriesOf(session)[0]).toMatchObject({
      title: 'The agent made room in its memory.',
      description: 'we talked',
      changed: 5,
    });
    expect(entriesOf(fold(session, state('failed', { error: 'full' })))[0]).toMatchObject({
      severity: 'error',
      description: 'full',
    });
    expect(entriesOf(session)).toHaveLength(2);
  });

  test('[I2] [acp 4.1.17] what nobody knows is kept whole: a kind of update, a kind of event, an update without what it needs', () => {
    const future = { sessionUpdate: 'of_the_future', value: { deep: [1] } };
    const torn = { sessionUpdate: 'tool_call', title: 'no id' };
    const event = { kind: 'constructor', x: 1 } as unknown as SessionEvent;
    const session = fold(blank(), update(future), update(torn), event, { kind: 'unknown', name: 'craft/x', value: 5 });
    expect(entriesOf(session).map((entry) => (entry.kind === 'unknown' ? [entry.name, entry.value] : entry))).toEqual([
      ['of_the_future', future],
      ['tool_call', torn],
      ['constructor', event],
      ['craft/x', 5],
    ]);
  });

  test('[reduce] [acp 4.1.15] reset takes the transcript away and leaves who the agent is', () => {
    const opened: SessionEvent = {
      kind: 'session/opened',
      agentSession: 's',
      agent: { name: 'demo', version: '1', image: true, embeddedContext: false },
      options: [],
    };
    const terminal = { id: 't', command: 'ls', tail: '', bytes: 0, released: false };
    const before = fold(blank(), opened, started('1'), says('x'), { kind: 'terminal/changed', terminal });
    expect(before.terminals).toEqual({ t: terminal });
    const after = fold(before, { kind: 'reset', why: 'loaded' }, says('y'));
    expect(brief(after)).toEqual(['agent: y']);
    expect(after).toMatchObject({
      agentSession: 's',
      turn: { state: 'idle' },
      turnFrom: 0,
      terminals: {},
      title: 'hello',
    });
  });

  test('[reduce] a gap says that something is missing', () => {
    const [entry] = entriesOf(fold(blank(), { kind: 'gap', why: 'The relay forgot it.', lost: 4 }));
    expect(entry).toMatchObject({ kind: 'notice', severity: 'warning', description: 'The relay forgot it. (4)' });
  });
});
