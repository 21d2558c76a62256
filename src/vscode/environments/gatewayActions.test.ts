import { expect, test, vi } from 'vitest';
import type { GatewayBackend } from '../../backends/gateway.ts';
import { BUILTIN, methodsOf } from '../../protocol/gateway/builtin.ts';
import type { GatewayMethod } from '../../protocol/gateway/schema.ts';
import { gatewayActions, sessionActions } from './gatewayActions.ts';
import { GatewayPage } from './gatewayPage.ts';

const world = vi.hoisted(() => ({
  picks: [] as string[],
  offered: [] as string[][],
  typed: [] as (string | undefined)[],
  problems: [] as (string | undefined)[],
  lines: [] as string[],
  answer: undefined as string | undefined,
}));

vi.mock('vscode', () => ({
  l10n: { t: (text: string, ...words: readonly unknown[]) => text.replace(/\{(\d)\}/gu, (_, at) => String(words[at])) },
  ProgressLocation: { Notification: 15 },
  window: {
    showQuickPick: (items: readonly { readonly label: string }[]) => {
      world.offered.push(items.map(({ label }) => label));
      const wanted = world.picks.shift();
      return Promise.resolve(items.find(({ label }) => label === wanted));
    },
    showInputBox: ({ value, validateInput }: { value?: string; validateInput?: (text: string) => string }) => {
      const text = world.typed.shift() ?? value;
      if (text !== undefined) world.problems.push(validateInput?.(text));
      return Promise.resolve(text);
    },
    showWarningMessage: () => Promise.resolve(world.answer),
    withProgress: (_options: unknown, work: (progress: unknown, token: unknown) => unknown) =>
      work({}, { onCancellationRequested: () => ({ dispose: () => undefined }) }),
    createOutputChannel: () => ({
      appendLine: (line: string) => world.lines.push(line),
      show: () => undefined,
      dispose: () => undefined,
    }),
  },
}));

const never = new AbortController().signal;

interface Asked {
  readonly method: string;
  readonly params: unknown;
}

/** The actions of a gateway with these methods, and what it was asked. */
const actionsOf = (methods: readonly GatewayMethod[]) => {
  const asked: Asked[] = [];
  const backend: Partial<GatewayBackend> = {
    label: 'The Gate',
    methods,
    sessions: [
      { id: 'chat:main', app: 'chat', messages: 1 },
      { id: 'chat:other', app: 'chat', messages: 0 },
    ],
    can: (name) => methods.some((method) => method.name === name),
    reach: () => Promise.resolve(),
    request: (method, params) => {
      asked.push({ method, params });
      return Promise.resolve(method === 'config' ? { config: { model: 'm', odd: '\u202e' } } : { content: [] });
    },
    call: (method, params, hear) => {
      asked.push({ method, params });
      hear(1);
      return Promise.resolve({ done: true });
    },
    tools: () => Promise.resolve([{ name: 'write', description: 'Writes', input: { required: ['path'] } }]),
    resetThere: (id) => {
      asked.push({ method: 'reset', params: id });
      return Promise.resolve();
    },
  };
  const page = new GatewayPage('The Gate');
  const all = gatewayActions({ backend: backend as GatewayBackend, page, titleOf: (id) => id });
  const run = (label: string): Promise<void> =>
    all.find((action) => action.label === label)?.run(never) ?? Promise.reject(new Error(`no ${label}`));
  const ofSession = sessionActions({
    backend: backend as GatewayBackend,
    page,
    titleOf: (id) => id,
    session: 'chat:it',
  });
  return { labels: all.map(({ label }) => label), asked, run, ofSession };
};

test('[gateway 8] an old gateway is not offered what it cannot do', () => {
  expect(actionsOf(methodsOf(undefined, true)).labels).toEqual([
    'Call a Method…',
    'Publish in a Session…',
    'Reset a Session…',
  ]);
  expect(actionsOf(BUILTIN).labels).toHaveLength(5);
});

test('[gateway 9 method] its parameters are checked, and what it says is shown as it comes', async () => {
  const own = { name: 'tasks:count', description: '', builtin: false, params: { required: ['upTo'] } };
  const { asked, run } = actionsOf([own, ...BUILTIN]);
  world.lines.length = 0;
  world.problems.length = 0;
  world.picks.push('tasks:count');
  world.typed.push('{"upTo":3}');
  await run('Call a Method…');
  expect(world.offered.at(-1)).not.toContain('unsubscribe');
  expect(asked).toEqual([{ method: 'tasks:count', params: { upTo: 3 } }]);
  expect(world.lines).toEqual(['— tasks:count', '1', '{\n  "done": true\n}']);
  world.picks.push('tasks:count');
  world.typed.push('{}');
  await run('Call a Method…');
  expect(world.problems).toEqual([undefined, '“upTo” is missing.']);
});

test('[gateway 4 config] what is invisible in it is written out', async () => {
  const { run } = actionsOf(BUILTIN);
  world.lines.length = 0;
  await run('Show Configuration');
  expect(world.lines.join('\n')).toContain('"odd": "\\u{202e}"');
});

test('[gateway 4 tool-catalog] a tool of a session is run by hand', async () => {
  const { asked, run } = actionsOf(BUILTIN);
  world.picks.push('chat:other', 'write');
  world.typed.push('{"path":"x"}');
  await run('Tools of a Session…');
  const params = { sessionId: 'chat:other', tool: 'write', input: { path: 'x' } };
  expect(asked).toEqual([{ method: 'tool-dispatch', params }]);
});

test('[gateway 4 reset] nothing is reset before the person has said so', async () => {
  const { asked, run } = actionsOf(BUILTIN);
  world.picks.push('chat:main');
  await run('Reset a Session…');
  expect(asked).toEqual([]);
  world.picks.push('chat:main');
  world.answer = 'Reset';
  await run('Reset a Session…');
  expect(asked).toEqual([{ method: 'reset', params: 'chat:main' }]);
});

test('[gateway 4] what a session’s own row offers is about that one, and asks for none', async () => {
  const { asked, ofSession } = actionsOf(BUILTIN);
  expect(ofSession.map(({ label }) => label)).toEqual([
    'Tools of a Session…',
    'Publish in a Session…',
    'Reset a Session…',
  ]);
  world.typed.push('news', 'hello');
  await ofSession[1]?.run(never);
  expect(asked).toMatchObject([{ method: 'channel', params: { sessionId: 'chat:it' } }]);
});

test('[gateway 4 channel] a message on a channel', async () => {
  const { asked, run } = actionsOf(BUILTIN);
  world.picks.push('chat:main');
  world.typed.push('news', 'hello');
  await run('Publish in a Session…');
  const params = { sessionId: 'chat:main', channel: 'news', payload: 'hello' };
  expect(asked).toEqual([{ method: 'channel', params }]);
});
