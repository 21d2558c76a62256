/**
 * Files of sessions elsewhere, for the editor to look at: nothing can be written there, and what is too long is shown as
 * far as the far side says it.
 */
import { posix } from 'node:path';
import * as vscode from 'vscode';
import { type Disposable, Disposables } from '../../base/disposable.ts';
import { PeerError, sentence } from '../../base/failure.ts';
import { plainLine } from '../plainText.ts';
import type { FarEntry, FarFilesChanged, FarFileSource } from './far.ts';

const SCHEME = 'wheelhouse-far';

/** Milliseconds for which what is in a folder is believed. */
const FRESH = 2000;
/** So many folders are remembered. */
const MOST = 200;

interface Listed {
  readonly at: number;
  readonly entries: readonly FarEntry[];
}

interface Place {
  readonly environment: string;
  readonly session: string;
  readonly path: string;
}

/** `wheelhouse-far:/<environment>/<session>/<path>`: in an authority, small and capital letters would be the same. */
export const farUri = (environment: string, session: string, path: string): vscode.Uri => {
  const above = [environment, session].map(encodeURIComponent).join('/');
  // What an agent says must not lead out of its session.
  return vscode.Uri.from({ scheme: SCHEME, path: `/${above}${posix.normalize(`/${path}`)}` });
};

/** `line` counts from 1. */
export const showFarFile = async (uri: vscode.Uri, line?: number): Promise<void> => {
  const at = Math.max(0, Math.floor(line ?? 1) - 1);
  const selection = line === undefined ? {} : { selection: new vscode.Range(at, 0, at, 0) };
  await vscode.window.showTextDocument(uri, { preview: true, ...selection });
};

export class FarFiles implements vscode.FileSystemProvider, vscode.FileDecorationProvider, Disposable {
  readonly #source: (environment: string) => FarFileSource | undefined;
  readonly #owned = new Disposables();
  readonly #changed = this.#owned.add(new vscode.EventEmitter<vscode.FileChangeEvent[]>());
  readonly #marked = this.#owned.add(new vscode.EventEmitter<vscode.Uri[]>());
  readonly onDidChangeFile = this.#changed.event;
  readonly onDidChangeFileDecorations = this.#marked.event;
  readonly #listed = new Map<string, Listed>();
  /** When each was said to have changed last: an editor that has it open reads what has another time than before. */
  readonly #times = new Map<string, number>();

  constructor(source: (environment: string) => FarFileSource | undefined) {
    this.#source = source;
    const why = new vscode.MarkdownString(
      vscode.l10n.t('This file is on another machine: it can be read here, and not changed.'),
    );
    const options = { isReadonly: why, isCaseSensitive: true };
    this.#owned.add(vscode.workspace.registerFileSystemProvider(SCHEME, this, options));
    this.#owned.add(vscode.window.registerFileDecorationProvider(this));
  }

  /** The far side tells of what changes, whoever looks at it. */
  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { path } = this.#at(uri);
    if (path === '/') return FOLDER;
    const parent = uri.with({ path: parentOf(uri.path) });
    const entries = await this.#list(parent).catch((): readonly FarEntry[] => []);
    const type = entries.find(({ name }) => name === nameOf(path))?.type ?? (await this.#typeOf(uri));
    return type === 'directory' ? FOLDER : { ...FILE, mtime: this.#times.get(uri.toString()) ?? 0 };
  }

  async readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    return (await this.#list(uri)).map(({ name, type }) => [name, TYPES[type]]);
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const { source, session, path } = this.#at(uri);
    const { content, truncated } = await source.read(session, path, never()).catch(asFileError(uri));
    const more = truncated ? `\n${vscode.l10n.t('… the server shows no more of this file.')}\n` : '';
    return new TextEncoder().encode(`${content}${more}`);
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  writeFile(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  /** Of what was listed alone: a mark is no reason to ask. */
  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    if (uri.scheme !== SCHEME) return undefined;
    const listed = this.#listed.get(uri.with({ path: parentOf(uri.path) }).toString());
    const { branch, origin } = listed?.entries.find(({ name }) => name === nameOf(uri.path)) ?? {};
    if (branch === undefined) return undefined;
    const tooltip =
      origin === undefined
        ? vscode.l10n.t('A repository, on the branch {0}', plainLine(branch, 60))
        : vscode.l10n.t('A repository, on the branch {0}, of {1}', plainLine(branch, 60), plainLine(origin, 100));
    return new vscode.FileDecoration('⎇', tooltip, new vscode.ThemeColor('gitDecoration.submoduleResourceForeground'));
  }

  async show({ environment, session, path }: Place, line?: number): Promise<void> {
    await showFarFile(farUri(environment, session, path), line);
  }

  /** Something happened to these in a session. */
  changed(environment: string, { session, changes }: FarFilesChanged): void {
    this.#listed.clear();
    const told = changes.map(({ path, type }) => ({
      uri: farUri(environment, session, path),
      type: CHANGES[type] ?? vscode.FileChangeType.Changed,
    }));
    for (const { uri } of told) this.#times.set(uri.toString(), Date.now());
    this.#changed.fire(told);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** One that its folder does not show: the far side may read it all the same. */
  async #typeOf(uri: vscode.Uri): Promise<FarEntry['type']> {
    try {
      await this.readFile(uri);
      return 'file';
    } catch (failure) {
      const listed = await this.#list(uri).catch(() => undefined);
      if (listed === undefined || listed.length === 0) throw failure;
      return 'directory';
    }
  }

  async #list(uri: vscode.Uri): Promise<readonly FarEntry[]> {
    const { source, session, path } = this.#at(uri);
    const key = uri.toString();
    const known = this.#listed.get(key);
    const now = performance.now();
    if (known !== undefined && now - known.at < FRESH) return known.entries;
    const entries = await source.list(session, path, never()).catch(asFileError(uri));
    if (this.#listed.size >= MOST) this.#listed.clear();
    this.#listed.set(key, { at: now, entries });
    const marked = entries.filter(({ branch }) => branch !== undefined);
    if (marked.length > 0) this.#marked.fire(marked.map(({ name }) => vscode.Uri.joinPath(uri, name)));
    return entries;
  }

  #at(uri: vscode.Uri): Place & { readonly source: FarFileSource } {
    const place = placeOf(uri);
    const source = this.#source(place.environment);
    if (source === undefined)
      throw vscode.FileSystemError.Unavailable(
        vscode.l10n.t('The environment “{0}” is not connected.', place.environment),
      );
    return { ...place, source };
  }
}

const placeOf = ({ path: whole }: vscode.Uri): Place => {
  const [, environment = '', session = '', ...rest] = whole.split('/');
  return {
    environment: decodeURIComponent(environment),
    session: decodeURIComponent(session),
    path: `/${rest.join('/')}`,
  };
};

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const FOLDER: vscode.FileStat = {
  type: vscode.FileType.Directory,
  ctime: 0,
  mtime: 0,
  size: 0,
  permissions: vscode.FilePermission.Readonly,
};
const FILE: vscode.FileStat = { ...FOLDER, type: vscode.FileType.File };

const TYPES: Readonly<Record<FarEntry['type'], vscode.FileType>> = {
  file: vscode.FileType.File,
  directory: vscode.FileType.Directory,
  symlink: vscode.FileType.SymbolicLink,
  other: vscode.FileType.Unknown,
};

const CHANGES: Readonly<Record<string, vscode.FileChangeType>> = {
  __proto__: null as never,
  added: vscode.FileChangeType.Created,
  modified: vscode.FileChangeType.Changed,
  deleted: vscode.FileChangeType.Deleted,
};

const asFileError =
  (uri: vscode.Uri) =>
  (failure: unknown): never => {
    if (!(failure instanceof PeerError)) throw vscode.FileSystemError.Unavailable(sentence(failure));
    if (failure.code === 404) throw vscode.FileSystemError.FileNotFound(uri);
    throw vscode.FileSystemError.NoPermissions(failure.message);
  };

const never = (): AbortSignal => new AbortController().signal;
