import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { INERT } from './guard.ts';
import { after, asks, aSession, KEY, ready, Screen, turn } from './testing.tsx';

const running = after(aSession(), ready, turn('go'));
// A chunk of its own: loading it takes real time, and only the first time.
beforeAll(() => import('./permission.tsx'));

let screen: Screen;
beforeEach(() => {
  vi.useFakeTimers();
  screen = new Screen();
});
afterEach(() => {
  screen.dispose();
  vi.useRealTimers();
});

/** Until everything that was asked for is drawn, and then so long. */
const pass = async (milliseconds = 0): Promise<void> => {
  await vi.advanceTimersByTimeAsync(50);
  await vi.advanceTimersByTimeAsync(milliseconds);
};
const answers = () =>
  screen.posts('command').flatMap(({ command }) => (command.kind === 'question/answer' ? [command] : []));
const click = (name: string): void => {
  const button = screen.button(name);
  button.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }));
  button.click();
};

describe('a permission', () => {
  test('[S31] takes no answer in its first half second, by key or by click, and one afterwards', async () => {
    screen.show(after(running, asks()));
    await pass();
    for (let at = 0; at < INERT - 100; at += 50) {
      screen.press(screen.button('Allow'), 'Enter');
      click('Allow');
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(answers()).toEqual([]);
    expect(screen.button('Allow').getAttribute('aria-disabled')).toBe('true');
    await pass(INERT);
    expect(screen.button('Allow').getAttribute('aria-disabled')).toBe('false');
    click('Allow');
    expect(answers()).toEqual([
      { kind: 'question/answer', question: 'q1', hash: 'hash1', outcome: { kind: 'selected', option: 'yes' } },
    ]);
  });

  test('[S31] a press that began too early does not count when it ends late', async () => {
    screen.show(after(running, asks()));
    await pass();
    screen.press(screen.button('Allow'), ' ');
    await pass(INERT + 200);
    screen.button('Allow').click();
    expect(answers()).toEqual([]);
    click('Allow');
    expect(answers()).toHaveLength(1);
  });

  test('[S31] [demand 9] [acp 4.2.14] takes the keyboard from nobody', async () => {
    screen.show(running);
    await pass();
    screen.message.focus();
    screen.events(running, asks());
    await pass(2 * INERT);
    expect(document.activeElement).toBe(screen.message);
    expect(screen.press(screen.message, 'Enter').defaultPrevented).toBe(true);
    expect(answers()).toEqual([]);
  });

  test('[S31] what an answer means comes from its kind, never from its name', async () => {
    screen.show(
      after(
        running,
        asks({
          options: [
            { id: '1', name: 'Deny', kind: 'allow_always' },
            { id: '2', name: 'Allow', kind: 'reject_once' },
            { id: '3', name: 'Surely allow', kind: 'something_new' },
          ],
        }),
      ),
    );
    await pass();
    expect(screen.button('Deny').className).toContain('allow');
    expect(screen.button('Allow').className).toContain('refuse');
    expect(screen.button('Surely allow').className).toContain('refuse');
    expect(screen.button('Surely allow').title).toContain('counts as a refusal');
  });

  test('[S31] shows the whole command before the answers, with what hides in it made visible', async () => {
    const command = `echo ok\u202e\n${'x'.repeat(5_000)}\nrm -rf /`;
    screen.show(
      after(
        running,
        asks({
          title: 'Run\u200b it',
          tool: { call: 'c', toolKind: 'execute', content: [], locations: [], rawInput: { command, cwd: '/tmp' } },
        }),
      ),
    );
    await pass();
    const card = screen.find('[role=group][aria-label="Permission: Run⟨U+200B⟩ it"]');
    const [whole, rest] = card.querySelectorAll('pre');
    expect(whole?.textContent).toBe(command.replace('\u202e', '⟨U+202E⟩'));
    expect(rest?.textContent).toContain('"cwd": "/tmp"');
    expect(card.querySelector('pre')?.compareDocumentPosition(screen.button('Allow'))).toBe(
      Node.DOCUMENT_POSITION_FOLLOWING,
    );
  });

  test('[S31] a command with arguments is one line, in which each argument is told apart', async () => {
    const rawInput = { command: '/bin/sh', args: ['-c', "echo 'a b'"], cwd: '/tmp' };
    screen.show(
      after(running, asks({ tool: { call: 'c', toolKind: 'execute', content: [], locations: [], rawInput } })),
    );
    await pass();
    const [whole, rest] = screen.all('[role=group] pre');
    expect(whole?.textContent).toBe(String.raw`/bin/sh -c 'echo '\''a b'\'''`);
    expect(rest?.textContent).not.toContain('args');
  });

  test('[S31] markdown and HTML in it are text', async () => {
    screen.show(
      after(
        running,
        asks({
          title: '**bold** <img src=x>',
          tool: {
            call: 'c',
            toolKind: 'edit',
            content: [{ type: 'content', content: { type: 'text', text: '[x](https://a.example) <b>' } }],
            locations: [],
          },
        }),
      ),
    );
    await pass();
    const card = screen.find('.question');
    expect(card.querySelector('strong, b, img, a, [role=link]')).toBeNull();
    expect(card.textContent).toContain('[x](https://a.example) <b>');
  });

  test('[demand 14] several are shown one at a time, and a settled one gives way to the next', async () => {
    const session = after(running, asks(), asks({ id: 'q2', title: 'Second' }), asks({ id: 'q3', title: 'Third' }));
    screen.show(session);
    await pass();
    expect(screen.all('.question')).toHaveLength(1);
    expect(screen.find('.question').textContent).toContain('1 of 3');
    screen.button('Next question').click();
    await pass();
    expect(screen.find('.question').getAttribute('aria-label')).toBe('Permission: Second');
    screen.events(session, {
      kind: 'question/settled',
      question: 'q2',
      by: { kind: 'person', device: 'phone' },
      outcome: { kind: 'selected', option: 'yes' },
    });
    await pass();
    expect(screen.find('.question').getAttribute('aria-label')).toBe('Permission: Run it');
    expect(screen.find('.question').textContent).toContain('1 of 2');
  });

  test('[S31] the next one has a half second of its own', async () => {
    const session = after(running, asks(), asks({ id: 'q2', title: 'Second' }));
    screen.show(session);
    await pass(INERT + 100);
    screen.events(session, {
      kind: 'question/settled',
      question: 'q1',
      by: { kind: 'turn cancelled' },
      outcome: { kind: 'cancelled' },
    });
    await pass();
    click('Allow');
    expect(answers()).toEqual([]);
  });

  test('[I5] what the core refuses is said, and can be answered again', async () => {
    screen.show(after(running, asks()));
    await pass(INERT + 100);
    click('Allow');
    await pass();
    const [sent] = screen.posts('command');
    screen.send({ type: 'result', id: sent?.id ?? 0, failure: { message: 'Your phone answered first.' } });
    await pass();
    expect(screen.find('.question [role=alert]').textContent).toBe('Your phone answered first.');
    click('Reject');
    expect(answers().at(-1)?.outcome).toEqual({ kind: 'selected', option: 'no' });
  });

  test('[demand 9] focus that was in a settled card goes to the composer', async () => {
    const session = after(running, asks());
    screen.show(session);
    await pass(INERT + 100);
    screen.button('Allow').focus();
    screen.events(session, {
      kind: 'question/settled',
      question: 'q1',
      by: { kind: 'person', device: 'editor' },
      outcome: { kind: 'selected', option: 'yes' },
    });
    await pass();
    expect(document.activeElement).toBe(screen.message);
  });
});

describe('an elicitation', () => {
  // A chunk of its own, for which no clock of a test can be moved on.
  beforeAll(() => import('./elicitation.tsx'));

  const form = asks({
    kind: 'elicitation',
    title: 'Before I begin',
    options: [],
    form: {
      schema: {
        type: 'object',
        properties: {
          branch: { type: 'string', title: 'Branch', default: 'fix' },
          style: { type: 'string', title: 'Style', oneOf: [{ const: 'a', title: 'Short' }] },
          sure: { type: 'boolean', title: 'Sure' },
        },
        required: ['style'],
      },
    },
  });

  test('[acp 8] says what is missing beside the field, and sends what was filled in', async () => {
    screen.show(after(running, form));
    await pass(INERT + 100);
    expect(screen.find('[role=group]').getAttribute('aria-label')).toBe('Question: Before I begin');
    const submit = (): void => {
      screen.find('form').dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
    };
    submit();
    await pass();
    expect(answers()).toEqual([]);
    expect(screen.find('.problem').textContent).toBe('Choose one.');
    const select = screen.find<HTMLSelectElement>('.question select');
    select.value = 'a';
    select.dispatchEvent(new Event('change', { bubbles: true }));
    await pass();
    submit();
    expect(answers().at(-1)?.outcome).toEqual({
      kind: 'accepted',
      content: { branch: 'fix', style: 'a', sure: false },
    });
  });

  test.each([
    ['Decline', 'declined'],
    ['Dismiss', 'cancelled'],
  ])('[acp 8] %s answers %s', async (name, kind) => {
    screen.show(after(running, form));
    await pass(INERT + 100);
    click(name);
    expect(answers().at(-1)?.outcome).toEqual({ kind });
  });

  test('[S31] takes no answer in its first half second', async () => {
    screen.show(after(running, form));
    await pass();
    click('Decline');
    expect(answers()).toEqual([]);
    expect(screen.posts('command').filter(({ key }) => key === KEY)).toEqual([]);
  });
});

describe('a page to be opened', () => {
  const href = 'https://tracker.example.com/connect?state=0123&scope=read%20write';
  const page = (over: Partial<Parameters<typeof asks>[0] & object> = {}) =>
    asks({ kind: 'elicitation', title: 'Connect it.', options: [], url: { id: 'e', href }, ...over });
  beforeAll(() => import('./elicitation.tsx'));

  test('[acp 8] [S46] its whole address stands there before anything of it is opened; a click opens it', async () => {
    screen.show(after(running, page()));
    await pass(INERT + 100);
    const card = screen.find('[role=group][aria-label="Question: Connect it."]');
    expect(card.querySelector('.address')?.textContent).toBe(href);
    expect(card.querySelector('.address strong')?.textContent).toBe('tracker.example.com');
    expect(card.querySelector('a, img, [href], [data-href]')).toBeNull();
    expect(screen.posts('command')).toEqual([]);
    click('Open in Browser');
    expect(answers()).toMatchObject([{ question: 'q1', hash: 'hash1', outcome: { kind: 'accepted', content: {} } }]);
  });

  test('[acp 8] takes no answer in its first half second', async () => {
    screen.show(after(running, page()));
    await pass();
    click('Open in Browser');
    expect(answers()).toEqual([]);
  });

  test.each([
    ['Decline', { kind: 'declined' }],
    ['Dismiss', { kind: 'cancelled' }],
  ])('[acp 8] %s opens nothing', async (button, outcome) => {
    screen.show(after(running, page()));
    await pass(INERT + 100);
    click(button);
    expect(answers().map((answer) => answer.outcome)).toEqual([outcome]);
  });

  test('[acp 8] one that is not encrypted says so', async () => {
    screen.show(after(running, page({ url: { id: 'e', href: 'http://tracker.example.com/' } })));
    await pass();
    expect(screen.find('.question').textContent).toContain('This address is not encrypted.');
  });
});
