import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SessionEvent } from '../src/model/event.ts';
import { summary } from '../src/model/summary.ts';
import { after, asks, aSession, ended, KEY, keyOf, ready, READY, says, Screen, thinks, turn } from './testing.tsx';

let screen: Screen;
beforeEach(() => {
  screen = new Screen();
});
afterEach(() => screen.dispose());

const drawn = (check: () => void): Promise<void> => vi.waitFor(check);
const articles = () => screen.all('[role=log] article').map((article) => article.getAttribute('aria-label'));
const tool = (over: Record<string, unknown> = {}): SessionEvent => ({
  kind: 'update',
  update: {
    sessionUpdate: 'tool_call',
    toolCallId: 'c1',
    title: 'Read a.ts',
    kind: 'read',
    status: 'completed',
    content: [],
    locations: [{ path: '/p/a.ts', line: 3 }],
    ...over,
  },
});

describe('the transcript', () => {
  test('[contract] names its entries', async () => {
    screen.show(
      after(
        aSession(),
        ready,
        turn('hello'),
        thinks('hm'),
        says('# Hi'),
        tool(),
        {
          kind: 'update',
          update: { sessionUpdate: 'plan', entries: [{ content: 'One', priority: 'high', status: 'completed' }] },
        },
        { kind: 'notice', severity: 'info', title: 'Noted.' },
        { kind: 'unknown', name: 'subagent_update', value: { a: 1 } },
      ),
    );
    await drawn(() =>
      expect(articles()).toEqual(['You', 'Thought', 'Agent', 'Tool: Read a.ts', 'Plan', 'Notice', 'Notice']),
    );
    const log = screen.find('[role=log]');
    expect(log.getAttribute('aria-label')).toBe('Transcript');
    expect(log.getAttribute('aria-live')).toBe('off');
    expect(log.tabIndex).toBe(0);
  });

  test('[demand 21] unknown things are named and kept as data under a lid', async () => {
    screen.show(after(aSession(), ready, { kind: 'unknown', name: 'subagent_update', value: { secretWord: 42 } }));
    await drawn(() => expect(screen.root.textContent).toContain('subagent_update'));
    expect(screen.root.textContent).not.toContain('secretWord');
    const lid = screen.find<HTMLDetailsElement>('details.data');
    lid.open = true;
    lid.dispatchEvent(new Event('toggle'));
    await drawn(() => expect(screen.root.textContent).toContain('"secretWord": 42'));
  });

  test('[demand 30] a tool’s places open by the ids of what is shown, never by a path', async () => {
    const session = after(aSession(), ready, turn('x'), tool());
    screen.show(session);
    await drawn(() => screen.button('a.ts:3').click());
    expect(screen.posts('do')).toEqual([
      {
        type: 'do',
        id: 1,
        action: { kind: 'location/open', key: KEY, entry: expect.stringMatching(/^e\d+$/u), index: 0 },
      },
    ]);
  });

  test('[S46] what an agent names is shown, and neither opened nor asked for by itself', async () => {
    const far = ['/etc/passwd', '\\\\host\\share\\x', 'http://host/x'];
    const link = (uri: string) => ({ type: 'resource_link', uri, name: `link to ${uri}` }) as const;
    screen.show(
      after(
        aSession(),
        ready,
        turn('go'),
        ...far.map((path, index) =>
          tool({
            toolCallId: `c${index}`,
            locations: [{ path, line: 1 }],
            content: [
              { type: 'diff', path, oldText: 'a', newText: 'b' },
              { type: 'content', content: link(path) },
              { type: 'content', content: { type: 'image', data: '', mimeType: 'image/svg+xml', uri: path } },
            ],
          }),
        ),
        { kind: 'update', update: { sessionUpdate: 'agent_message_chunk', content: link(far[0] ?? '') } },
      ),
    );
    await drawn(() => expect(screen.root.textContent).toContain(`link to ${far[0]}`));
    for (const lid of screen.all('details')) lid.toggleAttribute('open', true);
    for (const lid of screen.all('[aria-expanded=false]:not([aria-haspopup])')) lid.click();
    for (const path of far) await drawn(() => expect(screen.root.textContent).toContain(path));
    expect(screen.posts('do')).toEqual([]);
    expect(screen.posts('large')).toEqual([]);
    const addresses = screen
      .all('[src], [href]')
      .flatMap((one) => [one.getAttribute('src') ?? one.getAttribute('href')]);
    expect(addresses.filter((address) => !/^(?:data:image\/|#)/u.test(address ?? ''))).toEqual([]);
  });

  test('[demand 4] a diff is shown where it happened, and its editor opens only when asked for', async () => {
    screen.show(
      after(
        aSession(),
        ready,
        turn('x'),
        tool({ kind: 'edit', content: [{ type: 'diff', path: '/p/a.ts', oldText: 'one\n', newText: 'two\n' }] }),
      ),
    );
    await drawn(() => expect(screen.find('ins').textContent).toBe('+two'));
    expect(screen.find('.diff del').textContent).toBe('-one');
    expect(screen.posts('do')).toEqual([]);
    screen.button('Open in diff editor').click();
    expect(screen.posts('do')).toMatchObject([{ action: { kind: 'diff/open', key: KEY, index: 0 } }]);
  });

  test('[I9] a card says what we have to say of its call', async () => {
    const note = 'Done on the disk: no window was there that could do it.';
    screen.show(
      after(aSession(), ready, turn('x'), tool({ status: 'pending' }), { kind: 'call/noted', call: 'c1', note }),
    );
    await drawn(() => expect(screen.find('.card .decision').textContent).toBe(note));
  });

  test('[transcript] a decision says who made it', async () => {
    const session = after(
      aSession(),
      ready,
      turn('x'),
      tool({ status: 'pending' }),
      asks({ tool: { call: 'c1', toolKind: 'read', content: [], locations: [] } }),
    );
    screen.show(session);
    await drawn(() => expect(screen.find('.card .state').textContent).toBe('Waiting for you'));
    screen.events(session, {
      kind: 'question/settled',
      question: 'q1',
      by: { kind: 'person', device: 'editor' },
      outcome: { kind: 'selected', option: 'yes' },
    });
    await drawn(() => expect(screen.find('.decision').textContent).toBe('Allowed by you · Allow'));
  });

  test('[transcript] a terminal’s end is drawn again with the terminal', async () => {
    const terminal = { id: 't', command: 'npm test', tail: '\u001b[32mok\u001b[0m', bytes: 2, released: false };
    const session = after(
      aSession(),
      ready,
      turn('x'),
      { kind: 'terminal/changed', terminal },
      tool({ content: [{ type: 'terminal', terminalId: 't' }] }),
    );
    screen.show(session);
    await drawn(() => expect(screen.find('.terminal-text .fg-ansi-green').textContent).toBe('ok'));
    screen.events(session, {
      kind: 'terminal/changed',
      terminal: { ...terminal, tail: 'more', exit: { code: 1, signal: null } },
    });
    await drawn(() => expect(screen.find('.terminal').textContent).toContain('Ended with code 1'));
    expect(screen.find('.terminal-text').textContent).toBe('more');
  });

  test('[transcript] a thought is folded, says how long it took, and opens', async () => {
    screen.show(after(aSession(), ready, turn('x'), thinks('deep **thought**'), says('answer')));
    await drawn(() => expect(screen.find('summary').textContent).toBe('Thought for 1 s'));
    expect(screen.root.textContent).not.toContain('deep');
    const lid = screen.find<HTMLDetailsElement>('details.fold');
    lid.open = true;
    lid.dispatchEvent(new Event('toggle'));
    await drawn(() => expect(screen.find('.is-thought strong').textContent).toBe('thought'));
  });

  test('[P6] a chunk changes the open block and leaves the others alone', async () => {
    const session = after(aSession(), ready, turn('x'), says('First.\n\nSecond.\n\nThird'));
    screen.show(session);
    await drawn(() =>
      expect(screen.all('.is-agent p').map((p) => p.textContent)).toEqual(['First.', 'Second.', 'Third']),
    );
    const [first, second] = screen.all('.is-agent p');
    const changed: Node[] = [];
    const observer = new MutationObserver((records) => changed.push(...records.map((record) => record.target)));
    observer.observe(screen.find('[role=log]'), { subtree: true, childList: true, characterData: true });
    screen.events(session, says(' and more'));
    await drawn(() => expect(screen.all('.is-agent p').at(-1)?.textContent).toBe('Third and more'));
    observer.disconnect();
    expect(screen.all('.is-agent p').slice(0, 2)).toEqual([first, second]);
    expect(changed.some((node) => first?.contains(node) === true || second?.contains(node) === true)).toBe(false);
  });

  test('[S42] a link in a message asks the host with its whole address', async () => {
    screen.show(after(aSession(), ready, turn('x'), says('[docs](https://example.com/docs) and [bad](command:x)')));
    await drawn(() => screen.find('[role=link]').click());
    screen.press(screen.find('[role=link]'), 'Enter');
    expect(screen.posts('do').map(({ action }) => action)).toEqual([
      { kind: 'link/open', href: 'https://example.com/docs' },
      { kind: 'link/open', href: 'https://example.com/docs' },
    ]);
    expect(screen.root.textContent).toContain('bad (command:x)');
  });

  test('[demand 16] an error offers to restart the agent and to show its log', async () => {
    screen.show(
      after(aSession(), ready, turn('x'), {
        kind: 'turn/ended',
        turn: 't1',
        reason: 'agent gone',
        error: { message: 'The agent ended with code 1.' },
      }),
    );
    await drawn(() => screen.button('Restart agent').click());
    screen.button('Show log').click();
    expect(screen.posts('do').map(({ action }) => action.kind)).toEqual(['agent/restart', 'agent/log']);
  });
});

describe('the state of a session', () => {
  const state = () => screen.find('[role=status][aria-label="Session state"]').textContent;

  test('[contract] is a word, with a detail after a comma', async () => {
    const session = aSession();
    screen.show(session);
    await drawn(() => expect(state()).toBe('Connecting'));
    const steps: readonly (readonly [SessionEvent, string])[] = [
      [{ kind: 'link', link: { state: 'connecting', detail: 'starting Demo' } }, 'Connecting, starting Demo'],
      [{ kind: 'link', link: { state: 'reconnecting', behind: 12 } }, 'Reconnecting, 12 behind'],
      [{ kind: 'link', link: { state: 'ready', replayed: 481 } }, 'Replayed to 481'],
      [ready, 'Ready'],
      [turn('x'), 'Working'],
      [asks(), 'Waiting for you'],
      [
        { kind: 'question/settled', question: 'q1', by: { kind: 'turn cancelled' }, outcome: { kind: 'cancelled' } },
        'Working',
      ],
      [{ kind: 'cancel/requested', turn: 't1', device: 'editor' }, 'Working, stopping'],
      [ended('cancelled'), 'Ready'],
    ];
    let now = session;
    for (const [event, word] of steps) {
      screen.events(now, event);
      now = after(now, event);
      await drawn(() => expect(state()).toBe(word));
    }
  });

  test('[demand 7] other sessions say how they are where they are chosen', async () => {
    screen.show(after(aSession(), ready));
    const other = after(aSession('Other', keyOf('s2')), ready, turn('x'), asks());
    screen.send({ type: 'catalogue', sessions: [summary(other)], removed: [] });
    await drawn(() =>
      expect(screen.find('select[aria-label=Session]').textContent).toContain('Other · Demo · Waiting for you'),
    );
    const select = screen.find<HTMLSelectElement>('select[aria-label=Session]');
    select.value = 's2';
    select.dispatchEvent(new Event('change', { bubbles: true }));
    expect(screen.posts('attach').at(-1)).toEqual({ type: 'attach', key: 's2' });
  });

  test('[screen reader] the end of a message is announced, its tokens are not', async () => {
    const session = after(aSession(), ready, turn('x'));
    screen.show(session);
    await drawn(() => screen.find('.hidden[aria-live=polite]'));
    screen.events(session, says('All done.'));
    await drawn(() => expect(articles()).toContain('Agent'));
    expect(screen.find('.hidden[aria-live=polite]').textContent).toBe('');
    screen.events(after(session, says('All done.')), ended());
    await drawn(() => expect(screen.find('.hidden[aria-live=polite]').textContent).toContain('All done.'));
  });

  test('[acp 4.2.14] [demand 9] a question is announced once, when it is asked', async () => {
    const session = after(aSession(), ready, turn('x'));
    screen.show(session);
    const live = () => screen.find('.hidden[aria-live=polite]');
    await drawn(() => live());
    const asked = after(session, asks({ title: 'Delete everything' }));
    screen.events(session, asks({ title: 'Delete everything' }));
    await drawn(() => expect(live().textContent).toBe('The agent asks: Delete everything'));
    const changes: unknown[] = [];
    const watching = new MutationObserver((records) => changes.push(...records));
    watching.observe(live(), { childList: true, characterData: true, subtree: true });
    screen.events(asked, says('meanwhile'));
    await drawn(() => expect(screen.root.textContent).toContain('meanwhile'));
    watching.disconnect();
    expect(changes).toEqual([]);
  });

  test('[l10n] what a person reads is translated', async () => {
    screen.welcome(READY, { Ready: 'Bereit', Transcript: 'Verlauf', 'New session': 'Neue Sitzung' });
    const session = after(aSession(), ready);
    screen.send(
      { type: 'catalogue', sessions: [summary(session)], removed: [] },
      { type: 'snapshot', key: KEY, session },
    );
    await drawn(() => expect(screen.find('[role=status]').textContent).toBe('Bereit'));
    expect(screen.find('[role=log]').getAttribute('aria-label')).toBe('Verlauf');
  });
});

describe('nothing to show yet', () => {
  test.each([
    ['no folder', { ...READY, folder: false }, 'Open folder', 'folder'],
    ['no trust', { ...READY, trusted: false }, 'Manage trust', 'trust'],
    ['no agent', { ...READY, agents: [] }, 'Set up an agent', 'agent'],
    [
      'an agent that is missing',
      { ...READY, agentMissing: 'The command “x” was not found.' },
      'Set up an agent',
      'agent',
    ],
  ])('[empty] %s has the button that mends it', async (_name, setup, button, what) => {
    screen.welcome(setup);
    await drawn(() => screen.button(button).click());
    expect(screen.posts('do').map(({ action }) => action)).toEqual([{ kind: 'mend', what }]);
    expect(screen.all('textarea')).toEqual([]);
  });

  test('[empty] with all in place a session starts by a button too, with the agent that is chosen', async () => {
    screen.welcome({
      ...READY,
      agents: [
        { id: 'demo', label: 'Demo' },
        { id: 'other', label: 'Other' },
      ],
    });
    await drawn(() => screen.find('select[aria-label=Agent]'));
    const select = screen.find<HTMLSelectElement>('select[aria-label=Agent]');
    select.value = 'other';
    select.dispatchEvent(new Event('change', { bubbles: true }));
    await drawn(() => {
      screen.button('New session').click();
      expect(screen.posts('do').at(-1)?.action).toEqual({ kind: 'session/new', agent: 'other' });
    });
  });
});
