import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FarAddress } from '../../backends/environmentSettings.ts';
import { parseEnvironments } from '../../backends/environmentSettings.ts';
import { Emitter } from '../../base/event.ts';
import { Failure } from '../../base/failure.ts';
import { silent } from '../../base/log.ts';
import type { LinkState } from '../../base/reconnecting.ts';
import { UpgradeRefused } from '../../machine/websocket.ts';
import type { Core } from '../core.ts';
import { ENVIRONMENTS } from '../laterEnvironments.ts';
import type { FarConnection, FarParts } from './far.ts';
import { FarEnvironments } from './farEnvironments.ts';

const world = vi.hoisted(() => ({
  trusted: true,
  settings: {} as unknown,
  granted: new Set<() => void>(),
  changed: new Set<(change: unknown) => void>(),
  focus: new Set<(state: { focused: boolean }) => void>(),
  /** What the person enters when a secret is asked for; undefined: they press Escape. */
  entered: [] as (string | undefined)[],
}));
const hear =
  <T>(listeners: Set<T>) =>
  (listener: T) => {
    listeners.add(listener);
    return { dispose: () => listeners.delete(listener) };
  };

vi.mock('vscode', () => ({
  l10n: { t: (text: string) => text },
  workspace: {
    get isTrusted() {
      return world.trusted;
    },
    onDidGrantWorkspaceTrust: (listener: () => void) => hear(world.granted)(listener),
    onDidChangeConfiguration: (listener: (change: unknown) => void) => hear(world.changed)(listener),
    getConfiguration: () => ({ get: () => undefined }),
  },
  window: { onDidChangeWindowState: (listener: (state: { focused: boolean }) => void) => hear(world.focus)(listener) },
}));
vi.mock('../settings.ts', () => ({ readEnvironments: () => parseEnvironments(world.settings) }));
vi.mock('./farHosts.ts', () => ({
  FarHosts: class {
    readonly ids = [];
    async [Symbol.asyncDispose](): Promise<void> {}
  },
}));
vi.mock('./askSecret.ts', () => ({
  askSecret: () => {
    const secret = world.entered.shift();
    return Promise.resolve(secret === undefined ? undefined : { secret });
  },
}));

class FakeConnection implements FarConnection {
  readonly address: FarAddress;
  readonly #parts: FarParts<'terminal'>;
  readonly #changed = new Emitter<void>();
  readonly onChanged = this.#changed.event;
  readonly rows = [];
  readonly trouble = undefined;
  readonly detail = undefined;
  state: LinkState = 'connecting';
  retries = 0;
  ended = false;

  constructor(parts: FarParts<'terminal'>) {
    this.#parts = parts;
    this.address = parts.address;
  }

  async reach(): Promise<void> {
    if ((await this.#parts.secret()) !== 'right') {
      this.state = 'refused';
      throw new Failure('refused', 'It does not take the token.', 'Enter another.', { cause: new UpgradeRefused(401) });
    }
    this.state = 'connected';
    this.#changed.fire();
  }

  retry(): void {
    this.retries += 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ended = true;
  }
}

const made: FakeConnection[] = [];
vi.mock('./kinds.ts', () => ({
  kindWords: () => ({ needsSecret: false }),
  loadKind: () =>
    Promise.resolve({
      open: (parts: FarParts<'terminal'>) => {
        const connection = new FakeConnection(parts);
        made.push(connection);
        return connection;
      },
    }),
}));

const { signal } = new AbortController();
const logs = { main: silent, ofAgent: () => silent, conceal: () => undefined };
const kept = new Map<string, unknown>();
const stored = new Map<string, string>();
let far: FarEnvironments;

const open = (): FarEnvironments => {
  far = new FarEnvironments({ logs } as unknown as Core, {
    version: '1',
    memory: { get: (name) => kept.get(name), update: async (name, value) => void kept.set(name, value) },
    secrets: {
      get: async (key) => stored.get(key),
      store: async (key, value) => void stored.set(key, value),
      delete: async (key) => void stored.delete(key),
    },
  });
  return far;
};
const boxAt = (url: string) => (world.settings = { box: { kind: 'terminal', url } });
const box = (): FarAddress => {
  const address = parseEnvironments(world.settings).addresses.get('box');
  if (address === undefined) throw new Error('the settings have no box');
  return address;
};
const settingsChanged = (): void => world.changed.forEach((each) => each({ affectsConfiguration: () => true }));

beforeEach(() => {
  Object.assign(world, { trusted: true, entered: [] });
  for (const each of [world.granted, world.changed, world.focus, kept, stored]) each.clear();
  made.length = 0;
  boxAt('https://box.example:7777/');
});
afterEach(async () => {
  await far[Symbol.asyncDispose]();
  expect(made.every(({ ended }) => ended)).toBe(true);
  expect([world.changed.size, world.focus.size]).toEqual([0, 0]);
});

describe('what is reached by an address', () => {
  test('[demand 15] one that wants to know who we are has that asked for, and is connected with it', async () => {
    world.entered = ['right'];
    const connection = await open().connect(box(), signal);
    expect(connection.state).toBe('connected');
    expect(far.of('box')).toBe(connection);
    expect([...stored.values()].join()).toContain('right');
  });

  test('[demand 15] asked once more where that is not taken, and no further; who thinks better of it has nothing', async () => {
    world.entered = ['wrong', 'never asked for'];
    await expect(open().connect(box(), signal)).rejects.toMatchObject({ code: 'refused' });
    expect(world.entered).toEqual(['never asked for']);
    // It stays in sight as what was not let in.
    expect(far.of('box')?.state).toBe('refused');
    await far.disconnect('box');
    world.entered = [undefined];
    await expect(far.connect(box(), signal)).rejects.toMatchObject({ code: 'cancelled' });
    expect(far.ids).toEqual([]);
    expect(kept.get(ENVIRONMENTS)).toBeUndefined();
  });

  test('[S14] a window that is opened again has those that it had, but for one that leads elsewhere now', async () => {
    world.entered = ['right'];
    await open().connect(box(), signal);
    await far[Symbol.asyncDispose]();
    expect(await vi.waitFor(() => open().ids)).toEqual(['box']);
    await far[Symbol.asyncDispose]();
    for (const url of ['https://box.example:7778/', 'https://box.example.evil.io:7777/']) {
      boxAt(url);
      expect(open().ids).toEqual([]);
      await far[Symbol.asyncDispose]();
    }
  });

  test('[S15] the setting changes: the same origin is connected anew, another one is left', async () => {
    world.entered = ['right'];
    await open().connect(box(), signal);
    boxAt('https://box.example:7777/terminal');
    settingsChanged();
    await vi.waitFor(() => expect(made).toHaveLength(2));
    expect(made[0]?.ended).toBe(true);
    expect(far.of('box')?.address.url).toBe('https://box.example:7777/terminal');
    boxAt('https://elsewhere.example:7777/terminal');
    settingsChanged();
    await vi.waitFor(() => expect(made[1]?.ended).toBe(true));
    expect(far.ids).toEqual([]);
    expect(made).toHaveLength(2);
  });

  test('[S33] in Restricted Mode nothing is connected, and afterwards it is', async () => {
    world.entered = ['right'];
    await open().connect(box(), signal);
    await far[Symbol.asyncDispose]();
    world.trusted = false;
    open();
    expect(far.ids).toEqual([]);
    await expect(far.connect(box(), signal)).rejects.toMatchObject({ code: 'untrusted' });
    world.granted.forEach((each) => each());
    expect(far.ids).toEqual(['box']);
  });

  test('[demand 14] who comes back to the window has what waits tried at once, and nothing else', async () => {
    world.entered = ['right'];
    await open().connect(box(), signal);
    const focus = (focused: boolean) => world.focus.forEach((each) => each({ focused }));
    focus(true);
    const [connection] = made;
    expect(connection?.retries).toBe(0);
    if (connection !== undefined) connection.state = 'reconnecting';
    focus(false);
    expect(connection?.retries).toBe(0);
    focus(true);
    expect(connection?.retries).toBe(1);
  });
});
