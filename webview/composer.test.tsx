import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { summary } from '../src/model/summary.ts';
import { after, aSession, ended, KEY, keyOf, ready, Screen, turn } from './testing.tsx';

const idle = after(aSession(), ready, {
  kind: 'update',
  update: {
    sessionUpdate: 'available_commands_update',
    availableCommands: [
      { name: 'edit', description: 'Edits' },
      { name: 'run', description: 'Runs', input: { hint: 'a command' } },
      { name: 'rerun', description: 'Runs again' },
    ],
  },
});
let screen: Screen;
beforeEach(() => {
  screen = new Screen();
});
afterEach(() => screen.dispose());

const shown = async (session = idle): Promise<void> => {
  screen.show(session);
  await vi.waitFor(() => screen.message);
};
const type = async (text: string): Promise<void> => {
  screen.type(text);
  await vi.waitFor(() => expect(screen.chat.prompts.draft.value).toBe(text));
};
const prompts = () =>
  screen.posts('command').flatMap(({ command }) => (command.kind === 'prompt' ? [command.prompt] : []));
const options = () => screen.all('[role=option]').map((option) => option.querySelector('.name')?.textContent);

describe('the composer', () => {
  test('[demand 30] Enter sends and empties, Shift+Enter does not', async () => {
    await shown();
    await type('do it');
    expect(screen.press(screen.message, 'Enter', { shiftKey: true }).defaultPrevented).toBe(false);
    expect(prompts()).toEqual([]);
    screen.press(screen.message, 'Enter');
    expect(prompts()).toEqual([[{ type: 'text', text: 'do it' }]]);
    await vi.waitFor(() => expect(screen.message.value).toBe(''));
  });

  test('[demand 30] an input method’s Enter never sends', async () => {
    await shown();
    await type('にほ');
    screen.press(screen.message, 'Enter', { isComposing: true });
    screen.press(screen.message, 'Enter', { keyCode: 229 });
    expect(prompts()).toEqual([]);
  });

  test('[composer] a list and a hint that come and go above the field leave the keyboard in it', async () => {
    await shown();
    const field = screen.message;
    field.focus();
    await type('/run');
    await vi.waitFor(() => expect(options()).toContain('/run'));
    await type('/run ');
    await vi.waitFor(() => expect(screen.all('.command-hint')[0]?.textContent).toContain('a command'));
    expect(screen.message).toBe(field);
    expect(document.activeElement).toBe(field);
  });

  test('[composer] nothing but spaces is not sent', async () => {
    await shown();
    await type('  \n ');
    screen.press(screen.message, 'Enter');
    screen.button('Send').click();
    expect(prompts()).toEqual([]);
  });

  test('[composer] a prompt that is refused comes back, with what to do next', async () => {
    await shown(after(idle, turn('first')));
    await type('second');
    screen.press(screen.message, 'Enter');
    await vi.waitFor(() => expect(screen.message.value).toBe(''));
    screen.send({ type: 'result', id: 1, failure: { message: 'Too many wait.', next: 'Remove some.' } });
    await vi.waitFor(() => expect(screen.find('[role=alert]').textContent).toBe('Too many wait. Remove some.'));
    expect(screen.message.value).toBe('second');
  });

  test('[I8] Stop is there while a turn runs, and Escape is not Stop', async () => {
    const running = after(idle, turn('go'));
    await shown(running);
    screen.press(screen.message, 'Escape');
    expect(screen.posts('command')).toEqual([]);
    screen.button('Stop').click();
    expect(screen.posts('command')).toMatchObject([{ key: KEY, command: { kind: 'cancel' } }]);
    screen.events(running, ended('cancelled'));
    await vi.waitFor(() => expect(() => screen.button('Stop')).toThrow('No button'));
  });

  test('[demand 1] [acp 4.2.6] drafts are kept for each session, also over a reload', async () => {
    await shown();
    await type('half a');
    const other = after(aSession('Other', keyOf('s2')), ready);
    screen.send({ type: 'catalogue', sessions: [summary(other)], removed: [] });
    screen.chat.store.show(other.key);
    screen.send({ type: 'snapshot', key: other.key, session: other });
    await vi.waitFor(() => expect(screen.message.value).toBe(''));
    await type('another');
    await vi.waitFor(() => expect(screen.saved).toMatchObject({ key: 's2', drafts: { s1: 'half a', s2: 'another' } }));
    screen.chat.store.show(KEY);
    await vi.waitFor(() => expect(screen.message.value).toBe('half a'));
  });

  test('[acp 4.2.6] [acp 4.2.13] the last letters are kept by a view that is destroyed before its timers run', async () => {
    const listens = vi.spyOn(window, 'addEventListener');
    await shown();
    // What listens to the page begins to, once it has been drawn.
    await vi.waitFor(() => expect(listens).toHaveBeenCalledWith('pagehide', expect.anything()));
    listens.mockRestore();
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      const visibility = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
      screen.type('half a');
      expect(screen.saved).not.toMatchObject({ drafts: { s1: 'half a' } });
      window.dispatchEvent(new Event('pagehide'));
      expect(screen.saved).toMatchObject({ key: 's1', drafts: { s1: 'half a' } });
      visibility.mockRestore();
    } finally {
      vi.useRealTimers();
    }
  });

  test('[composer] a slash offers the commands that match, the keys walk them, Tab takes one', async () => {
    await shown();
    await type('/r');
    await vi.waitFor(() => expect(options()).toEqual(['/run', '/rerun']));
    const list = screen.find('[role=listbox]');
    expect(screen.message.getAttribute('aria-controls')).toBe(list.id);
    screen.press(screen.message, 'ArrowDown');
    await vi.waitFor(() => expect(screen.find('[aria-selected=true]').textContent).toContain('/rerun'));
    expect(screen.message.getAttribute('aria-activedescendant')).toBe(screen.find('[aria-selected=true]').id);
    screen.press(screen.message, 'ArrowUp');
    await vi.waitFor(() => expect(screen.find('[aria-selected=true]').textContent).toContain('/run'));
    screen.press(screen.message, 'Tab');
    await vi.waitFor(() => expect(screen.message.value).toBe('/run '));
    expect(screen.root.textContent).toContain('Expects: a command');
    expect(prompts()).toEqual([]);
  });

  test('[composer] Escape closes the offer, and a command typed whole is sent', async () => {
    await shown();
    await type('/ed');
    await vi.waitFor(() => expect(options()).toEqual(['/edit']));
    screen.press(screen.message, 'Escape');
    await vi.waitFor(() => expect(options()).toEqual([]));
    await type('/edit');
    await vi.waitFor(() => expect(options()).toEqual(['/edit']));
    screen.press(screen.message, 'Enter');
    expect(prompts()).toEqual([[{ type: 'text', text: '/edit' }]]);
  });

  test('[composer] options of the agent are set by their own names', async () => {
    const session = after(idle, {
      kind: 'options/changed',
      options: [
        {
          id: 'mode',
          name: 'Mode',
          source: 'mode',
          control: { kind: 'select', value: 'b', choices: [{ value: 'a', name: 'Ask' }] },
        },
        { id: 'web', name: 'Web search', source: 'config', control: { kind: 'boolean', value: false } },
      ],
    });
    await shown(session);
    const mode = screen.find<HTMLSelectElement>('select[aria-label="Mode"]');
    expect([...mode.options].map((option) => option.value)).toEqual(['b', 'a']);
    mode.value = 'a';
    mode.dispatchEvent(new Event('change', { bubbles: true }));
    screen.find<HTMLInputElement>('.pickers input[type=checkbox]').click();
    expect(screen.posts('command').map(({ command }) => command)).toEqual([
      { kind: 'option/set', option: 'mode', value: 'a' },
      { kind: 'option/set', option: 'web', value: true },
    ]);
  });

  test('[composer] text that was chosen elsewhere is added to what is written', async () => {
    await shown();
    await type('Look at');
    screen.send({ type: 'compose', text: '@src/a.ts' });
    await vi.waitFor(() => expect(screen.message.value).toBe('Look at\n@src/a.ts'));
  });

  test('[acp 7] [acp 10 cline] a value that is not offered is shown, groups are groups, a switch is a box', async () => {
    await shown();
    const choices = [
      { value: 'a', name: 'A', group: 'Fast' },
      { value: 'b', name: 'B', group: 'Slow' },
    ];
    const provider = { kind: 'select', value: '$runtime|openai|x(openai)', choices } as const;
    screen.events(idle, {
      kind: 'options/changed',
      options: [
        { id: 'p', name: 'Provider', source: 'config', control: provider },
        { id: 'f', name: 'Fast mode', source: 'config', control: { kind: 'boolean', value: true } },
      ],
    });
    await vi.waitFor(() => screen.find('select[aria-label="Provider"]'));
    const select = screen.find<HTMLSelectElement>('select[aria-label="Provider"]');
    expect(select.value).toBe(provider.value);
    expect([...select.querySelectorAll('optgroup')].map(({ label }) => label)).toEqual(['Fast', 'Slow']);
    expect(screen.find<HTMLInputElement>('.pickers input[type=checkbox]').checked).toBe(true);
  });

  test('[demand 21] usage is shown when it was reported, and only then', async () => {
    await shown();
    expect(screen.all('.usage')).toEqual([]);
    screen.events(idle, { kind: 'update', update: { sessionUpdate: 'usage_update', used: 50, size: 200 } });
    await vi.waitFor(() => expect(screen.find('.usage').textContent).toContain('50 of 200 tokens used'));
  });
});

describe('a prompt without a session', () => {
  test('[composer] starts one with the default agent, and waits in its queue as soon as it is there', async () => {
    screen.welcome();
    await vi.waitFor(() => screen.message);
    await type('first words');
    screen.press(screen.message, 'Enter');
    expect(screen.posts('do')).toMatchObject([{ action: { kind: 'session/new', agent: 'demo' } }]);
    await vi.waitFor(() => expect(screen.root.textContent).toContain('Starting a session…'));
    expect(screen.message.value).toBe('first words');
    expect(prompts()).toEqual([]);
    const connecting = aSession('');
    screen.send(
      { type: 'catalogue', sessions: [summary(connecting)], removed: [] },
      { type: 'focus', key: KEY },
      { type: 'snapshot', key: KEY, session: connecting },
    );
    expect(prompts()).toEqual([[{ type: 'text', text: 'first words' }]]);
    await vi.waitFor(() => expect(screen.message.value).toBe(''));
    expect(screen.message.readOnly).toBe(false);
    screen.events(connecting, ready);
    expect(prompts()).toHaveLength(1);
  });

  test.each(['failed', 'disconnected'] as const)(
    '[composer] a session that is %s takes a prompt, which brings its agent back',
    async (state) => {
      await shown(after(idle, { kind: 'link', link: { state } }));
      await type('go on');
      screen.press(screen.message, 'Enter');
      expect(prompts()).toEqual([[{ type: 'text', text: 'go on' }]]);
    },
  );

  test('[composer] is given back when the core refuses to begin', async () => {
    screen.welcome();
    await vi.waitFor(() => screen.message);
    await type('first words');
    screen.press(screen.message, 'Enter');
    screen.send({ type: 'result', id: 1, failure: { message: 'Open a folder first.' } });
    await vi.waitFor(() => expect(screen.find('[role=alert]').textContent).toContain('Open a folder first.'));
    expect(screen.message.value).toBe('first words');
  });
});
