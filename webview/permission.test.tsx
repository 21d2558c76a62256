import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Question } from '../src/model/question.ts';
import type { Rule } from '../src/model/rule.ts';
import { INERT } from './guard.ts';
import { after, asks, aSession, KEY, READY, ready, Screen, turn } from './testing.tsx';

const running = after(aSession(), ready, turn('go'));
const tool = { call: 'c', toolKind: 'edit', content: [], locations: [{ path: '/project/src/a.ts' }] };
const offered: Partial<Question> = {
  tool,
  remember: { tool: 'edit', matches: ['src/a.ts', 'src/**'], allow: true, refuse: true },
};
const rule: Rule = { id: 'r1', scope: 'session', tool: 'edit', match: 'src/**', decision: 'allow' };
const ruled = {
  kind: 'question/settled',
  question: 'q1',
  by: { kind: 'rule', rule },
  outcome: { kind: 'selected', option: 'yes' },
} as const;

// Chunks of their own: loading them takes real time, and only the first time.
beforeAll(async () => {
  await import('./permission.tsx');
  await import('./entries/ruleDecision.tsx');
});

let screen: Screen;
beforeEach(() => {
  vi.useFakeTimers();
  screen = new Screen();
});
afterEach(() => {
  screen.dispose();
  vi.useRealTimers();
});
const pass = async (milliseconds = 2 * INERT): Promise<void> => {
  await vi.advanceTimersByTimeAsync(50);
  await vi.advanceTimersByTimeAsync(milliseconds);
};
const commands = () => screen.posts('command').map(({ command }) => command);
const choose = async (label: string, value: string): Promise<void> => {
  const select = screen
    .all('.remember label')
    .find((each) => each.textContent?.startsWith(label))
    ?.querySelector('select');
  if (select === null || select === undefined) throw new Error(`No choice “${label}”`);
  select.value = value;
  select.dispatchEvent(new Event('change', { bubbles: true }));
  await vi.advanceTimersByTimeAsync(50);
};
const press = (name: string): void => {
  const button = screen.button(name);
  button.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }));
  button.click();
};

describe('an answer that is kept', () => {
  test('[demand 8] the rule stands there to the letter before it is made, for the answer and the scope that is chosen', async () => {
    screen.show(after(running, asks(offered)));
    await pass();
    expect(screen.find('.remember pre').textContent).toBe('src/a.ts');
    await choose('For', '1');
    await choose('Holds for', 'folder');
    expect(screen.find('.remember pre').textContent).toBe('src/**');
    press('Allow and remember');
    expect(commands()).toEqual([
      {
        kind: 'question/answer',
        question: 'q1',
        hash: 'hash1',
        outcome: { kind: 'selected', option: 'yes' },
        remember: { scope: 'folder', match: 1 },
      },
    ]);
  });

  test('[S31] neither in its first half second, and a refusal like an allowance', async () => {
    screen.show(after(running, asks(offered)));
    await pass(0);
    press('Reject and remember');
    expect(commands()).toEqual([]);
    await pass();
    press('Reject and remember');
    expect(commands()).toMatchObject([{ outcome: { option: 'no' }, remember: { scope: 'session', match: 0 } }]);
  });

  test('[S28] a command is shown with each of its arguments told apart, and nothing in it hidden', async () => {
    const matches = [['npm', 'run', 'a b\u202e']];
    screen.show(after(running, asks({ tool, remember: { tool: 'execute', matches, allow: true, refuse: false } })));
    await pass();
    expect(screen.find('.remember pre').textContent).toBe("npm run 'a b⟨U+202E⟩'");
    expect(screen.root.textContent).not.toContain('Reject and remember');
  });

  test('[S28] [S31] of a session on another machine names the machine, and holds in that session alone', async () => {
    screen.show({ ...after(running, asks(offered)), machine: 'Build\u202e' });
    await pass();
    expect(screen.find('.question-body').textContent).toContain('On Build⟨U+202E⟩');
    expect(screen.all('.remember label:last-of-type option').map(({ textContent }) => textContent)).toHaveLength(1);
  });

  test('[acp 11] is not offered where there is no rule to be made of it', async () => {
    screen.show(after(running, asks({ tool })));
    await pass();
    expect(screen.all('.remember')).toEqual([]);
  });

  test('[demand 8] what was answered and could not be kept is told above the composer', async () => {
    screen.show(after(running, asks(offered)));
    await pass();
    press('Allow and remember');
    const [{ id } = { id: 0 }] = screen.posts('command');
    screen.events(after(running, asks(offered)), { ...ruled, by: { kind: 'person', device: 'editor' } });
    await pass(0);
    screen.send({ type: 'result', id, failure: { message: 'The disk is full.' } });
    await pass(0);
    expect(screen.root.textContent).toContain('The disk is full.');
  });
});

describe('what we ask ourselves', () => {
  const guarded = async (guard: Question['guard'] & object): Promise<string> => {
    screen.show(after(running, { kind: 'rules/changed', rules: [rule] }, asks({ tool, guard })));
    await pass();
    return screen.find('.guarded').textContent ?? '';
  };

  test('[S20] names the place that a path really leads to', async () => {
    expect(await guarded({ kind: 'outside', detail: '/etc/pass\u200bwd' })).toBe(
      'It leads out of the folders of the workspace, to:/etc/pass⟨U+200B⟩wd',
    );
  });
  test('[S26] names the pattern that protects a file', async () => {
    expect(await guarded({ kind: 'protected', detail: '.git/**' })).toContain('no rule allows it:.git/**');
  });
  test('[I9] says that nobody knows what a write has left, which the diff shows', async () => {
    const text = await guarded({ kind: 'lost', detail: '/w/a' });
    expect(text).toContain('What stands there now: −.');
    expect(text).not.toContain('/w/a');
  });
  test('[demand 8] names the rule that wants to be asked', async () => {
    expect(await guarded({ kind: 'rule', detail: 'r1' })).toContain('edit src/**');
  });
  test('[l10n] says its own words in the language of the window, and an agent’s as they are', async () => {
    const strings = { 'Read this file?': 'Diese Datei lesen?', Allow: 'Erlauben' };
    const guard = { kind: 'outside', detail: '/etc' } as const;
    screen.welcome(READY, strings);
    const session = after(running, asks({ title: 'Read this file?', guard, tool }));
    screen.send({ type: 'catalogue', sessions: [], removed: [] });
    screen.chat.store.show(KEY);
    screen.send({ type: 'snapshot', key: KEY, session });
    await pass();
    expect(screen.find('.question-title').textContent).toBe('Diese Datei lesen?');
    expect(screen.button('Erlauben').className).toContain('allow');
    screen.events(
      session,
      { ...ruled, by: { kind: 'person', device: 'editor' } },
      asks({ id: 'q2', title: 'Read this file?', tool }),
    );
    await pass();
    expect(screen.find('.question-title').textContent).toBe('Read this file?');
  });
});

test('[S27] [CVE-2025-54136] what the agent changes after asking can only be refused, and that is said', async () => {
  const session = after(running, asks(offered));
  screen.show(session);
  await pass();
  screen.events(session, { kind: 'question/changed', question: 'q1' });
  await pass(0);
  expect(screen.find('[role=alert]').textContent).toBe('The agent changed this after asking. It can only be refused.');
  expect(screen.all('.remember')).toEqual([]);
  expect(screen.button('Allow').getAttribute('aria-disabled')).toBe('true');
  press('Allow');
  expect(commands()).toEqual([]);
  press('Reject');
  expect(commands()).toMatchObject([{ outcome: { option: 'no' } }]);
});

describe('a call that a rule decided', () => {
  test('[demand 8] names the rule in the transcript, and revokes it there at once', async () => {
    const session = after(running, { kind: 'rules/changed', rules: [rule] }, asks({ tool }), ruled);
    screen.show(session);
    await pass();
    expect(screen.find('.decision').textContent).toContain('Allowed by your rule for this session: edit src/**');
    press('Revoke');
    expect(commands()).toEqual([{ kind: 'rule/revoke', rule: 'r1' }]);
    screen.events(session, { kind: 'rules/changed', rules: [] });
    await pass();
    expect(screen.find('.decision').textContent).toContain('(revoked)');
    expect(screen.all('.decision button').map((button) => button.textContent)).toEqual(['Rules…']);
    press('Rules…');
    expect(screen.posts('do').map(({ action }) => action)).toEqual([{ kind: 'rules/show', key: KEY }]);
  });

  test('[demand 8] a rule of the machine can be revoked for as long as it holds', async () => {
    const wide: Rule = { ...rule, scope: 'machine' };
    const session = after(running, asks({ tool }), { ...ruled, by: { kind: 'rule', rule: wide } });
    screen.show(session);
    screen.send({ type: 'setup', setup: { ...READY, rules: [wide] } });
    await pass();
    expect(screen.button('Revoke')).toBeDefined();
    screen.send({ type: 'setup', setup: { ...READY, rules: [] } });
    await pass();
    expect(screen.find('.decision').textContent).toContain('(revoked)');
  });
});
