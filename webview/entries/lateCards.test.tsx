import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SessionEvent } from '../../src/model/event.ts';
import { after, aSession, KEY, ready, Screen, turn } from '../testing.tsx';

const tell = (update: object): SessionEvent => ({ kind: 'update', update }) as SessionEvent;
const plan = (about: object): SessionEvent => tell({ sessionUpdate: 'plan_update', plan: about });
const running = after(aSession(), ready, turn('go'));

let screen: Screen;
beforeAll(() => import('./lateCards.tsx'));
beforeEach(() => {
  screen = new Screen();
});
afterEach(() => screen.dispose());

const drawn = async (selector: string): Promise<HTMLElement> => {
  await expect.poll(() => screen.all(selector).length).toBeGreaterThan(0);
  return screen.find(selector);
};

describe('plans', () => {
  test('[acp 6] one in words is read as markdown, and nothing in it is a link of the page', async () => {
    screen.show(after(running, plan({ type: 'markdown', planId: 'a', content: '## Why\n\n**never** <img src=x>' })));
    const card = await drawn('.card.plan');
    expect(card.querySelector('h3')?.textContent).toBe('Why');
    expect(card.querySelector('strong')?.textContent).toBe('never');
    expect(card.querySelector('img')).toBeNull();
    expect(card.querySelector('.state')).toBeNull();
  });

  test('[acp 6] one in a file is a button, and the page names the entry and no address', async () => {
    screen.show(after(running, plan({ type: 'file', planId: 'a', uri: 'file:///ws/PLAN.md' })));
    await drawn('.card.plan .location');
    screen.button('PLAN.md').click();
    const [{ action } = { action: undefined }] = screen.posts('do');
    expect(action).toEqual({ kind: 'location/open', key: KEY, entry: 'e3', index: 0 });
  });

  test('[acp 6] one that was taken back says so', async () => {
    const told = after(
      running,
      plan({ type: 'items', planId: 'a', entries: [{ content: 'x', priority: 'low', status: 'completed' }] }),
      tell({ sessionUpdate: 'plan_removed', planId: 'a' }),
    );
    screen.show(told);
    expect((await drawn('.card.plan .state')).textContent).toBe('withdrawn');
  });
});

describe('helpers', () => {
  test('[acp 6] the card follows what is known of one, without another entry', async () => {
    const about = (fields: object) => tell({ sessionUpdate: 'subagent_update', sessionId: 'c', ...fields });
    const session = after(running, about({ title: 'Reviewer\u202e', state: { state: 'running' } }));
    screen.show(session);
    const card = await drawn('.card.subagent');
    expect(card.querySelector('.title')?.textContent).toBe('Reviewer⟨U+202E⟩');
    expect(card.querySelector('.state')?.textContent).toBe('working');
    screen.events(session, about({ state: { state: 'idle' } }), {
      kind: 'subagent/said',
      session: 'c',
      text: 'I **read** it.',
    });
    await expect.poll(() => card.textContent).toContain('I read it.');
    expect(card.querySelector('.state')?.textContent).toBe('idle');
    expect(screen.all('.card.subagent')).toHaveLength(1);
  });
});
