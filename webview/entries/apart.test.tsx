import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { shortText } from '../../src/model/large.ts';
import type { SessionEvent } from '../../src/model/event.ts';
import { after, aSession, KEY, ready, says, Screen, turn } from '../testing.tsx';

const name = 'c'.repeat(64);
const lines = shortText('a line of it\n'.repeat(30_000), name);
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=';

let screen: Screen;
beforeEach(() => {
  screen = new Screen();
});
afterEach(() => screen.dispose());

const call = (content: readonly unknown[]): SessionEvent => ({
  kind: 'update',
  update: { sessionUpdate: 'tool_call', toolCallId: 'c', title: 'Read', content } as never,
});
const show = (...events: readonly SessionEvent[]): void => screen.show(after(aSession(), ready, turn('go'), ...events));
const picture = shortText(PIXEL.repeat(3000), name);

describe('what is kept apart from a session', () => {
  test('[limits] a text shows its ends, and all of it in an editor', async () => {
    show(says('Look:'), call([{ type: 'content', content: { type: 'text', text: lines } }]));
    await vi.waitFor(() => screen.button('Show all'));
    expect(screen.find('.tool-text').textContent).toContain('characters are kept apart');
    screen.button('Show all').click();
    expect(screen.posts('do').map(({ action }) => action)).toEqual([{ kind: 'large/open', key: KEY, name }]);
  });

  test('[limits] one in a message as well', async () => {
    show(says(lines));
    await vi.waitFor(() => screen.button('Show all'));
  });

  test('[limits] a picture is fetched when it is shown; where it is gone, its type is told', async () => {
    show(call([{ type: 'content', content: { type: 'image', mimeType: 'image/png', data: picture } }]));
    await vi.waitFor(() => expect(screen.posts('large')).toMatchObject([{ key: KEY, name }]));
    const [{ id } = { id: 0 }] = screen.posts('large');
    screen.send({ type: 'result', id, text: PIXEL });
    await vi.waitFor(() => expect(screen.find<HTMLImageElement>('img.picture').src).toContain(PIXEL));
    screen.dispose();
    screen = new Screen();
    show(call([{ type: 'content', content: { type: 'image', mimeType: 'image/png', data: picture } }]));
    await vi.waitFor(() => expect(screen.posts('large')).toHaveLength(1));
    screen.send({ type: 'result', id: screen.posts('large')[0]?.id ?? 0, failure: { message: 'gone' } });
    await vi.waitFor(() => expect(screen.find('.chip').textContent).toBe('Picture (image/png), not shown'));
  });

  test('[S27] a change that is too large is not compared by its ends, and what is agreed to always is', async () => {
    const diff = { type: 'diff', path: '/project/a.txt', oldText: 'old', newText: lines };
    show(call([diff]));
    await vi.waitFor(() => expect(screen.find('.diff').textContent).toContain('Too large to be compared here'));
    expect(screen.all('.counts')).toEqual([]);
    screen.button('Open in diff editor').click();
    expect(screen.posts('do')[0]?.action).toMatchObject({ kind: 'diff/open', index: 0 });
    screen.dispose();
    screen = new Screen();
    const tool = { call: 'c', toolKind: 'edit', content: [diff], locations: [] };
    const question = { id: 'q1', kind: 'permission', title: 'Edit', hash: 'h', at: 1, options: [], tool };
    show({ kind: 'question/asked', question } as never);
    await vi.waitFor(() => expect(screen.find('.diff').textContent).toContain('a line of it'));
  });
});
