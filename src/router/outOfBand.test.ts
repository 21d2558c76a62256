import { afterEach, describe, expect, test } from 'vitest';
import { silent } from '../base/log.ts';
import { manualClock } from '../base/testing.ts';
import type { SessionEvent } from '../model/event.ts';
import type { SessionKey } from '../model/session.ts';
import { WORDS } from '../model/fold/words.ts';
import { LIMITS } from './limits.ts';
import { OutOfBand, type Stamp } from './outOfBand.ts';
import type { Workspace } from './ports.ts';
import { protectedBy } from './protectedFiles.ts';
import { SessionStore } from './store.ts';
import { noJournal } from './testing.ts';

const keyOf = (name: string): SessionKey => name as SessionKey;
const owns = { history: 'us', queue: 'us', questions: 'us' } as const;
/** What was promised has been done. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

const disposables: OutOfBand[] = [];
afterEach(() => disposables.splice(0).forEach((each) => each.dispose()));

const world = () => {
  const clock = manualClock();
  const store = new SessionStore({ clock, journal: noJournal, log: silent });
  const files = new Map<string, Stamp>();
  const alarms: (readonly string[])[] = [];
  const ignored = new Set<string>();
  let watcher: ((path: string) => void) | undefined;
  let blind = false;
  let stamps = 0;
  const outOfBand = new OutOfBand({
    store,
    clock,
    log: silent,
    roots: () => ['/w', '/w/inner', '/v'],
    watch: (changed) => {
      watcher = changed;
      return { dispose: () => (watcher = undefined) };
    },
    stampOf: async (path) => ((stamps += 1), files.get(path) ?? { kind: 'gone' }),
    protectedFiles: async () =>
      new Map(
        [...files].flatMap(([path, stamp]) =>
          stamp.kind === 'file' && protectedBy(path.split('/').slice(2)) !== undefined
            ? [[path, stamp.text] as const]
            : [],
        ),
      ),
    ignored: async (_, paths) => new Set(paths.filter((path) => ignored.has(path))),
    alarm: (_, paths) => alarms.push(paths),
  });
  disposables.push(outOfBand);
  const open = (name: string, cwd = '/w'): SessionKey => {
    store.open({ key: keyOf(name), backend: 'demo', agentLabel: 'Demo', title: '', cwd, owns });
    return keyOf(name);
  };
  const put = (key: SessionKey, event: SessionEvent): void => store.append(key, [{ event }]);
  let turns = 0;
  return {
    clock,
    store,
    alarms,
    ignored,
    outOfBand,
    open,
    put,
    watching: () => watcher !== undefined,
    blind: () => (blind = true),
    stamped: () => stamps,
    async begin(key: SessionKey): Promise<string> {
      const turn = `t${(turns += 1)}`;
      put(key, { kind: 'turn/started', turn, prompt: [{ type: 'text', text: 'go' }], device: 'd' });
      await settled();
      return turn;
    },
    async end(key: SessionKey, turn = `t${turns}`): Promise<void> {
      put(key, { kind: 'turn/ended', turn, reason: 'end_turn' });
      await settled();
      clock.advance(200);
      await settled();
      clock.advance(2000);
      await settled();
    },
    /** Somebody writes it. */
    write(path: string, at = clock.now()): void {
      files.set(path, { kind: 'file', text: `${clock.monotonic()} ${Math.random()}`, at });
      if (!blind) watcher?.(path);
    },
    remove(path: string): void {
      files.delete(path);
      if (!blind) watcher?.(path);
    },
    async pass(milliseconds = 200): Promise<void> {
      clock.advance(milliseconds);
      await settled();
    },
    notices: (key: SessionKey) =>
      [...(store.get(key)?.entries.flat() ?? [])].flatMap((entry) =>
        entry.kind === 'notice' ? [{ title: entry.title, text: entry.description, severity: entry.severity }] : [],
      ),
  };
};

const rule = (id: string, decision: 'allow' | 'deny') => ({ id, scope: 'session', tool: 'edit', decision }) as const;

describe('files that change behind our back', () => {
  test('[demand 2] what changed during a turn is told once, when it is over', async () => {
    const { open, begin, write, pass, end, notices, watching } = world();
    const key = open('a');
    expect(watching()).toBe(false);
    await begin(key);
    write('/w/b.ts');
    write('/w/a.ts');
    await pass();
    write('/w/a.ts');
    await pass();
    expect(notices(key)).toEqual([]);
    await end(key);
    expect(notices(key)).toEqual([{ title: WORDS.changedOutside, text: 'a.ts\nb.ts', severity: 'info' }]);
    expect(watching()).toBe(false);
  });

  test('[demand 2] what the watcher tells after the end of the turn still belongs to it', async () => {
    const { open, begin, write, put, pass, notices } = world();
    const key = open('a');
    const turn = await begin(key);
    put(key, { kind: 'turn/ended', turn, reason: 'end_turn' });
    write('/w/late.ts');
    await pass(300);
    await pass(2000);
    expect(notices(key)).toMatchObject([{ text: 'late.ts' }]);
  });

  test('[demand 2] between turns nothing is told, nor what was written before the turn', async () => {
    const { open, begin, write, pass, end, notices, clock } = world();
    const key = open('a');
    write('/w/x.ts');
    await pass();
    await begin(key);
    write('/w/early.ts', clock.now() - 5000);
    await pass();
    await end(key);
    write('/w/y.ts');
    await pass(5000);
    expect(notices(key)).toEqual([]);
  });

  test('[demand 2] what the person saves is no news, and what comes after that is', async () => {
    const { open, begin, write, pass, end, notices, outOfBand } = world();
    const key = open('a');
    await begin(key);
    write('/w/mine.ts');
    await outOfBand.saved('/w/mine.ts');
    write('/w/both.ts');
    await outOfBand.saved('/w/both.ts');
    await pass();
    write('/w/both.ts');
    await pass();
    await end(key);
    expect(notices(key)).toMatchObject([{ text: 'both.ts' }]);
  });

  test('[I5] what we write for an agent is no news, however long it takes', async () => {
    const { open, begin, write, pass, end, notices, outOfBand } = world();
    const key = open('a');
    await begin(key);
    const { promise: slow, resolve } = Promise.withResolvers<void>();
    const disk: Workspace = {
      roots: () => ['/w'],
      place: async (path) => ({ path, real: path, inside: true }),
      readText: async () => '',
      writeText: async ({ path }) => {
        write(path);
        await slow;
        return 'written';
      },
    };
    const signal = new AbortController().signal;
    const place = { path: '/w/package.json', real: '/w/package.json', inside: true };
    const written = outOfBand.around(disk).writeText(place, '', async () => 'mine', signal);
    await pass(1000);
    resolve();
    expect(await written).toBe('written');
    await pass();
    await end(key);
    expect(notices(key)).toEqual([]);
  });

  test('[S26] a protected file raises an alarm at once, and ends what rules allow', async () => {
    const { open, begin, put, write, pass, end, notices, alarms, store } = world();
    const key = open('a');
    put(key, { kind: 'rules/changed', rules: [rule('r1', 'allow'), rule('r2', 'deny')] });
    await begin(key);
    write('/w/.vscode/tasks.json');
    write('/w/ordinary.ts');
    await pass();
    expect(alarms).toEqual([['/w/.vscode/tasks.json']]);
    expect(notices(key)).toEqual([{ title: WORDS.protectedChanged, text: '.vscode/tasks.json', severity: 'error' }]);
    expect(store.get(key)).toMatchObject({ wary: true, rules: [{ id: 'r2' }] });
    write('/w/.vscode/tasks.json');
    await pass();
    expect(alarms).toHaveLength(1);
    await end(key);
    expect(notices(key)).toHaveLength(2);
  });

  test('[S26] late news of what was done before is none, and what is done while the watcher is blind is found at the end', async () => {
    const { open, begin, write, remove, pass, end, alarms, blind, clock } = world();
    const key = open('a');
    write('/w/.mcp.json');
    await begin(key);
    write('/w/.npmrc', clock.now() - 1000);
    remove('/w/.claude.json');
    await pass();
    expect(alarms).toEqual([]);
    blind();
    write('/w/.mcp.json');
    write('/w/.git/hooks/pre-commit');
    await end(key);
    expect(alarms).toEqual([['/w/.mcp.json', '/w/.git/hooks/pre-commit']]);
  });

  test('[S26] a protected file that is taken away is told', async () => {
    const { open, begin, write, remove, pass, alarms, clock } = world();
    write('/w/.npmrc', clock.now() - 1000);
    await begin(open('a'));
    remove('/w/.npmrc');
    await pass();
    expect(alarms).toEqual([['/w/.npmrc']]);
  });

  test('[S26] every session that works is told, and one that does not is not', async () => {
    const { open, begin, write, pass, notices } = world();
    const [a, b, idle] = [open('a'), open('b', '/v'), open('c')];
    await begin(a);
    await begin(b);
    write('/w/.npmrc');
    await pass();
    expect([notices(a).length, notices(b).length, notices(idle).length]).toEqual([1, 1, 0]);
  });

  test('[demand 2] an ordinary file is told where it is, the innermost folder naming it', async () => {
    const { open, begin, write, pass, end, notices } = world();
    const [a, b] = [open('a'), open('b', '/v')];
    const first = await begin(a);
    const second = await begin(b);
    write('/w/inner/x.ts');
    await pass();
    await end(a, first);
    await end(b, second);
    expect(notices(a)).toMatchObject([{ text: 'x.ts' }]);
    expect(notices(b)).toEqual([]);
  });

  test('[demand 2] git’s own books and what it ignores are no news', async () => {
    const { open, begin, write, pass, end, notices, ignored } = world();
    const key = open('a');
    await begin(key);
    ignored.add('/w/dist/x.js');
    for (const name of [
      '.git/index',
      '.git/refs/heads/main',
      '.git/modules/m/HEAD',
      'node_modules/x/i.js',
      'dist/x.js',
    ])
      write(`/w/${name}`);
    await pass();
    await end(key);
    expect(notices(key)).toEqual([]);
  });

  test.each([
    ['.git/config'],
    ['.git/hooks/post-checkout'],
    ['.git/modules/m/config'],
    ['sub/.git/hooks/x'],
    ['.GIT/Config'],
  ])('[S26] and %s is', async (name) => {
    const { open, begin, write, pass, alarms } = world();
    await begin(open('a'));
    write(`/w/${name}`);
    await pass();
    expect(alarms).toEqual([[`/w/${name}`]]);
  });

  test('[S32] a flood is counted to a limit, and named to another', async () => {
    const { open, begin, write, pass, end, notices, stamped } = world();
    const key = open('a');
    await begin(key);
    for (let at = 0; at < LIMITS.changedFiles + 500; at += 1) write(`/w/f${at}`);
    await pass();
    await end(key);
    const [notice] = notices(key);
    expect(notice?.text?.split('\n')).toHaveLength(LIMITS.changedFilesTold + 1);
    expect(notice?.text).toContain(`(+${LIMITS.changedFiles - LIMITS.changedFilesTold})`);
    expect(stamped()).toBe(LIMITS.changedFiles);
  });

  test('[B4] a session that is closed while it works leaves no watcher behind', async () => {
    const { open, begin, store, watching } = world();
    const key = open('a');
    await begin(key);
    expect(watching()).toBe(true);
    store.remove(key);
    expect(watching()).toBe(false);
  });

  test('[S26] one that begins to work after the alarm is not told of it', async () => {
    const { open, begin, write, pass, end, notices } = world();
    const [a, b] = [open('a'), open('b')];
    const first = await begin(a);
    write('/w/.npmrc');
    await pass();
    const second = await begin(b);
    await end(a, first);
    await end(b, second);
    expect([notices(a).length, notices(b).length]).toEqual([1, 0]);
  });
});
