/**
 * Files that change while an agent works, and not through us: most agents write by themselves, and nothing hinders them.
 *
 * B1 What the person saves and what we write for an agent is told by nobody: it is known by its stamp, not by its name,
 *    so that a second change of the same file is another matter.
 * B2 A protected file is told at once, as an error, to every session that works; from then on no rule allows anything
 *    there. It does not count by what it was changed: whoever can write it has no need to be asked.
 * B3 Anything else is told once a turn, when it is over, without what git ignores.
 * B4 While nobody works, nothing is watched.
 */
import type { Clock } from '../base/clock.ts';
import { type Disposable, Disposables } from '../base/disposable.ts';
import { sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { Emitted } from '../model/event.ts';
import { WORDS } from '../model/fold/words.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { NoticeEntry } from '../model/entry.ts';
import { LIMITS } from './limits.ts';
import type { Workspace } from './ports.ts';
import { protectedBy } from './protectedFiles.ts';
import type { SessionStore } from './store.ts';
import { isUnfinished } from './unfinished.ts';

/**
 * What stands at a path: another text for another content or another time. `at`, wall time in ms, is when the file itself
 * was changed: the time of its content is whatever its writer says.
 */
export type Stamp =
  | { readonly kind: 'file'; readonly text: string; readonly at: number }
  | { readonly kind: 'folder' | 'gone' };

export interface OutOfBandParts {
  readonly store: Pick<SessionStore, 'get' | 'append' | 'onAppended' | 'onListed'>;
  readonly clock: Clock;
  readonly log: Log;
  roots(): readonly string[];
  /** Begins to tell absolute paths that may have changed, until it is ended. */
  watch(changed: (path: string) => void): Disposable;
  stampOf(path: string): Promise<Stamp>;
  /** Those protected files that every workspace may have, with their stamps: for a watcher can be made blind. */
  protectedFiles(): Promise<ReadonlyMap<string, string>>;
  /** Those of the paths that are nobody's work: build output, caches. */
  ignored(root: string, paths: readonly string[]): Promise<ReadonlySet<string>>;
  /** Tells the person, wherever they are. */
  alarm(session: Session, paths: readonly string[]): void;
}

interface Working {
  /** Wall time of the turn's begin, ms. */
  since: number;
  readonly changed: Set<string>;
  /** Protected ones that it was told of. */
  readonly told: Set<string>;
  ending: Disposable | undefined;
}

/** A watcher's news come in bursts, and a stamp is taken when they are over. */
const SETTLE = 150;
/** How long after a turn its last changes may still be on their way, ms. */
const GRACE = 1500;
/** What a file system's clock may be behind, ms. */
const TICK = 20;
/** Stamps that are remembered. */
const KNOWN = 500;

export class OutOfBand implements Disposable {
  readonly #parts: OutOfBandParts;
  readonly #owned = new Disposables();
  readonly #working = new Map<SessionKey, Working>();
  /** By path, the stamp that is accounted for. */
  readonly #known = new Map<string, string>();
  readonly #writing = new Map<string, number>();
  readonly #seen = new Set<string>();
  #before: ReadonlyMap<string, string> = new Map();
  #watching: Disposables | undefined;
  #settling: Disposable | undefined;

  constructor(parts: OutOfBandParts) {
    this.#parts = parts;
    this.#owned.add(
      parts.store.onAppended(({ key, session, logged }) => {
        // Where it lives it is watched.
        if (session.owns.history === 'them' || session.machine !== undefined) return;
        for (const { event } of logged) {
          if (event.kind === 'turn/started') this.#begin(key);
          if (event.kind === 'turn/ended') this.#end(key);
        }
      }),
    );
    this.#owned.add(parts.store.onListed(({ removed }) => removed.forEach((key) => this.#finish(key))));
    this.#owned.onEnd(() => {
      for (const { ending } of this.#working.values()) ending?.dispose();
      this.#stop();
    });
  }

  /** The same workspace; what is written through it is known as ours. */
  around(workspace: Workspace): Workspace {
    const wrote = async (paths: readonly string[]): Promise<void> => {
      await Promise.all(paths.map((path) => this.saved(path)));
      for (const path of paths) this.#release(path);
    };
    return {
      roots: () => workspace.roots(),
      place: (path, signal) => workspace.place(path, signal),
      readText: (place, range, signal) => workspace.readText(place, range, signal),
      writeText: async (place, content, settle, signal) => {
        const paths = [...new Set([place.path, place.real])];
        for (const path of paths) this.#writing.set(path, (this.#writing.get(path) ?? 0) + 1);
        try {
          return await workspace.writeText(place, content, settle, signal);
        } finally {
          await wrote(paths);
        }
      },
    };
  }

  /** The file is as the person, or we for an agent, have just left it. */
  async saved(path: string): Promise<void> {
    this.#account(path, await this.#parts.stampOf(path));
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #account(path: string, stamp: Stamp): void {
    this.#known.delete(path);
    this.#known.set(path, textOf(stamp));
    const [oldest] = this.#known.keys();
    if (this.#known.size > KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }

  #release(path: string): void {
    const left = (this.#writing.get(path) ?? 1) - 1;
    if (left > 0) this.#writing.set(path, left);
    else this.#writing.delete(path);
  }

  #begin(key: SessionKey): void {
    this.#finish(key);
    const working = {
      since: this.#parts.clock.now(),
      changed: new Set<string>(),
      told: new Set<string>(),
      ending: undefined,
    };
    this.#working.set(key, working);
    if (this.#watching !== undefined) return;
    const watching = new Disposables();
    this.#watching = watching;
    watching.add(this.#parts.watch((path) => this.#notice(path)));
    this.#look(watching, (found) => {
      this.#before = found;
    });
  }

  #end(key: SessionKey): void {
    const working = this.#working.get(key);
    const watching = this.#watching;
    if (working === undefined || watching === undefined) return;
    working.ending?.dispose();
    this.#look(watching, (now) => {
      for (const path of new Set([...now.keys(), ...this.#before.keys()]))
        if (now.get(path) !== this.#before.get(path)) this.#notice(path);
      this.#before = now;
    });
    working.ending = this.#parts.clock.after(GRACE, () => this.#finish(key));
  }

  #look(watching: Disposables, found: (files: ReadonlyMap<string, string>) => void): void {
    this.#parts.protectedFiles().then(
      (files) => {
        if (!watching.ended) found(files);
      },
      (failure: unknown) => this.#parts.log.warn(`The protected files were not looked at: ${sentence(failure)}`),
    );
  }

  #finish(key: SessionKey): void {
    const working = this.#working.get(key);
    if (working === undefined) return;
    working.ending?.dispose();
    this.#working.delete(key);
    if (this.#working.size === 0) this.#stop();
    this.#tellChanged(key, [...working.changed]).catch((failure: unknown) =>
      this.#parts.log.warn(`What changed during a turn was not told: ${sentence(failure)}`),
    );
  }

  #stop(): void {
    this.#watching?.dispose();
    this.#watching = undefined;
    this.#settling?.dispose();
    this.#settling = undefined;
    this.#seen.clear();
    this.#before = new Map();
  }

  #notice(path: string): void {
    if (this.#seen.size >= LIMITS.changedFiles || isNoise(this.#namesOf(path))) return;
    this.#seen.add(path);
    this.#settle();
  }

  #settle(): void {
    this.#settling ??= this.#parts.clock.after(SETTLE, () => {
      this.#settling = undefined;
      // One that is just being written is looked at when that is over.
      const ready = [...this.#seen].filter((path) => !this.#writing.has(path));
      for (const path of ready) this.#seen.delete(path);
      if (this.#seen.size > 0) this.#settle();
      this.#judge(ready).catch((failure: unknown) =>
        this.#parts.log.warn(`A change on the disk was not judged: ${sentence(failure)}`),
      );
    });
  }

  async #judge(paths: readonly string[]): Promise<void> {
    const stamps = await Promise.all(paths.map(async (path) => [path, await this.#parts.stampOf(path)] as const));
    const alarming: (readonly [path: string, stamp: Stamp])[] = [];
    for (const [path, stamp] of stamps) {
      if (stamp.kind === 'folder' || this.#known.get(path) === textOf(stamp)) continue;
      if (protectedBy(this.#namesOf(path)) === undefined) this.#note(path, stamp);
      // What was not there before and is not there now is the late news of an earlier change.
      else if (stamp.kind === 'file' || this.#before.has(path)) alarming.push([path, stamp]);
    }
    // Who begins to work later has nothing to do with it.
    for (const [path, stamp] of alarming) this.#account(path, stamp);
    for (const [key, working] of this.#working) {
      const during = alarming.filter(([, stamp]) => isDuring(working, stamp)).map(([path]) => path);
      if (during.length > 0) this.#alarm(key, during);
    }
  }

  /** Of the sessions that work where the file is; of all, where none does. */
  #note(path: string, stamp: Stamp): void {
    const all = [...this.#working].filter(([, working]) => isDuring(working, stamp));
    const there = all.filter(([key]) => isBelow(this.#parts.store.get(key)?.cwd ?? '', path));
    for (const [, { changed }] of there.length > 0 ? there : all)
      if (changed.size < LIMITS.changedFiles) changed.add(path);
  }

  #alarm(key: SessionKey, paths: readonly string[]): void {
    const session = this.#parts.store.get(key);
    const told = this.#working.get(key)?.told;
    const fresh = paths.filter((path) => told?.has(path) === false);
    if (session === undefined || fresh.length === 0) return;
    for (const path of fresh) told?.add(path);
    const events: Emitted[] = [
      {
        event: {
          kind: 'notice',
          severity: 'error',
          title: WORDS.protectedChanged,
          ...this.#filesOf(fresh),
        },
      },
    ];
    const rules = session.rules.filter(({ decision }) => decision !== 'allow');
    if (session.wary !== true || rules.length < session.rules.length)
      events.push({ event: { kind: 'rules/changed', rules, wary: true } });
    this.#parts.store.append(key, events);
    this.#parts.alarm(session, fresh);
  }

  async #tellChanged(key: SessionKey, paths: readonly string[]): Promise<void> {
    if (paths.length === 0) return;
    const ignored = await this.#ignored(paths);
    const left = paths.filter((path) => !ignored.has(path));
    if (left.length === 0 || this.#parts.store.get(key) === undefined) return;
    const notice = {
      kind: 'notice',
      severity: 'info',
      title: WORDS.changedOutside,
      ...this.#filesOf(left.toSorted()),
    } as const;
    this.#parts.store.append(key, [{ event: notice }]);
  }

  #filesOf(paths: readonly string[]): Pick<NoticeEntry, 'description' | 'locations'> {
    return { description: listOf(paths.map((path) => this.#nameOf(path))), locations: paths.map((path) => ({ path })) };
  }

  async #ignored(paths: readonly string[]): Promise<ReadonlySet<string>> {
    const all = new Set<string>();
    for (const root of this.#parts.roots()) {
      const own = paths.filter((path) => isBelow(root, path));
      if (own.length > 0) for (const path of await this.#parts.ignored(root, own)) all.add(path);
    }
    return all;
  }

  /** Below the innermost folder that holds it. */
  #namesOf(path: string): readonly string[] {
    const root = this.#parts
      .roots()
      .filter((each) => isBelow(each, path))
      .toSorted((a, b) => b.length - a.length)[0];
    return path
      .slice(root?.length ?? 0)
      .split(/[\\/]+/u)
      .filter((name) => name !== '');
  }

  #nameOf(path: string): string {
    return this.#namesOf(path).join('/');
  }
}

const isBelow = (folder: string, path: string): boolean =>
  folder !== '' && path.startsWith(folder) && (/[\\/]$/u.test(folder) || /^[\\/]/u.test(path.slice(folder.length)));

const isDuring = ({ since }: Working, stamp: Stamp): boolean => stamp.kind !== 'file' || stamp.at >= since - TICK;

const textOf = (stamp: Stamp): string => (stamp.kind === 'file' ? stamp.text : stamp.kind);

/** Git's own books change with every look at them; only what it obeys matters there. */
const isNoise = (names: readonly string[]): boolean => {
  if (isUnfinished(names.at(-1) ?? '')) return true;
  const git = names.findIndex((name) => name.toLowerCase() === '.git');
  if (git < 0) return names.some((name) => NOISE.has(name));
  const inside = names.slice(git + 1);
  return inside.length > 0 && !OBEYED.has(inside[0]?.toLowerCase() ?? '') && !isModuleSetting(inside);
};

const OBEYED: ReadonlySet<string> = new Set(['hooks', 'config', 'config.worktree']);
const isModuleSetting = (inside: readonly string[]): boolean =>
  inside[0]?.toLowerCase() === 'modules' && inside.slice(2).some((name) => OBEYED.has(name.toLowerCase()));

/** Folders of things that are made from others, in a workspace that has no git to say so. */
const NOISE: ReadonlySet<string> = new Set(['node_modules', '__pycache__', '.cache', '.DS_Store']);

const listOf = (names: readonly string[]): string => {
  const more = names.length - LIMITS.changedFilesTold;
  return [...names.slice(0, LIMITS.changedFilesTold), ...(more > 0 ? [`… (+${more})`] : [])].join('\n');
};
