/**
 * What a person may name in a prompt: files, lines and changes of the workspace.
 *
 * M1 A surface is given ids and labels. It gives back ids, never a path (V3), and an id names nothing that was not offered.
 * M2 What it names goes to the agent as a link; what the agent takes of it is the backend's matter.
 */
import type { ContentBlock } from '@agentclientprotocol/sdk';
import type { Clock } from '../base/clock.ts';
import { Failure } from '../base/failure.ts';
import type { Mention } from '../protocol/view/messages.ts';
import { LIMITS } from './limits.ts';
import type { FoundFile, Queries } from './queries.ts';
import { Best, rankOf } from './rank.ts';

export interface MentionsParts {
  readonly queries: Queries;
  readonly clock: Clock;
  /** What the person has open, absolute paths, the last one first. */
  recent(): readonly string[];
  /** As the window calls a root. */
  rootName(root: string): string;
  addressOf(path: string): string;
}

export interface MentionQuery {
  /** Of names, or of the text in files. */
  readonly of: 'file' | 'text';
  readonly words: string;
}

type Prompt = readonly ContentBlock[];

interface Target {
  readonly path: string;
  readonly name: string;
  readonly kind: Mention['kind'];
  readonly line?: number;
}

const MENTION = 'mention:';
const QUEUED = 'queued:';

export class Mentions {
  readonly #parts: MentionsParts;
  /** By id and by what it names, so that the same thing has the same id for as long as it is known. */
  readonly #targets = new Map<string, Target>();
  readonly #ids = new Map<string, string>();

  constructor(parts: MentionsParts) {
    this.#parts = parts;
  }

  async suggest(
    { of, words }: MentionQuery,
    signal: AbortSignal,
  ): Promise<{ readonly items: readonly Mention[]; readonly more: boolean }> {
    if (of === 'text') return await this.#lines(words, signal);
    if (words.endsWith('/')) return await this.#folder(words, signal);
    const known = words === '' ? await this.#atHand(signal) : [];
    const best = new Best<FoundFile>(words, LIMITS.mentions);
    const query = { most: words === '' ? LIMITS.mentions : LIMITS.mentionFiles };
    const { more } = await this.#parts.queries.findFiles(
      query,
      (files) => files.forEach((file) => best.offer(file)),
      signal,
    );
    const changes = words !== '' && rankOf(words, CHANGES) !== undefined ? await this.#changes(signal) : [];
    const files = best.items.map((file) => this.#file(file));
    const items = unique([...known, ...changes, ...files]);
    return { items: items.slice(0, LIMITS.mentions), more: more || items.length > LIMITS.mentions };
  }

  /**
   * The prompt with what its ids name. `queued` is the prompt that it replaces, whose parts it may keep.
   * @throws Failure `gone` for what is not known any more, `invalid`
   */
  async resolve(prompt: Prompt, queued: Prompt | undefined, signal: AbortSignal): Promise<Prompt> {
    return await Promise.all(prompt.map((block) => this.#resolve(block, queued, signal)));
  }

  async #resolve(block: ContentBlock, queued: Prompt | undefined, signal: AbortSignal): Promise<ContentBlock> {
    if (block.type !== 'resource_link') return block;
    const { uri, name } = block;
    if (uri.startsWith(QUEUED)) {
      const kept = queued?.[Number(uri.slice(QUEUED.length))];
      if (kept === undefined) throw lost(name);
      return kept;
    }
    const target = uri.startsWith(MENTION) ? this.#targets.get(uri.slice(MENTION.length)) : undefined;
    if (target === undefined) throw lost(name);
    if (target.kind === 'changes') return await this.#changesOf(target, signal);
    const line = target.line === undefined ? '' : `#L${target.line}`;
    return { type: 'resource_link', uri: `${this.#parts.addressOf(target.path)}${line}`, name: target.name };
  }

  async #changesOf({ path, name }: Target, signal: AbortSignal): Promise<ContentBlock> {
    const { text, more } = await this.#parts.queries.gitDiff({ path }, signal);
    const cut = more || text.length > LIMITS.mentionedChanges;
    const shown = cut ? `${text.slice(0, LIMITS.mentionedChanges)}\n(It goes on; this is its beginning.)\n` : text;
    const uri = `${this.#parts.addressOf(path)}#${name}`;
    return { type: 'resource', resource: { uri, mimeType: 'text/x-diff', text: shown } };
  }

  /** Without a letter: what the person has open, and what was changed. */
  async #atHand(signal: AbortSignal): Promise<readonly Mention[]> {
    const open = this.#parts.recent().flatMap((path) => this.#fileAt(path) ?? []);
    const changes = await this.#changes(signal);
    const changed = changes.length === 0 ? [] : await this.#changedFiles(signal);
    return [...open.slice(0, LIMITS.mentions / 2), ...changes, ...changed];
  }

  async #changedFiles(signal: AbortSignal): Promise<readonly Mention[]> {
    const all: Mention[] = [];
    for (const root of this.#parts.queries.roots())
      for (const { path, worktree, index } of (await this.#status(root, signal))?.changes ?? [])
        if (worktree !== 'D' && index !== 'D') all.push(...(this.#fileAt(path) ?? []));
    return all;
  }

  async #changes(signal: AbortSignal): Promise<readonly Mention[]> {
    const { queries } = this.#parts;
    const found: Mention[] = [];
    for (const root of queries.roots()) {
      const status = await this.#status(root, signal);
      if (status === undefined || status.changes.length === 0) continue;
      const name = this.#labelOf(root, CHANGES);
      found.push(this.#offer({ path: root, name, kind: 'changes' }, { count: status.changes.length }));
    }
    return found;
  }

  /** No repository and no git are nothing to speak of here. */
  async #status(root: string, signal: AbortSignal) {
    return await this.#parts.queries.gitStatus(root, signal).catch((failure: unknown) => {
      if (signal.aborted || !(failure instanceof Failure)) throw failure;
      return undefined;
    });
  }

  async #lines(words: string, signal: AbortSignal) {
    const items: Mention[] = [];
    const query = { text: words, most: LIMITS.mentions };
    const { more } = await this.#parts.queries.search(
      query,
      (matches) => {
        for (const { path, root, relative, line, text } of matches) {
          const name = `${this.#labelOf(root, relative)}:${line}`;
          items.push(this.#offer({ path, name, kind: 'line', line }, { text: text.trim() }));
        }
      },
      signal,
    );
    return { items, more };
  }

  /** `words` name a folder as the labels do. */
  async #folder(words: string, signal: AbortSignal) {
    const { queries } = this.#parts;
    const path = words.slice(0, -1);
    for (const root of queries.roots()) {
      const below = this.#several ? withoutPrefix(path, this.#parts.rootName(root)) : path;
      if (below === undefined) continue;
      const folder = below === '' ? root : `${root}/${below}`;
      const listed = await queries.list(folder, signal).catch((failure: unknown) => {
        if (signal.aborted || !(failure instanceof Failure)) throw failure;
        return undefined;
      });
      if (listed === undefined) continue;
      const items = listed.entries
        .filter(({ kind }) => kind !== 'other')
        .slice(0, LIMITS.mentions)
        .map(({ name, kind }) =>
          this.#offer({ path: `${folder}/${name}`, name: words + name, kind: kind === 'folder' ? 'folder' : 'file' }),
        );
      return { items, more: listed.more || listed.entries.length > LIMITS.mentions };
    }
    return { items: [], more: false };
  }

  get #several(): boolean {
    return this.#parts.queries.roots().length > 1;
  }

  #labelOf(root: string, relative: string): string {
    return this.#several ? `${this.#parts.rootName(root)}/${relative}` : relative;
  }

  #fileAt(path: string): readonly Mention[] | undefined {
    const root = this.#parts.queries
      .roots()
      .filter((each) => path.startsWith(each) && /^[\\/]/u.test(path.slice(each.length)))
      .toSorted((a, b) => b.length - a.length)[0];
    if (root === undefined) return undefined;
    return [this.#file({ path, root, relative: path.slice(root.length + 1).replaceAll('\\', '/') })];
  }

  #file({ path, root, relative }: FoundFile): Mention {
    return this.#offer({ path, name: this.#labelOf(root, relative), kind: 'file' });
  }

  #offer(target: Target, about: Pick<Mention, 'text' | 'count'> = {}): Mention {
    const { kind, name, path, line = 0 } = target;
    const key = `${kind} ${line} ${path}`;
    const id = this.#ids.get(key) ?? this.#parts.clock.id();
    // Put behind all others: what was offered long ago is forgotten first.
    this.#targets.delete(id);
    this.#targets.set(id, target);
    this.#ids.set(key, id);
    if (this.#targets.size > LIMITS.mentionsKnown) this.#forgetOldest();
    return { id, label: name, kind, ...about };
  }

  #forgetOldest(): void {
    const [oldest] = this.#targets;
    if (oldest === undefined) return;
    const [id, { kind, path, line = 0 }] = oldest;
    this.#targets.delete(id);
    this.#ids.delete(`${kind} ${line} ${path}`);
  }
}

const CHANGES = 'changes';

const withoutPrefix = (path: string, prefix: string): string | undefined =>
  path === prefix ? '' : path.startsWith(`${prefix}/`) ? path.slice(prefix.length + 1) : undefined;

const unique = (items: readonly Mention[]): readonly Mention[] => [
  ...new Map(items.map((item) => [item.id, item])).values(),
];

const lost = (name: string): Failure =>
  new Failure('gone', `What “@${name}” stands for is not known any more.`, 'Choose it again after @, or take it out.');
