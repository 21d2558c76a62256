import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Mention } from '../src/protocol/view/messages.ts';
import { keptBlocks, mentionBlocks } from './mentioned.ts';
import { after, aSession, queue, queued, ready, Screen, turn } from './testing.tsx';

let screen: Screen;
beforeEach(async () => {
  screen = new Screen();
  screen.show(after(aSession(), ready));
  await vi.waitFor(() => screen.message);
});
afterEach(() => screen.dispose());

const FILES: readonly Mention[] = [
  { id: 'm1', label: 'src/store.ts', kind: 'file' },
  { id: 'm2', label: 'src', kind: 'folder' },
];

const type = async (text: string, caret = text.length): Promise<void> => {
  screen.message.value = text;
  screen.message.setSelectionRange(caret, caret);
  screen.message.dispatchEvent(new Event('input', { bubbles: true }));
  await vi.waitFor(() => expect(screen.chat.prompts.draft.value).toBe(text));
};
const asked = () => screen.posts('mentions');
/** Types it, waits until it was asked for, and answers. */
const offer = async (text: string, items: readonly Mention[] = FILES): Promise<void> => {
  const before = asked().length;
  await type(text);
  await vi.waitFor(() => expect(asked().length).toBeGreaterThan(before));
  screen.send({ type: 'mentions', id: asked().at(-1)?.id ?? 0, items, more: false });
  if (items.length > 0) await vi.waitFor(() => screen.find('[role=listbox]'));
};
const options = () => screen.all('[role=option] .name').map((name) => name.textContent);
const prompts = () =>
  screen.posts('command').flatMap(({ command }) => (command.kind === 'prompt' ? [command.prompt] : []));

describe('naming files in a prompt', () => {
  test('[mention] an @ asks for files, Enter takes one, and it goes along with the prompt', async () => {
    await offer('look at @sto');
    expect(asked().at(-1)).toMatchObject({ of: 'file', words: 'sto' });
    expect(options()).toEqual(['store.ts', 'src']);
    expect(screen.press(screen.message, 'Enter').defaultPrevented).toBe(true);
    await vi.waitFor(() => expect(screen.message.value).toBe('look at @src/store.ts '));
    await vi.waitFor(() => expect(screen.root.textContent).toContain('Goes along: src/store.ts'));
    await type('look at @src/store.ts please');
    screen.press(screen.message, 'Enter');
    expect(prompts()).toEqual([
      [
        { type: 'text', text: 'look at @src/store.ts please' },
        { type: 'resource_link', uri: 'mention:m1', name: 'src/store.ts' },
      ],
    ]);
  });

  test('[mention] an address of mail begins none, and Escape closes the list until the next @', async () => {
    await offer('@s');
    screen.press(screen.message, 'Escape');
    await vi.waitFor(() => expect(options()).toEqual([]));
    const before = asked().length;
    await type('@st');
    await type('me@example');
    expect(asked()).toHaveLength(before);
    await offer('me@example @x');
    expect(asked().at(-1)?.words).toBe('x');
  });

  test('[mention] Tab goes into a folder, and the arrows walk the list', async () => {
    await offer('@s');
    screen.press(screen.message, 'ArrowDown');
    await vi.waitFor(() => expect(screen.find('[aria-selected=true]').textContent).toContain('src'));
    expect(screen.message.getAttribute('aria-activedescendant')).toBe(screen.find('[aria-selected=true]').id);
    screen.press(screen.message, 'Tab');
    expect(screen.message.value).toBe('@src/');
    expect(asked().at(-1)).toMatchObject({ words: 'src/' });
  });

  test('[mention] an Enter that is faster than the answer takes what the answer brings, and sends nothing', async () => {
    await offer('@s');
    await type('@stor');
    screen.press(screen.message, 'Enter');
    expect(prompts()).toEqual([]);
    screen.send({ type: 'mentions', id: asked().at(-1)?.id ?? 0, items: FILES, more: false });
    await vi.waitFor(() => expect(screen.message.value).toBe('@src/store.ts '));
    expect(prompts()).toEqual([]);
  });

  test('[mention] a late answer to other letters is not shown', async () => {
    await offer('@s');
    const old = asked().at(-1)?.id ?? 0;
    await offer('@sx', []);
    screen.send({ type: 'mentions', id: old, items: FILES, more: false });
    expect(options()).toEqual([]);
    screen.press(screen.message, 'Enter');
    expect(prompts()).toHaveLength(1);
  });

  test('[mention] # looks for a text in files, and Enter still sends until a line is chosen', async () => {
    const line: Mention = { id: 'l1', label: 'src/a.ts:12', kind: 'line', text: 'const needle' };
    await offer('see #needle', [line]);
    expect(asked().at(-1)).toMatchObject({ of: 'text', words: 'needle' });
    expect(screen.all('[aria-selected=true]')).toEqual([]);
    screen.press(screen.message, 'ArrowDown');
    screen.press(screen.message, 'Enter');
    await vi.waitFor(() => expect(screen.message.value).toBe('see @src/a.ts:12 '));
    const before = asked().length;
    await type('# Heading, #1');
    screen.press(screen.message, 'Enter');
    expect(asked()).toHaveLength(before);
    expect(prompts()).toEqual([[{ type: 'text', text: '# Heading, #1' }]]);
  });

  test('[S31] what cannot be seen in the name of a file is made visible', async () => {
    await offer('@e', [{ id: 'x', label: 'evil\u202Etxt.exe', kind: 'file' }]);
    expect(options()).toEqual(['evil⟨U+202E⟩txt.exe']);
  });

  test('[mention] of a queued prompt that is changed, what is still named is kept', async () => {
    const running = after(aSession(), ready, turn('go'));
    const link = { type: 'resource_link', uri: 'file:///w/a.ts', name: 'a.ts' } as const;
    const prompt = [{ type: 'text', text: 'read @a.ts' } as const, link];
    const session = after(running, queue([queued('q1', 'x', { prompt })]));
    screen.send({ type: 'snapshot', key: session.key, session });
    await vi.waitFor(() => expect(screen.chat.store.session.value?.queue).toHaveLength(1));
    screen.chat.prompts.change({ ...queued('q1', 'x'), prompt });
    screen.chat.prompts.edit('do read @a.ts');
    screen.chat.prompts.submit();
    expect(screen.posts('command').at(-1)?.command).toEqual({
      kind: 'queue/change',
      id: 'q1',
      prompt: [
        { type: 'text', text: 'do read @a.ts' },
        { type: 'resource_link', uri: 'queued:1', name: 'a.ts' },
      ],
    });
  });
});

describe('which mentions a text holds', () => {
  const chosen = { 'src/a.ts': 'one', 'src/a': 'two', 'with space.md': 'three' };
  const ids = (text: string): readonly string[] =>
    mentionBlocks(text, chosen).flatMap((block) => (block.type === 'resource_link' ? [block.uri] : []));

  test.each([
    ['@src/a.ts', ['mention:one']],
    ['(@src/a.ts), and @src/a.', ['mention:one', 'mention:two']],
    ['@src/a.tsx', []],
    ['@src/a/b', []],
    ['x@src/a.ts', []],
    ['see @with space.md?', ['mention:three']],
    ['@src/a.ts:12', []],
  ])('[mention] %s', (text, expected) => {
    expect(ids(text)).toEqual(expected);
  });

  test('[mention] pictures are kept whatever the text says; what it no longer names is not', () => {
    const image = { type: 'image', data: '', mimeType: 'image/png' } as const;
    const changes = { type: 'resource', resource: { uri: 'file:///w#changes', text: 'diff' } } as const;
    const prompt = [{ type: 'text', text: 'x' } as const, image, changes];
    expect(keptBlocks('no more', prompt)).toEqual([image]);
    expect(keptBlocks('with @changes', prompt)).toEqual([
      image,
      { type: 'resource_link', uri: 'queued:2', name: 'changes' },
    ]);
  });
});
