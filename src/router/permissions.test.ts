import { beforeEach, describe, expect, test } from 'vitest';
import { RecordingBackend } from '../../test/tools/backend.ts';
import { entriesOf, question } from '../../test/tools/sessions.ts';
import { silent } from '../base/log.ts';
import { Failure } from '../base/failure.ts';
import { manualClock } from '../base/testing.ts';
import type { Command, SessionEvent } from '../model/event.ts';
import type { Question } from '../model/question.ts';
import type { Rule } from '../model/rule.ts';
import type { Session, SessionKey } from '../model/session.ts';
import { exportSession } from './export.ts';
import { headerOf } from './journal.ts';
import type { KeptRules } from './permissions.ts';
import { restore } from './restore.ts';
import { Router } from './router.ts';
import type { RuledAction } from './rules.ts';
import { SessionStore } from './store.ts';
import { noJournal } from './testing.ts';

const { signal } = new AbortController();
const remember = { tool: 'edit', matches: ['src/a.ts', 'src/**'], allow: true, refuse: true } as const;
const edit: RuledAction = {
  tool: 'edit',
  places: [{ path: '/w/src/b.ts', real: '/w/src/b.ts', inside: true, root: '/w', relative: 'src/b.ts' }],
};
const answer = (more: Partial<Extract<Command, { kind: 'question/answer' }>> = {}): Command => ({
  kind: 'question/answer',
  question: 'q',
  hash: 'hash of q',
  outcome: { kind: 'selected', option: 'yes' },
  ...more,
});

class Shelf implements KeptRules {
  rules: readonly Rule[] = [];
  full = false;
  of(): readonly Rule[] {
    return this.rules;
  }
  keep(rule: Rule): Promise<void> {
    if (this.full) return Promise.reject(new Failure('not written', 'The disk is full.'));
    this.rules = [...this.rules, rule];
    return Promise.resolve();
  }
  revoke(rule: string): Promise<boolean> {
    const before = this.rules.length;
    this.rules = this.rules.filter(({ id }) => id !== rule);
    return Promise.resolve(this.rules.length < before);
  }
}

let store: SessionStore;
let router: Router;
let backend: RecordingBackend;
let shelf: Shelf;
let key: SessionKey;
const use = async (using: RecordingBackend): Promise<void> => {
  const clock = manualClock();
  store = new SessionStore({ clock, journal: noJournal, log: silent });
  shelf = new Shelf();
  router = new Router({ store, clock, log: silent, rules: shelf });
  backend = using;
  router.add(backend);
  key = await router.newSession({ backend: 'demo', cwd: '/w' }, signal);
};
beforeEach(() => use(new RecordingBackend()));

const append = (...events: readonly SessionEvent[]): void =>
  store.append(
    key,
    events.map((event) => ({ event })),
  );
const ask = (more: Partial<Question> = {}): void =>
  append({ kind: 'question/asked', question: question('q', { remember, ...more }) });
const session = (): Session => {
  const now = store.get(key);
  if (now === undefined) throw new Error('The session is gone.');
  return now;
};
const perform = (command: Command): Promise<void> => router.perform(key, command, 'editor', signal);
const decision = (): string | undefined => router.permissions.decide(key, edit).decision;

describe('an answer that is kept', () => {
  test('[demand 8] is a rule of the session from then on, before the agent hears the answer', async () => {
    ask();
    let heard: string | undefined;
    backend.onPerform = async () => {
      heard = decision();
      await Promise.resolve();
    };
    await perform(answer({ remember: { scope: 'session', match: 1 } }));
    expect(heard).toBe('allow');
    expect(session().rules).toMatchObject([{ scope: 'session', tool: 'edit', match: 'src/**', decision: 'allow' }]);
  });

  test('[demand 8] a refusal is kept as one, and a rule of the folder or the machine where those are kept', async () => {
    ask();
    await perform(answer({ outcome: { kind: 'selected', option: 'no' }, remember: { scope: 'folder', match: 1 } }));
    expect(shelf.rules).toMatchObject([{ scope: 'folder', decision: 'deny' }]);
    ask({ id: 'q2', hash: 'h' });
    await perform(answer({ question: 'q2', hash: 'h', remember: { scope: 'machine', match: 1 } }));
    expect(shelf.rules).toHaveLength(2);
    expect(decision()).toBe('deny');
  });

  test('[S44] what was not offered is not kept, and such an answer is none', async () => {
    for (const [more, kept] of [
      [{}, { scope: 'session', match: 2 }],
      [{ remember: { ...remember, allow: false } }, { scope: 'session', match: 0 }],
      [{ options: [{ id: 'yes', name: 'Always', kind: 'allow_always' }] }, { scope: 'session', match: 0 }],
    ] as const) {
      await use(new RecordingBackend());
      ask(more);
      await expect(perform(answer({ remember: kept }))).rejects.toMatchObject({ code: 'invalid' });
      expect(session().questions).toHaveLength(1);
      expect(backend.performed).toEqual([]);
    }
    await use(new RecordingBackend());
    append({ kind: 'question/asked', question: question('q') });
    await expect(perform(answer({ remember: { scope: 'session', match: 0 } }))).rejects.toMatchObject({
      code: 'invalid',
    });
  });

  test('[I5] one that cannot be stored is answered all the same, and the person is told', async () => {
    shelf.full = true;
    ask();
    await expect(perform(answer({ remember: { scope: 'folder', match: 0 } }))).rejects.toThrow('The disk is full.');
    expect(backend.performed).toHaveLength(1);
    expect(session().questions).toEqual([]);
  });

  test('[S27] [CVE-2025-54136] what the agent changed after asking is neither allowed nor kept; it can be refused', async () => {
    ask();
    append({ kind: 'question/changed', question: 'q' });
    const no = { kind: 'selected', option: 'no' } as const;
    await expect(perform(answer())).rejects.toMatchObject({ code: 'changed' });
    await expect(perform(answer({ outcome: no, remember: { scope: 'session', match: 0 } }))).rejects.toMatchObject({
      code: 'changed',
    });
    expect([backend.performed, session().rules]).toEqual([[], []]);
    await perform(answer({ outcome: no }));
    expect(session().questions).toEqual([]);
  });
});

describe('rules in force', () => {
  const kept = (more: Partial<Rule>): Rule => ({
    id: 'm',
    scope: 'machine',
    tool: 'edit',
    match: '**',
    decision: 'allow',
    ...more,
  });

  test('[demand 8] a revoked one decides nothing from then on, whatever its scope; a second time there is none', async () => {
    shelf.rules = [kept({})];
    append({ kind: 'rules/changed', rules: [kept({ id: 's', scope: 'session' })] });
    expect(router.permissions.decide(key, edit).rule?.id).toBe('s');
    await perform({ kind: 'rule/revoke', rule: 's' });
    expect(router.permissions.decide(key, edit).rule?.id).toBe('m');
    await perform({ kind: 'rule/revoke', rule: 'm' });
    expect(decision()).toBeUndefined();
    await expect(perform({ kind: 'rule/revoke', rule: 'm' })).rejects.toMatchObject({ code: 'gone' });
  });

  test('[S26] after something was done behind our back, only refusals of a wider scope hold, and rules made since', () => {
    shelf.rules = [kept({})];
    append({ kind: 'rules/changed', rules: [], wary: true });
    expect(decision()).toBeUndefined();
    shelf.rules = [kept({}), kept({ id: 'd', decision: 'deny', match: 'src/**' })];
    expect(decision()).toBe('deny');
    shelf.rules = [kept({})];
    append({ kind: 'rules/changed', rules: [kept({ id: 's', scope: 'session' })] });
    expect(router.permissions.decide(key, edit).rule?.id).toBe('s');
    expect(session().wary).toBe(true);
  });

  test('[architecture] what the far side owns our rules never answer', async () => {
    await use(new RecordingBackend({ questions: 'them' }));
    shelf.rules = [kept({})];
    expect(decision()).toBeUndefined();
    ask();
    await expect(perform(answer({ remember: { scope: 'session', match: 0 } }))).rejects.toMatchObject({
      code: 'unsupported',
    });
  });

  test('[I5] a session’s own rules are there again when it is read from disk, and no path of theirs in an export', () => {
    const rule = kept({ id: 's', scope: 'session', match: '/home/somebody/secret/**' });
    append({ kind: 'rules/changed', rules: [rule] });
    const live = session();
    const header = headerOf(live);
    const tail = store.held(key, { epoch: live.at.epoch, seq: 0 }) ?? [];
    const lost = { snapshot: false, events: 0, values: 0 };
    expect(restore({ header, tail, clean: true, tornBytes: 0, lost }).session.rules).toEqual([rule]);
    const folders = [{ path: '/home/somebody', word: '<home>' }];
    const text = [...exportSession({ header, tail }, { folders, values: [] })].join('\n');
    expect(text).toContain('rules/changed');
    expect(text).not.toContain('somebody');
  });

  test('[reduce] what decided stands on the call, as the rule was then; what cannot be read as a rule decides nothing', () => {
    const rule = kept({});
    ask();
    append(
      {
        kind: 'question/settled',
        question: 'q',
        by: { kind: 'rule', rule },
        outcome: { kind: 'selected', option: 'yes' },
      },
      {
        kind: 'rules/changed',
        rules: [{ id: 1 }, null, { ...rule, decision: 'perhaps' }, rule] as unknown as readonly Rule[],
      },
    );
    expect(session().rules).toEqual([rule]);
    expect(entriesOf(session()).at(-1)).toMatchObject({ decision: { outcome: 'allowed', by: 'm', rule } });
  });
});
