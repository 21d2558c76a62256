import type { ContentBlock } from '@agentclientprotocol/sdk';
import { describe, expect, test } from 'vitest';
import { Failure } from '../base/failure.ts';
import { manualClock } from '../base/testing.ts';
import { LIMITS } from './limits.ts';
import { Mentions } from './mentions.ts';
import type { FoundFile, GitChange, Queries } from './queries.ts';

const { signal } = new AbortController();

interface World {
  readonly roots?: readonly string[];
  readonly files?: readonly string[];
  readonly changes?: readonly GitChange[];
  readonly recent?: readonly string[];
  readonly diff?: string;
}

const mentionsOf = ({ roots = ['/w'], files = [], changes, recent = [], diff = 'diff' }: World): Mentions => {
  const foundFile = (path: string): readonly FoundFile[] => {
    const root = roots.findLast((each) => path.startsWith(`${each}/`));
    return root === undefined ? [] : [{ path, root, relative: path.slice(root.length + 1) }];
  };
  const queries: Queries = {
    roots: () => roots,
    list: async (folder) => {
      if (folder !== '/w/src') throw new Failure('not found', 'There is no such folder.');
      return {
        entries: [
          { name: 'deep', kind: 'folder' },
          { name: 'a.ts', kind: 'file' },
        ],
        more: false,
      };
    },
    measure: async (_, entries) => entries,
    read: async () => '',
    findFiles: async (_, found) => {
      found(files.flatMap(foundFile));
      return { more: false };
    },
    search: async ({ text }, found) => {
      found(foundFile('/w/src/a.ts').map((file) => ({ ...file, line: 12, column: 3, text: `  the ${text} ` })));
      return { more: true };
    },
    gitStatus: async () => {
      if (changes === undefined) throw new Failure('no repository', 'None.');
      return { branch: 'main', changes, more: false };
    },
    gitDiff: async () => ({ text: diff, more: false }),
    gitIgnored: async () => new Set(),
  };
  return new Mentions({
    queries,
    clock: manualClock(),
    recent: () => recent,
    rootName: (root) => root.slice(1).toUpperCase(),
    addressOf: (path) => `file://${path}`,
  });
};

const labels = async (mentions: Mentions, words: string, of: 'file' | 'text' = 'file'): Promise<readonly string[]> =>
  (await mentions.suggest({ of, words }, signal)).items.map(({ label }) => label);

const link = (uri: string, name = 'x'): ContentBlock => ({ type: 'resource_link', uri, name });

describe('what a prompt may name', () => {
  test('[mention] files are found by their letters, the best first', async () => {
    const mentions = mentionsOf({ files: ['/w/src/store.ts', '/w/README.md', '/w/store/x.ts'] });
    expect(await labels(mentions, 'store')).toEqual(['src/store.ts', 'store/x.ts']);
  });

  test('[mention] without letters: what is open, what was changed, then the rest, each once', async () => {
    const files = ['/w/a.ts', '/w/b.ts', '/w/c.ts'];
    const changes = [
      { path: '/w/b.ts', index: '.', worktree: 'M' },
      { path: '/w/gone.ts', index: '.', worktree: 'D' },
    ];
    const mentions = mentionsOf({ files, changes, recent: ['/w/c.ts', '/elsewhere/x.ts'] });
    expect(await labels(mentions, '')).toEqual(['c.ts', 'changes', 'b.ts', 'a.ts']);
  });

  test('[mention] a slash at the end shows what is in the folder', async () => {
    expect(await labels(mentionsOf({}), 'src/')).toEqual(['src/deep', 'src/a.ts']);
    expect(await labels(mentionsOf({}), 'none/')).toEqual([]);
  });

  test('[acp 4.2.1] with several roots a label begins with the name of its root', async () => {
    const mentions = mentionsOf({ roots: ['/w', '/v'], files: ['/w/a.ts', '/v/a.ts'] });
    expect(await labels(mentions, 'a.ts')).toEqual(['V/a.ts', 'W/a.ts'].toReversed());
    expect(await labels(mentions, 'W/src/')).toEqual(['W/src/deep', 'W/src/a.ts']);
  });

  test('[mention] an id becomes a link to what it was offered for, with its line', async () => {
    const mentions = mentionsOf({ files: ['/w/a.ts'] });
    const [file] = (await mentions.suggest({ of: 'file', words: 'a' }, signal)).items;
    const [line] = (await mentions.suggest({ of: 'text', words: 'needle' }, signal)).items;
    expect(line).toMatchObject({ label: 'src/a.ts:12', kind: 'line', text: 'the needle' });
    const prompt = [
      { type: 'text', text: 'look' } as const,
      link(`mention:${file?.id}`, 'anything'),
      link(`mention:${line?.id}`),
    ];
    expect(await mentions.resolve(prompt, undefined, signal)).toEqual([
      { type: 'text', text: 'look' },
      link('file:///w/a.ts', 'a.ts'),
      link('file:///w/src/a.ts#L12', 'src/a.ts:12'),
    ]);
  });

  test('[mention] the same file has the same id each time it is offered', async () => {
    const mentions = mentionsOf({ files: ['/w/a.ts'] });
    const [first] = (await mentions.suggest({ of: 'file', words: 'a' }, signal)).items;
    const [again] = (await mentions.suggest({ of: 'file', words: '' }, signal)).items;
    expect(again?.id).toBe(first?.id);
  });

  test.each([['mention:unknown'], ['queued:0'], ['file:///etc/passwd'], ['http://example.com']])(
    '[S44] %s names nothing that was offered, so it is refused',
    async (uri) => {
      await expect(mentionsOf({}).resolve([link(uri)], undefined, signal)).rejects.toMatchObject({ code: 'gone' });
    },
  );

  test('[mention] a queued prompt that is changed keeps its parts by their number', async () => {
    const before = [{ type: 'text', text: 'x' } as const, link('file:///w/a.ts', 'a.ts')];
    expect(await mentionsOf({}).resolve([link('queued:1')], before, signal)).toEqual([before[1]]);
    await expect(mentionsOf({}).resolve([link('queued:2')], before, signal)).rejects.toMatchObject({ code: 'gone' });
  });

  test('[mention] changes go along as the difference that git tells, cut where it has no end', async () => {
    const changes = [{ path: '/w/b.ts', index: '.', worktree: 'M' }];
    const mentions = mentionsOf({ changes, diff: 'x'.repeat(LIMITS.mentionedChanges + 1) });
    const [offer] = (await mentions.suggest({ of: 'file', words: 'chan' }, signal)).items;
    expect(offer).toMatchObject({ label: 'changes', kind: 'changes', count: 1 });
    const [block] = await mentions.resolve([link(`mention:${offer?.id}`)], undefined, signal);
    expect(block).toMatchObject({ type: 'resource', resource: { uri: 'file:///w#changes', mimeType: 'text/x-diff' } });
    expect(JSON.stringify(block).length).toBeLessThan(LIMITS.mentionedChanges + 200);
    expect(JSON.stringify(block)).toContain('this is its beginning');
  });

  test('[mention] of endless offers the oldest are forgotten', async () => {
    const files = Array.from({ length: LIMITS.mentionsKnown }, (_, at) => `/w/f${at}.ts`);
    const mentions = mentionsOf({ files: ['/w/old.ts', ...files] });
    const [old] = (await mentions.suggest({ of: 'file', words: 'old' }, signal)).items;
    for (let at = 0; at < LIMITS.mentionsKnown / 10; at += 1)
      await mentions.suggest({ of: 'file', words: `f${at}` }, signal);
    await expect(mentions.resolve([link(`mention:${old?.id}`)], undefined, signal)).rejects.toMatchObject({
      code: 'gone',
    });
  });
});
