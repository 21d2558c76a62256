import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ManualClock, manualClock } from '../base/testing.ts';
import { DiskWorkspace } from '../machine/diskWorkspace.ts';
import type { SessionKey } from '../model/session.ts';
import type { Asking, WindowRequest, WindowResult } from '../protocol/view/request.ts';
import type { Conflict, Place, Settlement, Workspace } from '../router/ports.ts';
import { EditorFiles } from './editorFiles.ts';
import { type AttachedWindow, Windows } from './windows.ts';

const never = new AbortController().signal;
const failure = (code: string): WindowResult => ({ kind: 'failure', code, message: 'No.' });
const written: WindowResult = { kind: 'written', how: 'written' };

let folder: string;
let clock: ManualClock;
let windows: Windows;
let files: Workspace;
let notes: string[];
let acting: number;
/** What the person makes of conflicts, and those that they saw. */
let settle: (conflict: Conflict) => Promise<Settlement>;
let conflicts: Conflict[];

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-files-')));
  clock = manualClock();
  windows = new Windows(clock);
  notes = [];
  acting = 0;
  conflicts = [];
  settle = () => Promise.resolve('theirs');
  const disk = new DiskWorkspace(() => [folder]);
  files = new EditorFiles({ windows, disk, clock }).of({
    key: 'k' as SessionKey,
    cwd: folder,
    note: (path, what) => void notes.push(`${what} ${path.slice(folder.length + 1)}`),
  });
  await writeFile(join(folder, 'a'), 'old');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Act = (
  request: WindowRequest,
  window: AttachedWindow,
) => WindowResult | undefined | Promise<WindowResult | undefined>;

/** A window of the folder; undefined: it says nothing. */
const attach = (act: Act): { readonly window: AttachedWindow; readonly asked: Asking[] } => {
  const asked: Asking[] = [];
  const window = windows.attach((message) => {
    asked.push(message);
    if (message.type !== 'request') return;
    acting += 1;
    void Promise.resolve(act(message.request, window))
      .then((result) => result && window.hear({ type: 'answer', id: message.id, result }))
      .finally(() => (acting -= 1));
  });
  window.hear({ type: 'offer', roots: [folder], secrets: true });
  return { window, asked };
};

const read = async (name: string, signal = never): Promise<string> =>
  await files.readText(await files.place(join(folder, name), signal), {}, signal);
const write = async (name: string, content = 'new', signal = never) =>
  await files.writeText(
    await files.place(join(folder, name), never),
    content,
    (conflict) => {
      conflicts.push(conflict);
      return settle(conflict);
    },
    signal,
  );
const onDisk = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
const put = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
const dies = async (window: AttachedWindow): Promise<undefined> => {
  window.dispose();
};
/** Time passes until it is done, and stands still while a window is at it. */
const inTime = async <T>(doing: Promise<T>): Promise<T> => {
  let done = false;
  const over = (): void => void (done = true);
  doing.then(over, over);
  while (!done) {
    if (acting === 0) clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return await doing;
};

describe('what an agent reads', () => {
  test('[I9] is what the person has in the window', async () => {
    attach(({ kind }) => (kind === 'workspace/read' ? { kind: 'text', text: 'not saved' } : undefined));
    expect(await read('a')).toBe('not saved');
    expect(notes).toEqual([]);
  });

  test('[I9] is what stands on the disk where no window is, and that is noted', async () => {
    expect(await read('a')).toBe('old');
    expect(notes).toEqual(['read a']);
  });

  test.each(['refused', 'unsupported', 'stopped'])(
    '[I9] comes from the disk where the window says %s',
    async (code) => {
      attach(() => failure(code));
      expect(await read('a')).toBe('old');
      expect(notes).toEqual(['read a']);
    },
  );

  test('[I9] comes from another window, or from the disk, where one is silent or goes away', async () => {
    const silent = attach(() => undefined);
    expect(await inTime(read('a'))).toBe('old');
    expect(silent.asked.map(({ type }) => type)).toEqual(['request', 'request/over']);
    silent.window.dispose();
    attach(() => ({ kind: 'text', text: 'not saved' }));
    attach((_, window) => dies(window));
    expect(await read('a')).toBe('not saved');
  });

  test('[I9] is refused as the window refuses it, and nothing is read behind it', async () => {
    attach(() => failure('unsaved'));
    await expect(read('a')).rejects.toMatchObject({ code: 'unsaved' });
    const control = new AbortController();
    attach(() => undefined);
    const reading = read('a', control.signal);
    await vi.waitFor(() => expect(clock.waiting).toBe(1));
    control.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });
});

describe('what an agent writes', () => {
  test('[I9] goes through the window, and nothing is written beside it', async () => {
    const { asked } = attach(() => ({ kind: 'written', how: 'reworked' }));
    expect(await write('a', '\uFEFFnew')).toBe('reworked');
    expect(await onDisk('a')).toBe('old');
    const path = join(folder, 'a');
    expect(asked).toEqual([
      {
        type: 'request',
        id: 1,
        deadline: 20_000,
        request: { kind: 'workspace/write', path, real: path, content: 'new' },
      },
    ]);
    attach(() => failure('read-only'));
    await expect(write('a')).rejects.toMatchObject({ code: 'read-only' });
    expect(await onDisk('a')).toBe('old');
    expect(notes).toEqual([]);
  });

  test('[I9] goes to the disk where no window does it, and that is noted', async () => {
    expect(await write('a')).toBe('written');
    expect(await write('a')).toBe('unchanged');
    attach(() => failure('refused'));
    expect(await write('b', 'b')).toBe('written');
    expect([await onDisk('a'), await onDisk('b')]).toEqual(['new', 'b']);
    expect(notes).toEqual(['written a', 'written b']);
  });

  test('[S44] is never given to a window where it is protected or outside', async () => {
    const { asked } = attach(() => written);
    await write('.git/hooks/pre-commit');
    expect(await onDisk('.git/hooks/pre-commit')).toBe('new');
    const elsewhere = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-elsewhere-')));
    await write(join('..', elsewhere.slice(elsewhere.lastIndexOf('/') + 1), 'x'));
    expect(await readFile(join(elsewhere, 'x'), 'utf8')).toBe('new');
    await rm(elsewhere, { recursive: true });
    expect(asked).toEqual([]);
  });

  test('[I9] waits for what was written there before, whoever writes', async () => {
    const first = Promise.withResolvers<WindowResult>();
    const { asked } = attach(() => first.promise);
    const place = await files.place(join(folder, 'a'), never);
    const writing = ['one', 'two'].map((text) => files.writeText(place, text, settle, never));
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    first.resolve(written);
    await Promise.all(writing);
    expect(asked.map((one) => one.type === 'request' && one.request)).toMatchObject([
      { content: 'one' },
      { content: 'two' },
    ]);
  });

  test.each(['mine', 'theirs', 'merge'] as const)(
    '[I9] what becomes of a conflict is the person’s: %s',
    async (what) => {
      settle = () => Promise.resolve(what);
      const how = { mine: 'kept', theirs: 'written', merge: 'merging' } as const;
      const { asked } = attach(({ kind }) =>
        kind === 'workspace/write' ? { kind: 'conflict', mine: 'typed' } : { kind: 'written', how: how[what] },
      );
      expect(await write('a')).toBe(how[what]);
      expect(conflicts).toEqual([{ mine: 'typed', theirs: 'new' }]);
      expect(asked.at(-1)).toMatchObject({ request: { kind: 'workspace/settle', write: 1, settlement: what } });
    },
  );

  test('[I9] a conflict that is called off is called off in the window', async () => {
    settle = () => Promise.reject(new Error('The turn was cancelled.'));
    const { asked } = attach(() => ({ kind: 'conflict', mine: 'typed' }));
    await expect(write('a')).rejects.toThrow('cancelled');
    expect(asked.at(-1)).toEqual({ type: 'request/over', id: 1 });
    expect(await onDisk('a')).toBe('old');
  });

  test('[I9] of a conflict whose window went away, nothing is written that the person did not want', async () => {
    const conflicting = (): void => {
      attach(({ kind }, window) => (kind === 'workspace/write' ? { kind: 'conflict', mine: 'typed' } : dies(window)));
    };
    conflicting();
    settle = () => Promise.resolve('mine');
    expect(await write('a')).toBe('kept');
    conflicting();
    settle = () => Promise.resolve('merge');
    await expect(write('a')).rejects.toMatchObject({ code: 'changed' });
    expect(await onDisk('a')).toBe('old');
    conflicting();
    settle = () => Promise.resolve('theirs');
    expect(await inTime(write('a'))).toBe('written');
    expect(await onDisk('a')).toBe('new');
  });
});

describe('a write whose window went away', () => {
  test('[I9] is done where the new text stands there', async () => {
    attach(async (_, window) => {
      await put('a', 'new');
      return await dies(window);
    });
    expect(await inTime(write('a'))).toBe('written');
    expect([conflicts, notes]).toEqual([[], []]);
  });

  test.each([
    ['old', 'a'],
    ['nothing', 'b'],
    ['an empty file', 'c'],
  ])('[I9] is done again where %s stands there', async (_, name) => {
    attach(async (_request, window) => {
      if (name === 'c') await put('c', '');
      return await dies(window);
    });
    expect(await inTime(write(name))).toBe('written');
    expect(await onDisk(name)).toBe('new');
    expect(conflicts).toEqual([]);
    expect(notes).toEqual([`written ${name}`]);
  });

  test('[I9] is done again by the next window', async () => {
    const next = attach(() => written);
    attach((_, window) => dies(window));
    expect(await inTime(write('a'))).toBe('written');
    expect(next.asked).toHaveLength(1);
    expect(await onDisk('a')).toBe('old');
  });

  test('[I9] is asked about where anything else stands there, and left as the person says', async () => {
    const torn = (): void => {
      attach(async (_, window) => {
        await put('a', 'ne');
        return await dies(window);
      });
    };
    torn();
    expect(await inTime(write('a'))).toBe('written');
    expect(await onDisk('a')).toBe('new');
    expect(conflicts).toEqual([{ mine: 'ne', theirs: 'new', lost: true }]);
    await put('a', 'old');
    torn();
    settle = () => Promise.resolve('mine');
    await expect(inTime(write('a'))).rejects.toMatchObject({ code: 'changed' });
    expect(await onDisk('a')).toBe('ne');
    await put('a', 'old');
    torn();
    settle = async () => {
      await put('a', 'another’s');
      return 'theirs';
    };
    await expect(inTime(write('a'))).rejects.toMatchObject({ code: 'changed' });
    expect(await onDisk('a')).toBe('another’s');
  });

  test('[I9] of a cancelled turn is not done again, and half of it is told', async () => {
    const control = new AbortController();
    const enough = new Error('enough');
    attach(async (_, window) => {
      control.abort(enough);
      return await dies(window);
    });
    await expect(inTime(write('a', 'new', control.signal))).rejects.toBe(enough);
    expect(await onDisk('a')).toBe('old');
    const other = new AbortController();
    attach(async (_, window) => {
      other.abort(enough);
      await put('a', 'ne');
      return await dies(window);
    });
    await expect(inTime(write('a', 'new', other.signal))).rejects.toBe(enough);
    expect([conflicts, notes]).toEqual([[], ['torn a']]);
  });
});

describe('a write whose window says nothing', () => {
  test('[I9] is never done behind it: the person is asked', async () => {
    settle = async () => {
      expect(await onDisk('a')).toBe('old');
      return 'theirs';
    };
    attach(() => undefined);
    expect(await inTime(write('a'))).toBe('written');
    expect(conflicts).toEqual([{ mine: 'old', theirs: 'new', lost: true }]);
    expect(await onDisk('a')).toBe('new');
  });

  test('[I9] may have done it all the same', async () => {
    attach(async () => {
      await put('a', 'new');
      return undefined;
    });
    expect(await inTime(write('a'))).toBe('written');
    expect(conflicts).toEqual([]);
  });

  test('[I9] and says at last that it does not do it, is done on the disk', async () => {
    const window: AttachedWindow = windows.attach(({ type, id }) => {
      if (type === 'request/over') window.hear({ type: 'answer', id, result: failure('stopped') });
    });
    window.hear({ type: 'offer', roots: [folder], secrets: false });
    expect(await inTime(write('a'))).toBe('written');
    expect([conflicts, notes]).toEqual([[], ['written a']]);
  });
});

describe('a write that has seen what is there', () => {
  const overAt = (place: Place, seen: string | null, content: string) =>
    files.writeText(
      { ...place, seen },
      content,
      (conflict) => {
        conflicts.push(conflict);
        return settle(conflict);
      },
      never,
    );
  const over = async (seen: string | null, content = 'new') =>
    await overAt(await files.place(join(folder, 'a'), never), seen, content);

  test('[S12] is made where it still stands there, in the window or on the disk', async () => {
    expect(await over('old')).toBe('written');
    expect(await onDisk('a')).toBe('new');
    const { asked } = attach(({ kind }) => (kind === 'workspace/read' ? { kind: 'text', text: 'typing' } : written));
    expect(await over('typing')).toBe('written');
    expect(asked.map((message) => message.type === 'request' && message.request.kind)).toEqual([
      'workspace/read',
      'workspace/write',
    ]);
  });

  test('[S12] is refused where something else does, or nothing', async () => {
    await expect(over('older')).rejects.toMatchObject({ code: 'changed' });
    await expect(over(null)).rejects.toMatchObject({ code: 'changed' });
    const { asked } = attach(({ kind }) => (kind === 'workspace/read' ? { kind: 'text', text: 'typing' } : written));
    await expect(over('old')).rejects.toMatchObject({ code: 'changed' });
    expect(asked.some((message) => message.type === 'request' && message.request.kind === 'workspace/write')).toBe(
      false,
    );
    expect(await onDisk('a')).toBe('old');
    await rm(join(folder, 'a'));
    await expect(over('old')).rejects.toMatchObject({ code: 'changed' });
  });

  test('[S12] waits for the one before it, and finds what that one left', async () => {
    const place = await files.place(join(folder, 'a'), never);
    const both = await Promise.allSettled([overAt(place, 'old', 'first'), overAt(place, 'old', 'second')]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(await onDisk('a')).toBe('first');
  });
});
