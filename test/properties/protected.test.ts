import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/failure.ts';
import { type Looks, Places } from '../../src/machine/place.ts';
import { readVerified, writeVerified } from '../../src/machine/verifiedFile.ts';
import type { Outcome } from '../../src/model/question.ts';
import type { Decision, Rule, RuleScope } from '../../src/model/rule.ts';
import { Gate, type GateDraft } from '../../src/router/gate.ts';
import type { Workspace } from '../../src/router/ports.ts';
import { PROTECTED } from '../../src/router/protectedFiles.ts';
import { decide } from '../../src/router/rules.ts';

/** Spellings of each pattern on a file system that takes them for the same name. */
const SPELLINGS = Number(process.env['SPELLINGS'] ?? 100);

const never = new AbortController().signal;

/** Paths that a pattern stands for: the folder itself cannot be written, what lies in it can, at any depth. */
const pathsOf = (pattern: string): readonly string[] => {
  const named = pattern.replace('*.', 'any.').replace(/\*(?=\.|$)/u, 'any');
  if (!pattern.endsWith('/**')) return [named];
  const above = pattern.slice(0, -'/**'.length);
  return [above, `${above}/file`, `${above}/deep/er/file`];
};

/** Whatever somebody may have allowed, in each scope: everything, the folder, the very file. */
const allowing = (path: string, root: string): readonly Rule[] =>
  (['session', 'folder', 'machine'] as const).flatMap((scope: RuleScope) =>
    [undefined, '**', `${dirname(path)}/**`, path, join(root, path)].flatMap((match, index) =>
      (['edit', '*'] as const).map((tool) => ({
        id: `${scope} ${index} ${tool}`,
        scope,
        tool,
        decision: 'allow' as Decision,
        ...(match === undefined ? {} : { match }),
      })),
    ),
  );

/** A gate that asks a test, and that knows the rules. */
const gateOf = (
  workspace: Workspace,
  rules: readonly Rule[],
  ask: (draft: GateDraft) => Outcome | Promise<Outcome>,
): { readonly gate: Gate; readonly ruled: Rule[] } => {
  const ruled: Rule[] = [];
  let ids = 0;
  const gate = new Gate({
    workspace,
    decide: (action) => decide(rules, action),
    ask: async (draft) => await ask(draft),
    ruled: (_, rule) => void ruled.push(rule),
    ended: () => undefined,
    reworked: () => undefined,
    id: () => `call ${(ids += 1)}`,
  });
  return { gate, ruled };
};

const chosen = (option: string): Outcome => ({ kind: 'selected', option });

describe('protected files on a real disk', () => {
  let folder = '';
  beforeAll(() => (folder = realpathSync(mkdtempSync(join(tmpdir(), 'wheelhouse-protected-')))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The disk, through what judges, reads and writes it for an agent. */
  const diskAt = (root: string): Workspace => {
    const places = new Places(() => [root]);
    const textOf = async (real: string): Promise<string | undefined> => {
      const bytes = await readVerified(real, 1000, never);
      return bytes && Buffer.from(bytes).toString();
    };
    return {
      roots: () => [root],
      place: (path) => places.find(path),
      async readText({ real }) {
        const text = await textOf(real);
        if (text === undefined) throw new Failure('not found', `There is no ${real}.`);
        return text;
      },
      async writeText({ real }, content) {
        const isNew = (await textOf(real)) === undefined;
        await writeVerified(real, Buffer.from(content), { isNew }, never);
        return 'written';
      },
    };
  };

  const inIt = (root: string): readonly string[] =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .map((entry) => {
        const at = join(entry.parentPath, entry.name);
        return entry.isFile() ? `${at}: ${readFileSync(at, 'utf8')}` : at;
      })
      .sort();

  const STATES = {
    'the file absent': (path: string) => void mkdirSync(dirname(path), { recursive: true }),
    'the file present': (path: string) => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'old');
    },
    'its folder absent': () => undefined,
  } as const;

  const cases = PROTECTED.flatMap((pattern) =>
    (Object.keys(STATES) as (keyof typeof STATES)[]).map((state) => [pattern, state] as const),
  );

  test.each(cases)(
    '[S24] [S26] %s, %s: asked for before anything is written, whatever rules allow',
    async (pattern, state) => {
      for (const [index, name] of pathsOf(pattern)
        .flatMap((path) => [path, `packages/a/${path}`])
        .entries()) {
        const root = join(folder, `${PROTECTED.indexOf(pattern)}-${state.replaceAll(' ', '-')}-${index}`);
        const path = join(root, name);
        mkdirSync(root);
        STATES[state](path);
        const before = inIt(root);
        for (const answer of ['reject', 'allow']) {
          const asked: GateDraft[] = [];
          const { promise: answered, resolve } = Promise.withResolvers<Outcome>();
          const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
          const { gate, ruled } = gateOf(diskAt(root), allowing(name, root), (draft) => {
            asked.push(draft);
            reach();
            return answered;
          });
          const writing = gate.write(path, 'new', never);
          await Promise.race([reached, writing]);
          expect(asked, name).toMatchObject([
            {
              guard: { kind: 'protected', detail: pattern },
              tool: { content: [{ path, oldText: state === 'the file present' ? 'old' : null, newText: 'new' }] },
            },
          ]);
          expect(inIt(root)).toEqual(before);
          resolve(chosen(answer));
          if (answer === 'reject') {
            await expect(writing).rejects.toMatchObject({ code: 'refused' });
            expect(inIt(root)).toEqual(before);
          } else {
            await writing;
            expect(readFileSync(path, 'utf8')).toBe('new');
          }
          expect(ruled).toEqual([]);
        }
      }
    },
  );
});

/** What a file system that is forgiving takes for the same: case, and how a letter is composed. */
const same = (path: string): string => path.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFC');

/** A disk in memory that keeps names as they were given and finds them under any spelling. */
const forgiving = (folders: readonly string[]): Looks => {
  const stored = new Map(['/', ...folders].map((path) => [same(path), path]));
  return {
    flavour: 'posix',
    kind: (path) => Promise.resolve(stored.has(same(path)) ? 'folder' : undefined),
    target: () => Promise.resolve(''),
    real: (path) => Promise.resolve(stored.get(same(path))),
    identity: (path) => Promise.resolve(stored.get(same(path))),
  };
};

/** Characters that HFS+, APFS or NTFS find a plain letter under, or that fold to one. */
const TWINS: Readonly<Record<string, string>> = { s: '\u017f', k: '\u212a' };
const FORMS = ['NFC', 'NFD', 'NFKC', 'NFKD'] as const;

/** A text in another spelling: each letter in one case or the other, or as a twin of it, and all of it in one form. */
const spelled = (text: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(fc.nat(9), { minLength: text.length, maxLength: text.length }), fc.constantFrom(...FORMS))
    .map(([draws, form]) =>
      Array.from(text, (letter, index) => {
        const draw = draws[index] ?? 0;
        if (draw < 4) return letter;
        return draw < 8 ? letter.toUpperCase() : (TWINS[letter] ?? letter.toUpperCase());
      })
        .join('')
        .normalize(form),
    );

describe('protected files where names are forgiving', () => {
  const ROOT = '/Users/Mé/Café';

  test.each(PROTECTED)('[S23] [CVE-2025-59944] %s in any case and form, there or not', async (pattern) => {
    const cases = fc.constantFrom(...pathsOf(pattern)).chain((name) => {
      const folders = name.split('/').slice(0, -1);
      return fc.record({
        name: fc.constant(name),
        root: spelled(ROOT),
        // What is there already is stored as somebody once wrote it.
        below: fc.tuple(fc.boolean(), spelled(folders.join('/'))).map(([there, way]) => (there ? way.split('/') : [])),
        asked: fc.tuple(spelled(ROOT), spelled(name)).map(([root, path]) => `${root}/${path}`),
      });
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ name, root, below, asked }) => {
        const way = below
          .filter((each) => each !== '')
          .map((_, index) => `${ROOT}/${below.slice(0, index + 1).join('/')}`);
        const places = new Places(() => [root], forgiving(['/Users', '/Users/Mé', ROOT, ...way]));
        const unwritten = (): Promise<never> => Promise.reject(new Error('it was written'));
        const questions: GateDraft[] = [];
        const { gate, ruled } = gateOf(
          {
            roots: () => [root],
            place: (path) => places.find(path),
            readText: () => Promise.reject(new Failure('not found', 'It is not there.')),
            writeText: unwritten,
          },
          [...allowing(name, ROOT), ...allowing(asked, '/')],
          (draft) => (questions.push(draft), chosen('reject')),
        );
        expect(await places.find(asked)).toMatchObject({ inside: true, protectedBy: pattern });
        await expect(gate.write(asked, 'new', never)).rejects.toMatchObject({ code: 'refused' });
        expect(questions).toMatchObject([{ guard: { kind: 'protected', detail: pattern } }]);
        expect(ruled).toEqual([]);
      }),
      { numRuns: SPELLINGS },
    );
  });
});
