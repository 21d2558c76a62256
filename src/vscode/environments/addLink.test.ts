import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Core } from '../core.ts';
import { followLink } from './addLink.ts';

interface Asked {
  readonly question: string;
  readonly detail: string;
}

/** Everything that a link could do here, and what of it was done. */
const world = vi.hoisted(() => ({
  trusted: true,
  done: [] as string[],
  asked: [] as { question: string; detail: string }[],
  told: [] as string[],
  answer: undefined as string | undefined,
  clock: 0,
}));

const doing = vi.hoisted(() => (what: string) => (...args: readonly unknown[]): never => {
  world.done.push(`${what} ${JSON.stringify(args[0] ?? '')}`);
  throw new Error(`a link did: ${what}`);
});

vi.mock('vscode', () => ({
  l10n: {
    t: (text: string, ...args: readonly unknown[]) =>
      text.replaceAll(/\{(\d)\}/gu, (_, at: string) => String(args[Number(at)])),
  },
  workspace: {
    get isTrusted() {
      return world.trusted;
    },
    getConfiguration: doing('a setting'),
  },
  window: {
    showInformationMessage: (question: string, { detail }: { detail: string }) => {
      world.asked.push({ question, detail });
      return Promise.resolve(world.answer);
    },
    showErrorMessage: (message: string) => {
      world.told.push(message);
      return Promise.resolve(undefined);
    },
    createInputBox: doing('a question'),
    createQuickPick: doing('a question'),
    withProgress: doing('progress'),
    createTerminal: doing('a terminal'),
  },
  commands: { executeCommand: doing('a command') },
  env: { openExternal: doing('a browser'), language: 'en' },
  Uri: { parse: doing('a uri') },
  EventEmitter: class {},
  ThemeIcon: class {},
  QuickInputButtons: {},
  QuickPickItemKind: {},
  ProgressLocation: {},
  TreeItem: class {},
  TerminalProfile: class {},
}));
vi.mock('node:net', async (original) => ({
  ...(await original<object>()),
  connect: doing('a socket'),
  createConnection: doing('a socket'),
}));
vi.mock('node:tls', async (original) => ({ ...(await original<object>()), connect: doing('a socket') }));
vi.mock('node:http', async (original) => ({
  ...(await original<object>()),
  request: doing('a request'),
  get: doing('a request'),
}));
vi.mock('node:https', async (original) => ({
  ...(await original<object>()),
  request: doing('a request'),
  get: doing('a request'),
}));
vi.mock('node:dns', async (original) => ({ ...(await original<object>()), lookup: doing('a look-up') }));
vi.mock('node:child_process', async (original) => ({
  ...(await original<object>()),
  spawn: doing('a program'),
  execFile: doing('a program'),
}));
// Whatever is loaded behind this is another test's matter; here it would load the whole window.
vi.mock('../core.ts', () => ({ words: (failure: unknown) => String(failure) }));

/** Touched only by what goes on after the person agreed: it opens the secrets and the sockets. */
const core = (): Promise<Core> => {
  world.done.push('core');
  return Promise.reject(new Error('that is as far as this goes'));
};

const follow = (query: string, path = '/add') => followLink(core, { path, query } as never);

beforeEach(() => {
  vi.stubGlobal('fetch', doing('a request'));
  vi.stubGlobal('WebSocket', doing('a socket'));
  vi.spyOn(performance, 'now').mockImplementation(() => (world.clock += 1000));
  Object.assign(world, { trusted: true, done: [], asked: [], told: [], answer: undefined });
});

const PRINT = '0123456789abcdef'.repeat(4);
const link = (fields: Readonly<Record<string, string>>): string => String(new URLSearchParams(fields));

describe('a link that adds an environment', () => {
  test('[S14] says the kind, the host and the fingerprint, and does nothing before the person agreed', async () => {
    await follow(link({ kind: 'relay', url: 'wss://Box.Example.net:8443/acp', name: 'The Box', fingerprint: PRINT }));
    expect(world.asked).toHaveLength(1);
    const { question, detail } = world.asked[0] as Asked;
    expect(question).toBe('Add an environment at box.example.net:8443?');
    expect(detail).toContain('Relay: ');
    expect(detail).toContain('Host: box.example.net:8443');
    expect(detail.replaceAll(/[:\n]/gu, '').toLowerCase()).toContain(PRINT);
    expect(world.done).toEqual([]);
  });

  test('[S14] agreed to, it goes on as adding by hand does', async () => {
    world.answer = 'Go On';
    await follow(link({ kind: 'terminal', url: 'https://box.example.net:7777', code: 'ABCD' }));
    expect(world.done).toEqual(['core']);
  });

  test('[S14] an answer that comes before anybody can have read the question is none', async () => {
    world.answer = 'Go On';
    let asked = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (world.clock += asked++ < 2 ? 1 : 1000));
    await follow(link({ kind: 'relay', url: 'wss://box.example.net/acp' }));
    expect(world.asked).toHaveLength(2);
  });

  test('[S14] a name that looks like another is shown as what it is', async () => {
    await follow(link({ kind: 'relay', url: 'wss://bоx.example.net/acp' }));
    expect(world.asked[0]?.question).toMatch(/xn--/u);
  });

  test.each([
    ['kind=ssh&destination=evil.io&folder=/', 'a program'],
    ['kind=exec&command=sh', 'a program'],
    ['kind=relay&url=wss://a.example/acp&token=x', 'a key that is not known'],
    ['kind=relay&url=wss://a.example/acp&url=wss://b.example/acp', 'two addresses'],
    ['kind=relay&url=ws://10.0.0.1/acp', 'no encryption'],
    ['kind=relay&url=wss://trusted.com@evil.io/acp', 'a user'],
    ['kind=relay&url=file:///etc/passwd', 'a file'],
    ['kind=relay&url=wss://a.example/acp&fingerprint=00', 'half a fingerprint'],
    ['kind=__proto__&url=wss://a.example/acp', 'no kind'],
    ['url=wss://a.example/acp', 'no kind at all'],
    ['', 'nothing'],
  ])('[S14] %s (%s) is refused in words, and nothing is asked', async (query) => {
    world.answer = 'Go On';
    await follow(query);
    expect(world.asked).toEqual([]);
    expect(world.done).toEqual([]);
    expect(world.told).toHaveLength(1);
  });

  test('[S14] in Restricted Mode it is not even asked about', async () => {
    world.trusted = false;
    await follow(link({ kind: 'relay', url: 'wss://a.example/acp' }));
    expect(world.asked).toEqual([]);
    expect(world.told).toHaveLength(1);
  });

  test('[S14] whatever a link holds: no socket, no command, no setting and no secret before the person agreed', async () => {
    const host = fc.oneof(
      fc.domain(),
      fc.constantFrom('127.0.0.1', '[::1]', 'localhost', 'user:pw@a.example', 'bоx.example'),
    );
    const url = fc
      .tuple(
        fc.constantFrom('wss', 'ws', 'https', 'http', 'file', 'vscode', 'command', 'javascript'),
        host,
        fc.string(),
      )
      .map(([scheme, at, rest]) => `${scheme}://${at}/${rest}`);
    const value = fc.oneof(fc.string(), url, fc.constantFrom('relay', 'acp', 'environment', 'terminal', 'ssh', PRINT));
    const key = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('kind', 'url', 'name', 'fingerprint', 'code') },
      { weight: 1, arbitrary: fc.constantFrom('token', 'command', '__proto__', 'id', 'folder', 'headers') },
    );
    const query = fc.oneof(
      fc.array(fc.tuple(key, value), { maxLength: 8 }).map((pairs) => String(new URLSearchParams(pairs))),
      fc
        .record({ kind: fc.constantFrom('relay', 'acp', 'environment', 'terminal'), url, name: fc.string() })
        .map((fields) => String(new URLSearchParams(fields))),
      fc.string(),
    );
    const path = fc.oneof({ weight: 4, arbitrary: fc.constant('/add') }, { weight: 1, arbitrary: fc.string() });
    let questions = 0;
    await fc.assert(
      fc.asyncProperty(query, path, async (said, at) => {
        Object.assign(world, { done: [], asked: [], told: [] });
        await follow(said, at);
        expect(world.done).toEqual([]);
        expect(world.asked.length + world.told.length).toBe(1);
        for (const { question, detail } of world.asked) {
          questions += 1;
          const named = new URL(new URLSearchParams(said).get('url') ?? '').host;
          expect(question).toContain(named);
          expect(detail).toContain(`Host: ${named}`);
        }
      }),
      { numRuns: 10_000 },
    );
    expect(questions).toBeGreaterThan(100);
  });
});
