import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Question } from '../src/model/question.ts';
import { INERT } from './guard.ts';
import { after, asks, aSession, Screen } from './testing.tsx';

// A chunk of its own: loading it takes real time, and only the first time.
beforeAll(() => import('./signIn.tsx'));

let screen: Screen;
beforeEach(() => {
  vi.useFakeTimers();
  screen = new Screen();
});
afterEach(() => {
  screen.dispose();
  vi.useRealTimers();
});

const pass = async (milliseconds = 0): Promise<void> => {
  await vi.advanceTimersByTimeAsync(50);
  await vi.advanceTimersByTimeAsync(milliseconds);
};
const answers = () =>
  screen.posts('command').flatMap(({ command }) => (command.kind === 'question/answer' ? [command.outcome] : []));
const press = (name: string): void => {
  const button = screen.button(name);
  button.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }));
  button.click();
};

const GO = 'allow_once';
const choosing: Partial<Question> = {
  kind: 'sign-in',
  title: 'Sign in',
  options: [
    { id: 'method 0', name: 'Log in\u202E here', kind: GO },
    { id: 'method 1', name: 'Use a key', kind: GO },
    { id: 'again', name: 'Try again', kind: GO },
    { id: 'cancel', name: 'Cancel', kind: 'reject_once' },
  ],
  signIn: {
    agent: 'Fake',
    said: 'Authentication required <b>now</b>',
    ways: [
      {
        option: 'method 0',
        kind: 'terminal',
        command: ['/usr/bin/fake', 'log in', '--yes'],
        environment: ['A=b c'],
      },
      { option: 'method 1', kind: 'values', description: 'Of the service.', values: ['FAKE_KEY'] },
    ],
  },
};
const show = (question: Partial<Question>): void => screen.show(after(aSession(), asks(question)));

describe('the card that wants a sign-in', () => {
  test('[demand 23] stands there while the session is still being opened, with each way and what it does', async () => {
    show(choosing);
    await pass(INERT);
    const card = screen.find('.question').textContent;
    expect(screen.find('.question').getAttribute('aria-label')).toBe('Question: Sign in');
    expect(card).toContain('Fake wants you to sign in before it goes on.');
    expect(card).toContain('Authentication required <b>now</b>');
    expect(card).toContain('You enter FAKE_KEY.');
    press('Use a key');
    expect(answers()).toEqual([{ kind: 'selected', option: 'method 1' }]);
  });

  test('[S31] shows a command to the letter and no hidden character, and takes no answer in the first half second', async () => {
    show(choosing);
    await pass();
    press('Use a key');
    expect(answers()).toEqual([]);
    expect(screen.find('.question pre').textContent).toBe("'A=b c' /usr/bin/fake 'log in' --yes");
    expect(screen.find('.question').textContent).not.toContain('\u202E');
    expect(screen.find('.question').textContent).toContain('U+202E');
    expect(screen.all('.question b')).toEqual([]);
  });

  test('[S50] has no field in which anything could be entered', async () => {
    show(choosing);
    await pass();
    expect(screen.all('.question input, .question textarea')).toEqual([]);
  });

  test('[acp 4] says why a way came to nothing, and that none is named', async () => {
    const { signIn } = choosing;
    if (signIn === undefined) throw new Error('unreachable');
    const ways = [{ option: 'terminal', kind: 'terminal', command: ['fake'] }] as const;
    show({
      ...choosing,
      options: [{ id: 'terminal', name: 'Open a terminal with the agent', kind: GO }],
      signIn: { ...signIn, problem: 'The browser said no.', ways },
    });
    await pass();
    expect(screen.find('.question [role="alert"]').textContent).toBe('The browser said no.');
    expect(screen.find('.question').textContent).toContain('names no way');
  });

  test('[acp 4.2.14] leaves the keyboard to the field or the terminal in which the person goes on', async () => {
    const session = after(aSession(), asks(choosing));
    screen.show(session);
    await pass(INERT);
    screen.button('Use a key').focus();
    const outcome = { kind: 'cancelled' } as const;
    const settled = { kind: 'question/settled', question: 'q1', by: { kind: 'signed in' }, outcome } as const;
    const under = asks({ ...choosing, id: 'q2', signIn: { agent: 'Fake', said: '', under: 'values', ways: [] } });
    screen.events(session, settled, under);
    await pass(INERT);
    expect(screen.find('.question').textContent).toContain('at the top of the window');
    expect(document.activeElement).toBe(document.body);
    // What is asked after that takes no keyboard either, since it had none.
    const back = after(session, settled, under);
    screen.events(back, { ...settled, question: 'q2' }, asks({ ...choosing, id: 'q3' }));
    await pass(INERT);
    expect(document.activeElement).toBe(document.body);
  });

  test('[demand 15] tells what is under way, and can be cancelled', async () => {
    show({
      ...choosing,
      options: [
        { id: 'done', name: 'I have signed in', kind: GO },
        { id: 'cancel', name: 'Cancel', kind: 'reject_once' },
      ],
      signIn: { agent: 'Fake', said: '', under: 'terminal', ways: [] },
    });
    await pass(INERT);
    expect(screen.find('.question').textContent).toContain('Sign in in the terminal');
    press('Cancel');
    expect(answers()).toEqual([{ kind: 'selected', option: 'cancel' }]);
  });
});
