import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Control } from '../src/model/session.ts';
import { after, asks, aSession, KEY, ready, READY, Screen, turn } from './testing.tsx';

const idle = after(aSession(), ready);
const control = (over: Partial<Control>) => ({ kind: 'control', control: { epoch: 1, ...over } }) as const;
const phone = { lease: true, driver: 'page-1', name: 'Pixel' } as const;
const here = { lease: true, driver: 'editor', name: 'Desk' } as const;

let screen: Screen;
beforeEach(() => {
  screen = new Screen();
});
afterEach(() => screen.dispose());

const drawn = (check: () => void): Promise<void> => vi.waitFor(check);
const show = (...events: Parameters<typeof after>[1][]): void => {
  const session = after(idle, ...events);
  screen.show(session);
  screen.send({ type: 'setup', setup: { ...READY, me: 'editor' } });
};
const kinds = () => screen.posts('command').map(({ command }) => command.kind);

describe('the wheel', () => {
  test('[relay wheel] where it is not needed nothing speaks of it', async () => {
    show(control({ driver: 'page-1', name: 'Pixel' }));
    await drawn(() => expect(screen.message.placeholder).toContain('Ask Demo'));
    expect(screen.all('.wheel')).toEqual([]);
  });

  test('[relay wheel] somebody else’s is said by name, and what is written waits until it is taken', async () => {
    show(control(phone));
    await drawn(() => expect(screen.find('.wheel').textContent).toContain('Pixel has the wheel.'));
    expect(screen.message.placeholder).toBe('Pixel has the wheel. Take it to go on here.');
    screen.type('my words');
    await drawn(() => expect(screen.button('Send').getAttribute('aria-disabled')).toBe('true'));
    screen.press(screen.message, 'Enter');
    await drawn(() => expect(screen.find('.refusal').textContent).toContain('Pixel has the wheel.'));
    expect(screen.message.value).toBe('my words');
    expect(kinds()).toEqual([]);
    screen.button('Take the wheel').click();
    expect(kinds()).toEqual(['control/take']);
  });

  test('[relay wheel] one’s own is released, and a free one taken, by a button', async () => {
    show(control(here));
    await drawn(() => screen.button('Release the wheel'));
    expect(screen.find('.wheel').textContent).toContain('You have the wheel.');
    screen.button('Release the wheel').click();
    const held = after(idle, control(here));
    screen.events(held, control({ lease: true, epoch: 2 }));
    await drawn(() => expect(screen.find('.wheel').textContent).toContain('Nobody has the wheel.'));
    screen.button('Take the wheel').click();
    expect(kinds()).toEqual(['control/release', 'control/take']);
  });

  test('[relay wheel] a question says why it cannot be answered, and takes no answer until the wheel is here', async () => {
    const mine = after(idle, turn('go'), asks(), control(here));
    screen.show(mine);
    screen.send({ type: 'setup', setup: { ...READY, me: 'editor' } });
    // In sight for long enough to be answered, before anybody takes the wheel.
    await drawn(() => expect(screen.find('.question').className).toBe('question'));
    screen.events(mine, control({ ...phone, epoch: 2 }));
    await drawn(() =>
      expect(screen.find('.question').textContent).toContain('Pixel has the wheel. Take it to go on here.'),
    );
    screen.button('Allow').click();
    expect(kinds()).toEqual([]);
    screen.events(after(mine, control({ ...phone, epoch: 2 })), control({ ...here, epoch: 3 }));
    await drawn(() => expect(screen.find('.question').className).toBe('question'));
    screen.button('Allow').click();
    await drawn(() => expect(kinds()).toEqual(['question/answer']));
  });

  test('[relay wheel] a far side that refuses it is quoted', async () => {
    show(control(phone));
    await drawn(() => screen.button('Take the wheel'));
    screen.button('Take the wheel').click();
    const id = screen.posts('command')[0]?.id ?? 0;
    screen.send({ type: 'result', id, failure: { message: 'The host lets nobody drive.' } });
    await drawn(() => expect(screen.find('.refusal').textContent).toContain('The host lets nobody drive.'));
    expect(screen.posts('command')[0]?.key).toBe(KEY);
  });
});
