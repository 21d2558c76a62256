import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Decision, Rule } from '../model/rule.ts';
import { decide, literalGlob, machineId, parseRules, type RuledAction, type RuledPlace } from './rules.ts';

const rule = (decision: Decision, tool: string, match?: Rule['match']): Rule => ({
  id: decision,
  scope: 'machine',
  tool,
  decision,
  ...(match === undefined ? {} : { match }),
});
const inside = (relative: string, more: Partial<RuledPlace> = {}): RuledPlace => ({
  path: `/ws/${relative}`,
  real: `/ws/${relative}`,
  inside: true,
  root: '/ws',
  relative,
  ...more,
});
const outside = (path: string, real = path): RuledPlace => ({ path, real, inside: false });
const edits = (...places: readonly RuledPlace[]): RuledAction => ({ tool: 'edit', places });
const runs = (argv: readonly string[] | undefined, ...places: readonly RuledPlace[]): RuledAction => ({
  tool: 'execute',
  places: places.length === 0 ? [inside('')] : places,
  ...(argv === undefined ? {} : { argv }),
});
const says = (rules: readonly Rule[], action: RuledAction): Decision | undefined => decide(rules, action).decision;

describe('what rules decide', () => {
  test('[demand 8] D1 deny goes before ask and ask before allow, in whatever order they stand, and the same one is named', () => {
    const some = fc.uniqueArray(
      fc
        .tuple(
          fc.constantFrom<Decision>('allow', 'ask', 'deny'),
          fc.constantFrom('edit', 'read', '*'),
          fc.constantFrom(undefined, '**', 'src/**', 'src/a.ts', '*.md', '/ws/src/*'),
          fc.constantFrom<Rule['scope']>('session', 'folder', 'machine'),
        )
        .map(([decision, tool, match, scope]): Rule => ({ ...rule(decision, tool, match), scope })),
      { minLength: 1, maxLength: 8, selector: ({ scope, ...written }) => `${scope}${machineId(written)}` },
    );
    const numbered = some.map((rules) => rules.map((each, index) => ({ ...each, id: `r${index}` })));
    const shuffled = numbered.chain((rules) =>
      fc.tuple(fc.constant(rules), fc.shuffledSubarray(rules, { minLength: rules.length })),
    );
    fc.assert(
      fc.property(shuffled, fc.constantFrom('src/a.ts', 'README.md', 'test/b.ts'), ([rules, others], path) => {
        const action = edits(inside(path));
        const first = decide(rules, action);
        expect(decide(others, action)).toEqual(first);
        const fitting = rules.filter((each) => says([each], action) !== undefined).map(({ decision }) => decision);
        const strongest = (['deny', 'ask', 'allow'] as const).find((decision) => fitting.includes(decision));
        expect(first.decision).toBe(strongest);
      }),
      { numRuns: 1000 },
    );
  });

  test('[S27] D2 a command elsewhere in the workspace is allowed by a rule of the machine alone, and refused by any', () => {
    const action: RuledAction = { ...runs(['make'], inside('', { root: '/other' })), elsewhere: true };
    for (const scope of ['session', 'folder', 'machine'] as const) {
      expect(says([{ ...rule('allow', 'execute', ['make']), scope }], action)).toBe(
        scope === 'machine' ? 'allow' : undefined,
      );
      for (const decision of ['ask', 'deny'] as const)
        expect(says([{ ...rule(decision, 'execute', ['make']), scope }], action)).toBe(decision);
    }
  });

  test('[S26] D2 nothing that is protected is allowed, by no rule at all', () => {
    const place = inside('.git/config', { protectedBy: '.git/**' });
    const all = [
      rule('allow', '*'),
      rule('allow', 'edit'),
      rule('allow', 'edit', '**'),
      rule('allow', 'edit', '/ws/.git/config'),
    ];
    for (const each of all) expect(says([each], edits(place))).toBeUndefined();
    expect(says([...all, rule('deny', 'edit', '.git/**')], edits(place))).toBe('deny');
    expect(says([rule('allow', 'execute', ['ls'])], runs(['ls'], place))).toBeUndefined();
  });

  test('[S20] D2 what is outside is allowed by its real path only, named whole', () => {
    expect(
      says([rule('allow', 'edit'), rule('allow', '*'), rule('allow', 'edit', '**')], edits(outside('/etc/hosts'))),
    ).toBeUndefined();
    expect(says([rule('allow', 'edit', '/etc/*')], edits(outside('/etc/hosts')))).toBe('allow');
    expect(says([rule('allow', 'edit', '/etc/*')], edits(outside('/etc/hosts', '/private/etc/hosts')))).toBeUndefined();
    expect(says([rule('allow', 'edit', '/private/etc/*')], edits(outside('/etc/hosts', '/private/etc/hosts')))).toBe(
      'allow',
    );
    expect(says([rule('allow', 'execute', ['ls'])], runs(['ls'], outside('/etc')))).toBeUndefined();
  });

  test('[S21] D2 every place has to be named, by where it really leads', () => {
    const linked = inside('safe/link', { real: '/ws/secret/x', relative: 'secret/x' });
    expect(says([rule('allow', 'edit', 'safe/**')], edits(linked))).toBeUndefined();
    expect(says([rule('deny', 'edit', 'safe/**')], edits(linked))).toBe('deny');
    expect(says([rule('deny', 'edit', '/ws/safe/**')], edits(linked))).toBe('deny');
    expect(says([rule('deny', 'edit', 'secret/**')], edits(linked))).toBe('deny');
    expect(says([rule('allow', 'edit', 'src/**')], edits(inside('src/a'), inside('b')))).toBeUndefined();
    expect(says([rule('deny', 'edit', 'src/**')], edits(inside('src/a'), inside('b')))).toBe('deny');
    expect(says([rule('allow', 'edit')], edits())).toBeUndefined();
    expect(says([rule('allow', 'search')], { tool: 'search', places: [] })).toBe('allow');
    expect(says([rule('allow', 'edit')], { tool: 'delete', places: [inside('src/a')] })).toBeUndefined();
  });

  test('[S23] D3 a refusal knows a name however it is written; an allow only as it is stored', () => {
    const place = inside('SRC/Cafe\u0301.ts');
    expect(says([rule('deny', 'edit', 'src/caf\u00e9.ts')], edits(place))).toBe('deny');
    expect(says([rule('allow', 'edit', 'src/caf\u00e9.ts')], edits(place))).toBeUndefined();
  });

  test('[S28] [CVE-2025-64755] [CVE-2025-58764] a command is allowed with exactly these arguments and no others', () => {
    const allow = [rule('allow', 'execute', ['sed', '-n', '1p', 'a']), rule('allow', 'execute', ['rg', 'x'])];
    expect(says(allow, runs(['sed', '-n', '1p', 'a']))).toBe('allow');
    for (const argv of [
      ['sed', '-i', '1p', 'a'],
      ['sed', '-n', '1p', 'a', 'b'],
      ['sed', '-n', '1p'],
      ['rg', '--pre', 'x'],
      ['rg', 'x', '--pre=e'],
      ['RG', 'x'],
      undefined,
    ])
      expect(says(allow, runs(argv)), String(argv)).toBeUndefined();
    expect(says([rule('allow', '*'), rule('allow', '*', '**')], runs(['ls']))).toBeUndefined();
    expect(says([rule('deny', 'execute')], runs(undefined))).toBe('deny');
  });

  test('[S28] D4 a command that nobody can read is asked about while a rule refuses or asks about any', () => {
    for (const tool of ['execute', '*']) {
      const refuses = rule('deny', tool, ['rm', '-rf', '/']);
      expect(decide([refuses], runs(undefined))).toEqual({ decision: 'ask', rule: refuses });
      expect(says([rule('ask', tool, ['git', 'push'])], runs(undefined))).toBe('ask');
      expect(says([refuses], runs(['ls']))).toBe(undefined);
      expect(says([refuses, rule('deny', 'execute')], runs(undefined))).toBe('deny');
    }
    expect(says([rule('allow', 'execute', ['ls'])], runs(undefined))).toBe(undefined);
    // A rule about files says nothing of commands.
    expect(says([rule('deny', 'edit', 'src/**')], runs(undefined))).toBe(undefined);
  });

  test('[S20] [acp 4.2.2] paths of Windows are told apart by their segments, whichever way they are parted', () => {
    const place = outside('C:\\Users\\me\\a.txt');
    expect(says([rule('allow', 'read', 'C:\\Users\\me\\*')], { tool: 'read', places: [place] })).toBe('allow');
    expect(says([rule('allow', 'read', 'C:/Users/*')], { tool: 'read', places: [place] })).toBeUndefined();
  });

  test('[demand 8] the glob of one path fits that path and no other', () => {
    const path = fc
      .array(
        fc.string({
          unit: fc.constantFrom('a', 'B', '*', '?', '[', ']', '!', '-', ' ', '^', 'é'),
          minLength: 1,
          maxLength: 5,
        }),
        { minLength: 1, maxLength: 4 },
      )
      .map((names) => names.join('/'));
    fc.assert(
      fc.property(path, path, (one, other) => {
        const glob = literalGlob(one);
        fc.pre(glob !== undefined);
        expect(says([rule('allow', 'edit', glob ?? '')], edits(inside(one)))).toBe('allow');
        expect(says([rule('allow', 'edit', glob ?? '')], edits(inside(other)))).toBe(
          one === other ? 'allow' : undefined,
        );
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the setting', () => {
  test('[demand 8] reads what is right, names what is not, and keeps the rest', () => {
    const { rules, problems } = parseRules([
      { tool: 'edit', match: 'src/**', decision: 'allow' },
      { tool: 'execute', match: ['npm', 'test'], decision: 'allow' },
      { tool: '*', decision: 'ask' },
      { tool: 'execute', decision: 'deny' },
      { tool: 'execute', decision: 'allow' },
      { tool: 'execute', match: 'npm test', decision: 'allow' },
      { tool: 'edit', match: ['a'], decision: 'allow' },
      { tool: 'edit', match: '../a', decision: 'deny' },
      { tool: 'edit', match: '~/a', decision: 'deny' },
      { tool: 'edit', match: 'a\\b', decision: 'deny' },
      { tool: 'edit', match: '{a,{b,c}}', decision: 'deny' },
      { tool: 'Bash(*)', decision: 'allow' },
      { tool: 'read', decision: 'yes' },
      { tool: 'read', decision: 'deny', when: 'always' },
      'read',
    ]);
    expect(rules.map(({ tool, match, decision }) => [tool, match, decision])).toEqual([
      ['edit', 'src/**', 'allow'],
      ['execute', ['npm', 'test'], 'allow'],
      ['*', undefined, 'ask'],
      ['execute', undefined, 'deny'],
    ]);
    expect(problems.map(({ key, expected }) => `${key} ${expected}`)).toEqual(
      [
        '[4].match narrower',
        '[5].match arguments',
        '[6].match glob',
        '[7].match glob',
        '[8].match glob',
        '[9].match glob',
        '[10].match glob',
        '[11].tool tool',
        '[12].decision decision',
        '[13].when knownKey',
        '[14] object',
      ].map((line) => `wheelhouse.permissions.rules${line}`),
    );
    expect(parseRules({})).toEqual({
      rules: [],
      problems: [{ key: 'wheelhouse.permissions.rules', expected: 'list' }],
    });
    expect(parseRules(undefined)).toEqual({ rules: [], problems: [] });
  });

  test('[F1] never throws, and whatever it lets through is a rule', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.array(
            fc.record({ tool: fc.anything(), match: fc.anything(), decision: fc.anything() }, { requiredKeys: [] }),
          ),
        ),
        (value) => {
          for (const each of parseRules(value).rules) expect(['allow', 'ask', 'deny']).toContain(each.decision);
        },
      ),
    );
  });

  test('[demand 8] the same entry has the same id wherever it stands, another entry another', () => {
    const [a, b] = [
      { tool: 'edit', match: 'a', decision: 'allow' },
      { tool: 'edit', match: 'b', decision: 'allow' },
    ];
    const ids = (value: unknown): readonly string[] => parseRules(value).rules.map(({ id }) => id);
    expect(ids([a, b])).toEqual(ids([b, a]).toReversed());
    expect(new Set(ids([a, b])).size).toBe(2);
  });
});
