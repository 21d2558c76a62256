import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Session } from '../src/model/session.ts';
import { after, aSession, ended, KEY, queue, queued, ready, Screen, turn } from './testing.tsx';

const running = after(aSession(), ready, turn('go'));
const three = after(running, queue([queued('a', 'First'), queued('b', 'Second'), queued('c', 'Third')]));
let screen: Screen;
beforeEach(() => {
  screen = new Screen();
});
afterEach(() => screen.dispose());

const items = () => screen.all('ul[aria-label="Queued prompts"] > li');
const texts = () => items().map((item) => item.querySelector('.queued-text')?.textContent);
const commands = () => screen.posts('command').map(({ command }) => command);
const shown = async (session: Session = three): Promise<void> => {
  screen.show(session);
  await vi.waitFor(() => expect(items()).toHaveLength(session.queue.length));
};
const action = (item: number, name: string): HTMLButtonElement => {
  const button = items()[item]?.querySelector<HTMLButtonElement>(`button[aria-label="${name}"]`);
  if (button === null || button === undefined) throw new Error(`No “${name}” at ${item}.`);
  return button;
};

describe('prompts that wait', () => {
  test('[contract] stand in a list in their order, above the composer', async () => {
    await shown();
    expect(texts()).toEqual(['First', 'Second', 'Third']);
    const follows = items()[0]?.compareDocumentPosition(screen.message) ?? 0;
    expect(follows & Node.DOCUMENT_POSITION_FOLLOWING).not.toBe(0);
    expect(screen.message.placeholder).toBe('Queue a message for Demo');
    expect(screen.button('Send').getAttribute('aria-disabled')).toBe('true');
  });

  test('[queue] Enter queues while a turn runs, and empties the composer at once', async () => {
    await shown();
    screen.type('Fourth');
    screen.press(screen.message, 'Enter');
    expect(commands()).toEqual([{ kind: 'prompt', prompt: [{ type: 'text', text: 'Fourth' }] }]);
    await vi.waitFor(() => expect(screen.message.value).toBe(''));
  });

  test.each([
    ['Send now', 1, { kind: 'queue/send', id: 'b' }],
    ['Remove', 1, { kind: 'queue/remove', id: 'b' }],
    ['Move up', 1, { kind: 'queue/move', id: 'b', before: 'a' }],
    ['Move down', 0, { kind: 'queue/move', id: 'a', before: 'c' }],
    ['Move down', 1, { kind: 'queue/move', id: 'b' }],
  ])('[queue] “%s” of item %i names it by its id', async (name, item, command) => {
    await shown();
    action(item, name).click();
    expect(commands()).toEqual([command]);
  });

  test('[queue] what cannot be moved further stays a button and does nothing', async () => {
    await shown();
    expect(action(0, 'Move up').getAttribute('aria-disabled')).toBe('true');
    action(0, 'Move up').click();
    action(2, 'Move down').click();
    expect(commands()).toEqual([]);
  });

  test('[queue] is paused and resumed, says why it is paused, and is cleared', async () => {
    await shown();
    screen.button('Pause queue').click();
    expect(screen.find('.queue-why').textContent).toBe('');
    screen.events(three, queue(three.queue, 'Paused, since the turn was stopped.'));
    await vi.waitFor(() => expect(screen.find('.queue-why').textContent).toBe('Paused, since the turn was stopped.'));
    screen.button('Resume queue').click();
    screen.button('Clear queue').click();
    expect(commands()).toEqual([{ kind: 'queue/pause' }, { kind: 'queue/resume' }, { kind: 'queue/clear' }]);
  });

  test('[l10n] a reason that the core gives is translated', async () => {
    screen.welcome(undefined, { 'Paused, since the turn was stopped.': 'Angehalten.' });
    const session = after(running, queue([queued('a', 'x')], 'Paused, since the turn was stopped.'));
    screen.chat.store.show(KEY);
    screen.send({ type: 'snapshot', key: KEY, session });
    await vi.waitFor(() => expect(screen.find('.queue-why').textContent).toBe('Angehalten.'));
  });

  test('[queue] says whose a prompt is, what goes with it, and when nobody knows whether it was sent', async () => {
    await shown(
      after(
        running,
        queue([
          queued('a', 'Mine'),
          queued('b', 'Theirs', { device: 'Ann’s phone', state: 'unknown' }),
          queued('c', 'Look', {
            prompt: [
              { type: 'text', text: 'Look' },
              { type: 'resource_link', uri: 'file:///a', name: 'a' },
            ],
          }),
        ]),
      ),
    );
    expect(items()[0]?.textContent).toBe('Mine');
    expect(items()[1]?.textContent).toContain('From Ann’s phone');
    expect(items()[1]?.textContent).toContain('It is not known whether this was sent.');
    expect(items()[2]?.textContent).toContain('Attachments: 1');
    // A surface may not send an address back.
    expect(items()[2]?.querySelector('[aria-label=Edit]')).toBeNull();
  });

  test('[queue] a refusal is said', async () => {
    await shown();
    action(0, 'Send now').click();
    screen.send({ type: 'result', id: 1, failure: { message: 'This prompt does not wait any more.' } });
    await vi.waitFor(() => expect(screen.find('[role=alert]').textContent).toBe('This prompt does not wait any more.'));
  });
});

describe('a queued prompt that is changed', () => {
  const begin = async (): Promise<void> => {
    await shown();
    screen.type('half a draft');
    action(1, 'Edit').click();
    await vi.waitFor(() => expect(screen.message.value).toBe('Second'));
  };

  test('[queue] stands in the composer; Enter saves it, and the draft is back', async () => {
    await begin();
    expect(screen.button('Save')).toBeTruthy();
    expect(items()[1]?.className).toBe('editing');
    screen.type('Second, better');
    screen.press(screen.message, 'Enter');
    expect(commands()).toEqual([{ kind: 'queue/change', id: 'b', prompt: [{ type: 'text', text: 'Second, better' }] }]);
    await vi.waitFor(() => expect(screen.message.value).toBe('half a draft'));
  });

  test('[queue] Escape leaves it as it was, and the draft is back', async () => {
    await begin();
    screen.type('no');
    expect(screen.press(screen.message, 'Escape').defaultPrevented).toBe(true);
    await vi.waitFor(() => expect(screen.message.value).toBe('half a draft'));
    expect(commands()).toEqual([]);
  });

  test('[queue] keeps what goes with the text', async () => {
    const picture = { type: 'image', data: 'AA==', mimeType: 'image/png' } as const;
    await shown(after(running, queue([queued('a', 'x', { prompt: [picture, { type: 'text', text: 'Look' }] })])));
    action(0, 'Edit').click();
    await vi.waitFor(() => expect(screen.message.value).toBe('Look'));
    screen.type('Look here');
    screen.press(screen.message, 'Enter');
    expect(commands()).toEqual([
      { kind: 'queue/change', id: 'a', prompt: [{ type: 'text', text: 'Look here' }, picture] },
    ]);
  });

  test('[queue] that was sent meanwhile is not lost: what was written is a prompt of its own', async () => {
    await begin();
    screen.type('Second, better');
    screen.events(three, ended(), turn('First', 'a'), ended('end_turn', 'a'), turn('Second', 'b'));
    await vi.waitFor(() => expect(screen.root.textContent).toContain('This prompt does not wait any more.'));
    expect(screen.message.value).toBe('Second, better');
    screen.press(screen.message, 'Enter');
    expect(commands()).toEqual([{ kind: 'prompt', prompt: [{ type: 'text', text: 'Second, better' }] }]);
    await vi.waitFor(() => expect(screen.message.value).toBe('half a draft'));
  });

  test('[queue] comes back with a change that the core refused', async () => {
    await begin();
    screen.type('Second, better');
    screen.press(screen.message, 'Enter');
    screen.send({ type: 'result', id: 1, failure: { message: 'This prompt does not wait any more.' } });
    await vi.waitFor(() => expect(screen.message.value).toBe('Second, better'));
  });

  test('[demand 1] [queue] is still being changed after a reload', async () => {
    await begin();
    screen.type('Second, bet');
    await vi.waitFor(() => expect(screen.saved).toMatchObject({ edits: { s1: { id: 'b', text: 'Second, bet' } } }));
    const { saved } = screen;
    screen.dispose();
    screen = new Screen(saved);
    await shown();
    expect(screen.message.value).toBe('Second, bet');
  });
});

describe('the keyboard among prompts that wait', () => {
  test('[demand 9] stays at a prompt that moves', async () => {
    await shown();
    action(1, 'Move up').focus();
    const [a, b, c] = three.queue;
    if (a === undefined || b === undefined || c === undefined) throw new Error('There are three.');
    screen.events(three, queue([b, a, c]));
    await vi.waitFor(() => expect(texts()).toEqual(['Second', 'First', 'Third']));
    expect(document.activeElement).toBe(action(0, 'Move up'));
  });

  test('[demand 9] goes to the next one where a prompt went away, and to the composer behind the last', async () => {
    await shown();
    action(1, 'Remove').focus();
    const [a, , c] = three.queue;
    if (a === undefined || c === undefined) throw new Error('There are three.');
    screen.events(three, queue([a, c]));
    await vi.waitFor(() => expect(texts()).toEqual(['First', 'Third']));
    expect(document.activeElement).toBe(action(1, 'Remove'));
    screen.events(after(three, queue([a, c])), queue([]));
    await vi.waitFor(() => expect(screen.all('.queue')).toEqual([]));
    await vi.waitFor(() => expect(document.activeElement).toBe(screen.message));
  });

  test('[demand 9] is taken from nobody when a prompt is queued', async () => {
    await shown(running);
    screen.message.focus();
    screen.events(running, queue([queued('a', 'x')]));
    await vi.waitFor(() => expect(items()).toHaveLength(1));
    expect(document.activeElement).toBe(screen.message);
  });
});
