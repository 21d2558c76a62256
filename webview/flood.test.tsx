import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SessionEvent } from '../src/model/event.ts';
import { after, asks, aSession, KEY, ready, Screen, turn } from './testing.tsx';

// A chunk of its own: loading it takes real time, and only the first time.
beforeAll(() => import('./permission.tsx'));

let screen: Screen;
let made: number;
beforeEach(() => {
  screen = new Screen();
  made = 0;
  const create = document.createElement.bind(document);
  vi.spyOn(document, 'createElement').mockImplementation((name: string) => {
    made += 1;
    return create(name);
  });
  const createIn = document.createElementNS.bind(document);
  vi.spyOn(document, 'createElementNS').mockImplementation((space: string | null, name: string) => {
    made += 1;
    return createIn(space, name);
  });
});
afterEach(() => {
  screen.dispose();
  vi.restoreAllMocks();
});

const call = (index: number): SessionEvent => ({
  kind: 'update',
  update: { sessionUpdate: 'tool_call', toolCallId: `c${index}`, title: `Call ${index}`, kind: 'read' },
});
const many = (count: number, make: (index: number) => SessionEvent): readonly SessionEvent[] =>
  Array.from({ length: count }, (_, index) => make(index));
const ended = (text: string): Promise<void> =>
  vi.waitFor(() => expect(screen.root.textContent).toContain(text), { timeout: 20_000 });

describe('a flood', () => {
  test('[S32] of a hundred thousand calls makes no more elements in a frame than one of a thousand', async () => {
    const session = after(aSession(), ready, turn('go'));
    const elements = async (count: number, batches: number): Promise<number> => {
      screen.show(session);
      await ended('go');
      made = 0;
      let grown = session;
      const size = count / batches;
      for (let batch = 0; batch < batches; batch += 1) {
        const events = many(size, (index) => call(batch * size + index));
        screen.events(grown, ...events);
        grown = after(grown, ...events);
      }
      await ended(`Call ${count - 1}`);
      return made;
    };
    const few = await elements(1000, 1);
    expect(few).toBeGreaterThan(20);
    expect(await elements(100_000, 200)).toBeLessThan(2 * few);
    expect(screen.all('*').length).toBeLessThan(1500);
  });

  test('[S32] of questions shows one card and says how many there are', async () => {
    const session = after(aSession(), ready, turn('go'));
    screen.show(session);
    screen.events(session, ...many(32, (index) => asks({ id: `q${index}`, title: `Question ${index}` })));
    await ended('1 of 32');
    expect(screen.all('.question')).toHaveLength(1);
    expect(screen.root.textContent).not.toContain('Question 7');
    const settled = many(31, (index) => ({
      kind: 'question/settled',
      question: `q${index}`,
      by: { kind: 'turn cancelled' },
      outcome: { kind: 'cancelled' },
    }));
    screen.events(screen.chat.store.session.value ?? session, ...settled);
    await ended('Question 31');
    expect(screen.all('.question')).toHaveLength(1);
    expect(screen.all('*').length).toBeLessThan(1500);
    expect(screen.posts('command')).toEqual([]);
    expect(screen.posts('attach')).toEqual([{ type: 'attach', key: KEY }]);
  });
});
