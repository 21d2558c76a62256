import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ToSurface } from '../src/protocol/view/messages.ts';
import { after, asks, aSession, ended, KEY, keyOf, ready, Screen, turn } from './testing.tsx';

type News = Extract<ToSurface, { type: 'since' }>;
const nothing: News = {
  type: 'since',
  key: KEY,
  away: 12 * 60_000,
  files: 0,
  edits: [],
  commands: 0,
  failed: 0,
  asked: 0,
  waiting: [],
  ends: [],
};
const edit = (path: string, index = 0): News['edits'][number] => ({ path, entry: 'e7', kind: 'diff', index });
const session = after(aSession(), ready, turn('go'));

let screen: Screen;
beforeEach(() => {
  screen = new Screen();
});
afterEach(() => screen.dispose());

const card = () => screen.find('section[aria-label="Since you left"]');
const lines = () => screen.all('.since li').map(({ textContent }) => textContent);
const acts = () => screen.posts('do').map(({ action }) => action);
const shown = async (news: Partial<News>, of = session): Promise<void> => {
  screen.show(of);
  screen.send({ ...nothing, ...news });
  await vi.waitFor(() => expect(lines().length).toBeGreaterThan(0));
};

describe('since you left', () => {
  test('[demand 7] tells files, commands and ends, stands above the composer, and is announced with how long it was', async () => {
    await shown({
      files: 8,
      edits: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => edit(`/project/${name}.ts`)),
      commands: 3,
      failed: 1,
      ends: [
        { kind: 'ended', seq: 1, reason: 'end_turn' },
        { kind: 'ended', seq: 2, reason: 'cancelled', title: 'Stopped.' },
        { kind: 'ended', seq: 3, reason: 'failed', title: 'Overloaded\u202E' },
      ],
    });
    expect(lines()).toEqual([
      '8 files editeda.tsb.tsc.tsd.tse.tsf.ts2 more',
      '3 commands ran · 1 failed',
      '1 turn done',
      '1 turn stopped',
      'Overloaded⟨U+202E⟩',
    ]);
    await vi.waitFor(() =>
      expect(screen.find('.since [role="status"]').textContent).toBe('Since you left, 12 min ago'),
    );
    expect(card().compareDocumentPosition(screen.message) & Node.DOCUMENT_POSITION_FOLLOWING).not.toBe(0);
  });

  test('[V3] a file leads to its change by the name of its entry, and files of one name are told apart', async () => {
    await shown({
      files: 3,
      edits: [
        edit('/project/a/x.ts'),
        edit('/project/b/x.ts', 1),
        { path: '/project/c.ts', entry: 'e9', kind: 'location', index: 2 },
      ],
    });
    for (const name of ['a/x.ts', 'b/x.ts', 'c.ts']) screen.button(name).click();
    expect(acts()).toEqual([
      { kind: 'diff/open', key: KEY, entry: 'e7', index: 0 },
      { kind: 'diff/open', key: KEY, entry: 'e7', index: 1 },
      { kind: 'location/open', key: KEY, entry: 'e9', index: 2 },
    ]);
  });

  test('[I5] a question that waits is one press away, and is not said to wait once it is answered', async () => {
    const asked = after(session, asks(), asks({ id: 'q2', title: 'Another' }));
    await shown({ asked: 2, waiting: ['q2'] }, asked);
    screen.button('1 waits for you').click();
    await vi.waitFor(() => expect(screen.find('.question').textContent).toContain('Another'));
    screen.events(asked, {
      kind: 'question/settled',
      question: 'q2',
      by: { kind: 'person', device: 'phone' },
      outcome: { kind: 'cancelled' },
    });
    await vi.waitFor(() => expect(lines()).toEqual(['2 questions asked']));
  });

  test('[demand 7] opens by a whole click', async () => {
    await shown({ commands: 1 });
    expect(card().className).toBe('since');
    card().click();
    await vi.waitFor(() => expect(card().className).toBe('since open'));
  });

  test('[demand 7] goes when it is dismissed, when the person goes on, and with the session', async () => {
    const done = after(session, ended());
    await shown({ commands: 1 }, done);
    screen.button('Dismiss').click();
    await vi.waitFor(() => expect(screen.all('.since')).toEqual([]));
    expect(document.activeElement).toBe(screen.message);

    screen.send({ ...nothing, commands: 2 });
    await vi.waitFor(() => expect(lines()).toEqual(['2 commands ran']));
    screen.type('Go on');
    screen.press(screen.message, 'Enter');
    await vi.waitFor(() => expect(screen.all('.since')).toEqual([]));

    screen.send({ ...nothing, commands: 3 });
    await vi.waitFor(() => expect(lines()).toEqual(['3 commands ran']));
    screen.chat.store.show(keyOf('s2'));
    await vi.waitFor(() => expect(screen.all('.since')).toEqual([]));
    screen.send({ ...nothing, commands: 4 });
    expect(screen.chat.store.since.value).toBeUndefined();
  });

  test.each([
    [400, '1 s'],
    [59_000, '59 s'],
    [3_599_000, '59 min'],
    [8_000_000, '2 h 13 min'],
    [90_000_000, '1 day'],
    [400_000_000, '4 days'],
  ])('[demand 7] %d ms are %s', async (away, words) => {
    await shown({ away, commands: 1 });
    await vi.waitFor(() => expect(card().textContent).toContain(`Since you left, ${words} ago`));
  });
});
