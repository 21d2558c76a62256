import { describe, expect, test } from 'vitest';
import { Failure } from '../base/failure.ts';
import type { Outcome } from '../model/question.ts';
import type { Rule } from '../model/rule.ts';
import { Gate, type GateDraft } from './gate.ts';
import type { Conflict, Place, Settlement } from './ports.ts';
import { decide } from './rules.ts';

const never = new AbortController().signal;

/** A workspace in a test's hands: `/w` is inside, `.git` in it is protected, and links lead where `links` says. */
const world = () => {
  const files = new Map<string, string>();
  const links = new Map<string, string>();
  const rules: Rule[] = [];
  /** Folders that left the workspace, and files that are obeyed since. */
  const [left, obeyed] = [new Set<string>(), new Set<string>()];
  const asked: GateDraft[] = [];
  const done: string[] = [];
  const conflicts: Conflict[] = [];
  let answer: (draft: GateDraft) => Outcome | Promise<Outcome> = () => ({ kind: 'selected', option: 'reject' });
  let dirty: string | undefined;
  let lost: true | undefined;
  const place = (path: string): Place => {
    const real = links.get(path) ?? path;
    const inside = real.startsWith('/w/') && !left.has(real);
    return {
      path,
      real,
      inside,
      ...(inside ? { root: '/w', relative: real.slice(3) } : {}),
      ...(real.includes('/.git/') || obeyed.has(real) ? { protectedBy: '.git/**' } : {}),
      ...(files.has(real) ? { kind: 'file' } : real.endsWith('/') ? { kind: 'folder' } : {}),
    };
  };
  const gate = new Gate({
    workspace: {
      roots: () => ['/w'],
      place: (path) => Promise.resolve(place(path)),
      readText: ({ real }) => {
        const text = files.get(real);
        return text === undefined ? Promise.reject(new Failure('not found', 'none')) : Promise.resolve(text);
      },
      async writeText({ real }, content, settle) {
        let settled: Settlement = 'theirs';
        if (dirty !== undefined) {
          const conflict: Conflict = { mine: dirty, theirs: content, ...(lost === undefined ? {} : { lost }) };
          conflicts.push(conflict);
          settled = await settle(conflict);
        }
        if (settled === 'mine') return 'kept';
        if (settled === 'merge') return 'merging';
        files.set(real, content);
        return content.endsWith('!') ? 'reworked' : 'written';
      },
    },
    decide: (action) => decide(rules, action),
    ask: async (draft) => {
      asked.push(draft);
      return await answer(draft);
    },
    ruled: (draft, rule, option) => void done.push(`${rule.id}: ${option.id} ${draft.tool.locations[0]?.path ?? ''}`),
    ended: (call, well) => void done.push(`${call} ${well ? 'well' : 'badly'}`),
    reworked: (path) => void done.push(`reworked ${path}`),
    id: () => `c${asked.length + done.length}`,
  });
  return {
    gate,
    files,
    links,
    left,
    obeyed,
    rules,
    asked,
    done,
    conflicts,
    answers: (how: typeof answer) => (answer = how),
    setDirty: (text: string) => (dirty = text),
    /** What stands there is not the person's, but what a writer left that went away. */
    setLost: (text: string) => {
      dirty = text;
      lost = true;
    },
  };
};

const rule = (decision: Rule['decision'], tool: string, match = '**'): Rule => ({
  id: decision,
  scope: 'machine',
  tool,
  match,
  decision,
});
const yes: Outcome = { kind: 'selected', option: 'allow' };

describe('the gate of a session', () => {
  test('[S20] inside of the workspace nobody is asked', async () => {
    const { gate, files, asked, done } = world();
    await gate.write('/w/a', 'text', never);
    expect(files.get('/w/a')).toBe('text');
    expect(await gate.read('/w/a', {}, never)).toBe('text');
    expect(asked).toEqual([]);
    expect(done).toEqual([]);
  });

  test.each(['read', 'write'] as const)(
    '[S21] outside of it a %s is asked for, by where it really leads',
    async (what) => {
      const { gate, files, links, asked, answers, done } = world();
      links.set('/w/link', '/etc/x');
      files.set('/etc/x', 'secret');
      const act = () => (what === 'read' ? gate.read('/w/link', {}, never) : gate.write('/w/link', 'new', never));
      await expect(act()).rejects.toMatchObject({ code: 'refused' });
      expect(files.get('/etc/x')).toBe('secret');
      expect(asked[0]).toMatchObject({ guard: { kind: 'outside', detail: '/etc/x' } });
      expect(asked[0]?.tool.content).toEqual(
        what === 'read' ? [] : [{ type: 'diff', path: '/w/link', oldText: 'secret', newText: 'new' }],
      );
      answers(() => yes);
      expect(await act()).toBe(what === 'read' ? 'secret' : undefined);
      expect(done.map((line) => line.split(' ')[1])).toEqual(['badly', 'well']);
    },
  );

  test('[S26] what is protected is asked for with its change, and no rule allows it', async () => {
    const { gate, files, rules, asked, answers } = world();
    rules.push(rule('allow', '*'), rule('allow', 'edit', '.git/**'), rule('allow', 'edit', '/w/.git/hooks/pre-commit'));
    files.set('/w/.git/hooks/pre-commit', 'old');
    await expect(gate.write('/w/.git/hooks/pre-commit', 'new', never)).rejects.toMatchObject({ code: 'refused' });
    expect(asked).toMatchObject([
      {
        guard: { kind: 'protected', detail: '.git/**' },
        tool: { content: [{ type: 'diff', oldText: 'old', newText: 'new' }] },
      },
    ]);
    answers(() => yes);
    await gate.write('/w/.git/hooks/pre-commit', 'new', never);
    expect(files.get('/w/.git/hooks/pre-commit')).toBe('new');
    expect(await gate.read('/w/.git/hooks/pre-commit', {}, never)).toBe('new');
    expect(asked).toHaveLength(2);
  });

  test('[CVE-2026-25725] [S24] a protected file that is not there yet is asked for like one that is', async () => {
    const { gate, files, asked } = world();
    await expect(gate.write('/w/.git/hooks/pre-push', 'x', never)).rejects.toMatchObject({ code: 'refused' });
    expect(asked[0]?.tool.content).toEqual([
      { type: 'diff', path: '/w/.git/hooks/pre-push', oldText: null, newText: 'x' },
    ]);
    expect(files.size).toBe(0);
  });

  test('[S28] a rule refuses, asks or allows, and what it decided is told', async () => {
    const { gate, files, links, rules, asked, done } = world();
    rules.push(rule('deny', 'edit', 'secret/**'), rule('ask', 'edit', 'src/**'), rule('allow', 'read', '/opt/doc/**'));
    await expect(gate.write('/w/secret/a', 'x', never)).rejects.toMatchObject({ code: 'refused' });
    await expect(gate.write('/w/src/a', 'x', never)).rejects.toMatchObject({ code: 'refused' });
    expect(asked).toMatchObject([{ guard: { kind: 'rule', detail: 'ask' } }]);
    files.set('/opt/doc/a', 'words');
    expect(await gate.read('/opt/doc/a', {}, never)).toBe('words');
    links.set('/opt/doc/b', '/opt/other/b');
    files.set('/opt/other/b', 'secret');
    await expect(gate.read('/opt/doc/b', {}, never)).rejects.toMatchObject({ code: 'refused' });
    expect(done.filter((line) => line.includes(': '))).toEqual(['deny: reject /w/secret/a', 'allow: allow /opt/doc/a']);
    expect(files.has('/w/secret/a')).toBe(false);
  });

  test('[S22] what changed while the person was asked is not done, though they said yes', async () => {
    const { gate, files, links, answers } = world();
    files.set('/w/.git/config', 'old');
    answers(() => {
      files.set('/w/.git/config', 'another');
      return yes;
    });
    await expect(gate.write('/w/.git/config', 'new', never)).rejects.toMatchObject({ code: 'changed' });
    expect(files.get('/w/.git/config')).toBe('another');
    answers(() => {
      links.set('/etc/x', '/root/.ssh/authorized_keys');
      return yes;
    });
    await expect(gate.write('/etc/x', 'new', never)).rejects.toMatchObject({ code: 'changed' });
    expect([...files.keys()]).toEqual(['/w/.git/config']);
  });

  test('[S22] a yes to a file of the workspace is none to one that is outside or protected by then', async () => {
    const { gate, files, left, obeyed, rules, answers } = world();
    rules.push(rule('ask', 'edit'));
    for (const become of [left, obeyed]) {
      answers(() => (become.add('/w/a'), yes));
      await expect(gate.write('/w/a', 'new', never)).rejects.toMatchObject({ code: 'changed' });
      expect(files.has('/w/a')).toBe(false);
      become.clear();
    }
    answers(() => yes);
    await gate.write('/w/a', 'new', never);
    expect(files.get('/w/a')).toBe('new');
  });

  test('[acp 4.1.11] a question that ends with its turn allows nothing', async () => {
    const { gate, files, answers } = world();
    for (const outcome of [
      { kind: 'cancelled' },
      { kind: 'declined' },
      { kind: 'selected', option: 'else' },
    ] as const) {
      answers(() => outcome);
      await expect(gate.write('/w/.git/config', 'new', never)).rejects.toMatchObject({ code: 'cancelled' });
    }
    expect(files.size).toBe(0);
  });

  test.each([
    ['mine', 'kept', false],
    ['theirs', undefined, true],
    ['merge', 'merging', false],
  ] as const)('[demand 10] unsaved edits: %s', async (option, code, written) => {
    const { gate, files, asked, answers, conflicts, setDirty } = world();
    setDirty('mine');
    answers(() => ({ kind: 'selected', option }));
    const writing = gate.write('/w/a', 'theirs', never);
    if (code === undefined) await writing;
    else await expect(writing).rejects.toMatchObject({ code, next: expect.any(String) as string });
    expect(asked).toMatchObject([
      { guard: { kind: 'unsaved' }, tool: { content: [{ type: 'diff', oldText: 'mine', newText: 'theirs' }] } },
    ]);
    expect(conflicts).toHaveLength(1);
    expect(files.has('/w/a')).toBe(written);
  });

  test('[I9] what a lost writer left is asked about: it is written or left, and nothing is there to be merged', async () => {
    const { gate, files, asked, answers, setLost } = world();
    setLost('ha');
    answers(() => ({ kind: 'selected', option: 'merge' }));
    await expect(gate.write('/w/a', 'half', never)).rejects.toMatchObject({ code: 'cancelled' });
    expect(files.size).toBe(0);
    answers(() => ({ kind: 'selected', option: 'theirs' }));
    await gate.write('/w/a', 'half', never);
    expect(files.get('/w/a')).toBe('half');
    expect(asked[1]).toMatchObject({
      title: 'Write this file once more?',
      guard: { kind: 'lost', detail: '/w/a' },
      options: [
        { id: 'mine', kind: 'reject_once' },
        { id: 'theirs', kind: 'allow_once' },
      ],
      tool: { content: [{ type: 'diff', oldText: 'ha', newText: 'half' }] },
    });
  });

  test('[acp 4.1.4] writes of one file are done in the order in which they came, though the first one has to be asked for', async () => {
    const { gate, files, answers } = world();
    const first = Promise.withResolvers<Outcome>();
    answers(() => first.promise);
    const writes = [gate.write('/w/.git/config', 'first', never), gate.write('/w/.git/config', 'second', never)];
    // What needs nobody goes on meanwhile.
    await gate.write('/w/a', 'other', never);
    expect([...files.keys()]).toEqual(['/w/a']);
    answers(() => ({ kind: 'selected', option: 'allow' }));
    first.resolve({ kind: 'selected', option: 'allow' });
    await Promise.all(writes);
    expect(files.get('/w/.git/config')).toBe('second');
  });

  test('[acp 4.1.4] a text that the editor made into another one is told', async () => {
    const { gate, done } = world();
    await gate.write('/w/a', 'text!', never);
    expect(done).toEqual(['reworked /w/a']);
  });

  test.each([
    ['CVE-2026-25722', '/opt/'],
    ['CVE-2026-50548', '/w/out'],
  ])('[%s] a command is asked for that would run in %s, outside', async (_, cwd) => {
    const { gate, links, rules, asked, answers } = world();
    links.set('/w/out', '/opt/');
    rules.push({ id: 'make', scope: 'machine', tool: 'execute', match: ['make'], decision: 'allow' });
    const run = () => gate.run({ shown: 'make', argv: ['make'], cwd }, never);
    await expect(run()).rejects.toMatchObject({ code: 'refused' });
    expect(asked).toMatchObject([
      { guard: { kind: 'outside', detail: '/opt/' }, tool: { rawInput: { command: 'make', cwd: '/opt/' } } },
    ]);
    answers(() => yes);
    expect(await run()).toBe('/opt/');
  });

  test('[S25] a command runs in a folder that is there, as far as rules let it', async () => {
    const { gate, files, links, rules, asked } = world();
    const run = (cwd: string) => gate.run({ shown: 'make all', argv: ['make', 'all'], cwd }, never);
    files.set('/w/file', 'x');
    expect(await run('/w/')).toBe('/w/');
    links.set('/w/in', '/w/src/');
    expect(await run('/w/in')).toBe('/w/src/');
    await expect(run('/w/none')).rejects.toMatchObject({ code: 'not found' });
    await expect(run('/w/file')).rejects.toMatchObject({ code: 'invalid' });
    expect(asked).toEqual([]);
    rules.push({ id: 'no', scope: 'session', tool: 'execute', match: ['make', 'all'], decision: 'deny' });
    await expect(run('/w/')).rejects.toMatchObject({ code: 'refused' });
  });
});
