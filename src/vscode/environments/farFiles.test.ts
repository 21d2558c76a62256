import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Emitter } from '../../base/event.ts';
import { PeerError } from '../../base/failure.ts';
import type { FarEntry, FarFilesChanged, FarFileSource } from './far.ts';

vi.mock('vscode', () => {
  class EventEmitter<T> {
    readonly #listeners = new Set<(value: T) => void>();
    readonly event = (listener: (value: T) => void) => {
      this.#listeners.add(listener);
      return { dispose: () => this.#listeners.delete(listener) };
    };
    fire(value: T): void {
      for (const listener of this.#listeners) listener(value);
    }
    dispose(): void {
      this.#listeners.clear();
    }
  }
  class Uri {
    readonly scheme: string;
    readonly path: string;
    constructor(scheme: string, path: string) {
      this.scheme = scheme;
      this.path = path;
    }
    static from({ scheme, path }: { readonly scheme: string; readonly path: string }): Uri {
      return new Uri(scheme, path);
    }
    static joinPath(base: Uri, name: string): Uri {
      return new Uri(base.scheme, `${base.path}/${name}`);
    }
    with({ path }: { readonly path: string }): Uri {
      return new Uri(this.scheme, path);
    }
    toString(): string {
      return `${this.scheme}:${this.path}`;
    }
  }
  class FileSystemError extends Error {
    static FileNotFound = (uri: unknown) => new FileSystemError(`not found ${String(uri)}`);
    static NoPermissions = (why: unknown) => new FileSystemError(`no permission ${String(why)}`);
    static Unavailable = (why: unknown) => new FileSystemError(`unavailable ${String(why)}`);
  }
  const nothing = () => ({ dispose: () => undefined });
  return {
    EventEmitter,
    Uri,
    FileSystemError,
    l10n: { t: (text: string, ...given: readonly unknown[]) => [text, ...given].join(' ') },
    MarkdownString: class {},
    ThemeColor: class {},
    FileDecoration: class {
      readonly badge: string;
      readonly tooltip: string;
      constructor(badge: string, tooltip: string) {
        this.badge = badge;
        this.tooltip = tooltip;
      }
    },
    FileType: { Unknown: 0, File: 1, Directory: 2, SymbolicLink: 64 },
    FilePermission: { Readonly: 1 },
    FileChangeType: { Changed: 1, Created: 2, Deleted: 3 },
    workspace: { registerFileSystemProvider: nothing },
    window: { registerFileDecorationProvider: nothing },
  };
});

const { FarFiles, farUri } = await import('./farFiles.ts');

const TREE: Readonly<Record<string, readonly FarEntry[] | string>> = {
  '/work': [
    { name: 'a.md', type: 'file' },
    { name: 'repo', type: 'directory', branch: 'main', origin: 'https://git.example.net/r' },
  ],
  '/work/repo': [],
  '/work/a.md': 'text',
  '/etc/long': 'long',
};

let asked: string[] = [];
let changed: Emitter<FarFilesChanged>;
let files: InstanceType<typeof FarFiles>;

beforeEach(() => {
  asked = [];
  changed = new Emitter<FarFilesChanged>();
  const found = <T>(path: string, is: (value: unknown) => value is T): Promise<T> => {
    asked.push(path);
    const value = TREE[path];
    return is(value) ? Promise.resolve(value) : Promise.reject(new PeerError(path === '/root' ? 403 : 404, 'No'));
  };
  const source: FarFileSource = {
    list: (_session, path) => found(path, (value): value is readonly FarEntry[] => Array.isArray(value)),
    read: async (_session, path) => ({
      content: await found(path, (value): value is string => typeof value === 'string'),
      truncated: path === '/etc/long',
    }),
    onChanged: changed.event,
  };
  files = new FarFiles((environment) => (environment === 'The Cast' ? source : undefined));
});
afterEach(() => {
  files.dispose();
  changed.dispose();
});

const at = (path: string, environment = 'The Cast') => farUri(environment, 's/1', path);

describe('files of a session elsewhere', () => {
  test('[flamecast 3] folders and files are what their folder says, and nothing can be written', async () => {
    expect(await files.readDirectory(at('/work'))).toEqual([
      ['a.md', 1],
      ['repo', 2],
    ]);
    expect(await files.stat(at('/work/repo'))).toMatchObject({ type: 2, permissions: 1 });
    expect(await files.stat(at('/work/a.md'))).toMatchObject({ type: 1, permissions: 1 });
    // Asked for once, and believed for a moment.
    expect(asked).toEqual(['/work']);
    expect(new TextDecoder().decode(await files.readFile(at('/work/a.md')))).toBe('text');
    for (const write of ['createDirectory', 'writeFile', 'delete', 'rename'] as const)
      expect(() => files[write](at('/work/a.md'))).toThrow('no permission');
  });

  test('[flamecast 3] one that its folder does not show is looked at by itself, and what is long says so', async () => {
    expect(await files.stat(at('/etc/long'))).toMatchObject({ type: 1 });
    expect(new TextDecoder().decode(await files.readFile(at('/etc/long')))).toContain('shows no more of this file');
    await expect(files.stat(at('/none'))).rejects.toThrow('not found');
    await expect(files.readDirectory(at('/root'))).rejects.toThrow('no permission No');
    await expect(files.readFile(at('/work/a.md', 'other'))).rejects.toThrow('not connected');
  });

  test('[flamecast 2] a folder that is a repository says on which branch it is', async () => {
    const marked: string[] = [];
    files.onDidChangeFileDecorations((uris) => marked.push(...uris.map(String)));
    expect(files.provideFileDecoration(at('/work/repo'))).toBeUndefined();
    await files.readDirectory(at('/work'));
    expect(marked).toEqual([String(at('/work/repo'))]);
    expect(files.provideFileDecoration(at('/work/repo'))).toMatchObject({
      badge: '⎇',
      tooltip: expect.stringContaining('main'),
    });
    expect(files.provideFileDecoration(at('/work/a.md'))).toBeUndefined();
  });

  test('[flamecast 5] what changes there is told, and has another time than before', async () => {
    const told: unknown[] = [];
    files.onDidChangeFile((changes) => told.push(...changes.map(({ uri, type }) => [String(uri), type])));
    const before = await files.stat(at('/work/a.md'));
    const changes = [
      { path: '/work/a.md', type: 'modified' },
      { path: '/work/new', type: 'added' },
      { path: '/work/old', type: 'deleted' },
      { path: '/work/odd', type: '__proto__' },
    ];
    files.changed('The Cast', { session: 's/1', changes });
    expect(told).toEqual([
      [String(at('/work/a.md')), 1],
      [String(at('/work/new')), 2],
      [String(at('/work/old')), 3],
      [String(at('/work/odd')), 1],
    ]);
    expect((await files.stat(at('/work/a.md'))).mtime).not.toBe(before.mtime);
    expect(asked).toEqual(['/work', '/work']);
  });

  test('[S29] no path that an agent says leads out of its session', () => {
    expect(at('/../../other/secret').path).toBe('/The%20Cast/s%2F1/other/secret');
    expect(at('../x').path).toBe('/The%20Cast/s%2F1/x');
  });
});
