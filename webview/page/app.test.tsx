import { render } from 'preact';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { manualClock } from '../../src/base/testing.ts';
import type { Session } from '../../src/model/session.ts';
import { summary } from '../../src/model/summary.ts';
import { type FromSurface, type Setup, type ToSurface, VIEW_VERSION } from '../../src/protocol/view/messages.ts';
import { ChatContext, type May } from '../chat.ts';
import { createLanguage } from '../l10n.ts';
import { after, asks, aSession, KEY, keyOf, ready, READY, turn } from '../testing.tsx';
import { PageApp } from './app.tsx';
import { composePage } from './compose.ts';
import { PageContext } from './page.ts';
import { FakeHistory, FakeSocket, memoryKeeper } from './testing.ts';

const idle = after(aSession(), ready);
const asked = after(aSession('Another', keyOf('s2')), ready, turn('go'), asks());
const setup: Setup = { ...READY, me: 'page-d' };

/** The page of a device, with its host at the other end. */
class Device {
  readonly clock = manualClock();
  readonly keeper = memoryKeeper();
  readonly sockets: FakeSocket[] = [];
  readonly history: FakeHistory;
  readonly followed: string[] = [];
  readonly root = document.createElement('div');
  readonly #page: ReturnType<typeof composePage>;
  forgotten = 0;

  constructor(may: May = 'drive', history = new FakeHistory()) {
    this.history = history;
    document.body.append(this.root);
    this.#page = composePage({
      device: { id: 'd', token: 't', name: 'Pixel', may },
      keeper: this.keeper,
      history: this.history,
      clock: this.clock,
      language: createLanguage(),
      touch: true,
      connect: () => {
        const socket = new FakeSocket();
        this.sockets.push(socket);
        return socket;
      },
      ask: async () => undefined,
      follow: (href) => this.followed.push(href),
      forget: () => (this.forgotten += 1),
    });
    const { chat, page } = this.#page;
    this.history.moved = () => page.places.moved();
    render(
      <ChatContext.Provider value={chat}>
        <PageContext.Provider value={page}>
          <PageApp />
        </PageContext.Provider>
      </ChatContext.Provider>,
      this.root,
    );
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('No socket was asked for.');
    return socket;
  }

  get act() {
    return this.#page.chat.act;
  }

  /** Welcomed, with these sessions in the list. */
  join(...sessions: readonly Session[]): void {
    this.socket.open();
    this.socket.say({ type: 'welcome', version: VIEW_VERSION, strings: {}, setup }, list(...sessions));
  }

  show(session: Session): void {
    this.button(new RegExp(session.title, 'u')).click();
    this.socket.say({ type: 'snapshot', key: session.key, session });
  }

  sent<T extends FromSurface['type']>(type: T): readonly Extract<FromSurface, { type: T }>[] {
    return this.socket.sent.filter((one): one is Extract<FromSurface, { type: T }> => one.type === type);
  }

  get text(): string {
    return this.root.textContent ?? '';
  }

  button(name: RegExp): HTMLButtonElement {
    const found = [...this.root.querySelectorAll('button')].find((one) =>
      name.test(one.getAttribute('aria-label') ?? one.textContent ?? ''),
    );
    if (found === undefined) throw new Error(`No button ${name} in: ${this.text}`);
    return found;
  }

  get message(): HTMLTextAreaElement {
    const found = this.root.querySelector<HTMLTextAreaElement>('textarea');
    if (found === null) throw new Error(`No field in: ${this.text}`);
    return found;
  }

  dispose(): void {
    this.#page.page.link.dispose();
    render(null, this.root);
    this.root.remove();
  }
}

const list = (...sessions: readonly Session[]): ToSurface => ({
  type: 'catalogue',
  sessions: sessions.map((session) => summary(session)),
  removed: [],
});
const drawn = (check: () => void): Promise<void> => vi.waitFor(check);

let device: Device;
beforeEach(() => {
  device = new Device();
});
afterEach(() => device.dispose());

describe('the page', () => {
  test('[page] it begins with the list, what waits for the person first, and attaches nothing', async () => {
    device.join({ ...idle, changedAt: 9_000 }, asked);
    await drawn(() => expect(device.root.querySelectorAll('.row')).toHaveLength(2));
    const rows = [...device.root.querySelectorAll('.row')].map((row) => row.textContent);
    expect(rows[0]).toContain('Another');
    expect(rows[0]).toContain('Waiting for you');
    expect(device.root.querySelector('.badge')?.getAttribute('aria-label')).toBe('1 question');
    expect(device.sent('attach')).toEqual([]);
    await drawn(() => expect(document.title).toBe('(1) Wheelhouse'));
  });

  test('[page] a session is shown one at a time, and the way back leads to the list', async () => {
    device.join(idle);
    await drawn(() => device.button(/A session/u));
    device.show(idle);
    await drawn(() => expect(device.text).toContain('Ready'));
    expect(device.sent('attach')).toMatchObject([{ key: KEY }]);
    expect(device.history.steps).toEqual([null, { session: KEY }]);
    device.button(/Back to the sessions/u).click();
    await drawn(() => expect(device.root.querySelectorAll('.row')).toHaveLength(1));
    expect(device.history.steps).toEqual([null]);
    expect(device.sent('detach')).toMatchObject([{ key: KEY }]);
  });

  test('[page] the words that begin a session become it: the way back leads to the list', async () => {
    device.join();
    await drawn(() => expect(device.text).toContain('No sessions yet'));
    device.button(/New session/u).click();
    await drawn(() => expect(device.text).toContain('What should be done?'));
    device.message.value = 'go';
    device.message.dispatchEvent(new Event('input', { bubbles: true }));
    await drawn(() => expect(device.button(/^Send$/u).getAttribute('aria-disabled')).toBe('false'));
    device.button(/^Send$/u).click();
    const [{ id, action } = { id: 0, action: undefined }] = device.sent('do');
    expect(action).toEqual({ kind: 'session/new', agent: 'demo' });
    device.socket.say(list(idle), { type: 'focus', key: KEY }, { type: 'result', id });
    await drawn(() => expect(device.sent('command')).toMatchObject([{ key: KEY, command: { kind: 'prompt' } }]));
    expect(device.history.steps).toEqual([null, { session: KEY }]);
    // Loaded again it shows what it showed; opened anew, the list.
    const { history } = device;
    device.dispose();
    device = new Device('drive', history);
    device.join(idle);
    expect(device.sent('attach')).toMatchObject([{ key: KEY }]);
  });

  test('[page] offline is said with the time that things are as of; what is written stays, and nothing goes out', async () => {
    device.join(idle);
    await drawn(() => device.button(/A session/u));
    device.show(idle);
    await drawn(() => device.message.focus());
    device.socket.cut();
    await drawn(() => expect(device.text).toMatch(/Offline\.What is shown is as of .+\./u));
    device.message.value = 'later';
    device.message.dispatchEvent(new Event('input', { bubbles: true }));
    await drawn(() => expect(device.button(/^Send$/u).title).toBe('This device is offline.'));
    device.button(/^Send$/u).click();
    await drawn(() => expect(device.root.querySelector('.refusal')?.textContent).toContain('This device is offline.'));
    expect(device.message.value).toBe('later');
    device.clock.advance(500);
    device.join(idle);
    await drawn(() => expect(device.text).not.toContain('Offline.'));
    // From where it stands: what was missed comes, and nothing twice.
    expect(device.sent('attach')).toMatchObject([{ key: KEY, position: idle.at }]);
    expect(device.message.value).toBe('later');
  });

  test('[page] a prompt whose answer was lost is back in the field, and it is said that it may have arrived', async () => {
    device.join(idle);
    await drawn(() => device.button(/A session/u));
    device.show(idle);
    await drawn(() => expect(device.message.placeholder).toContain('Ask Demo'));
    device.message.value = 'did it arrive?';
    device.message.dispatchEvent(new Event('input', { bubbles: true }));
    await drawn(() => expect(device.button(/^Send$/u).getAttribute('aria-disabled')).toBe('false'));
    device.button(/^Send$/u).click();
    expect(device.sent('command')).toHaveLength(1);
    device.socket.cut();
    await drawn(() =>
      expect(device.root.querySelector('.refusal')?.textContent).toContain(
        'Look whether it arrived before you send it again.',
      ),
    );
    await drawn(() => expect(device.message.value).toBe('did it arrive?'));
  });

  test('[page] what was removed while it was away is gone from the list and from sight', async () => {
    device.join(idle, asked);
    await drawn(() => device.button(/A session/u));
    device.show(idle);
    device.socket.cut();
    device.clock.advance(500);
    device.join(asked);
    await drawn(() => expect(device.root.querySelectorAll('.row')).toHaveLength(1));
    expect(device.text).not.toContain('A session');
  });

  test('[page] [S10] a revoked device sees nothing of the sessions any more, and can be paired again', async () => {
    device.join(idle);
    await drawn(() => device.button(/A session/u));
    device.socket.cut(4001);
    await drawn(() => expect(device.text).toContain('This device is not paired any more'));
    expect(device.text).not.toContain('A session');
    device.button(/Pair again/u).click();
    expect(device.forgotten).toBe(1);
  });

  test('[page] a host of another version is not guessed at', async () => {
    device.socket.open();
    device.socket.say({ type: 'welcome', version: VIEW_VERSION + 1, strings: {}, setup });
    await drawn(() => device.button(/Load again/u));
  });

  test('[page] what has no editor shows no way into one, and links are followed by the page', async () => {
    const edit = {
      kind: 'update',
      update: {
        sessionUpdate: 'tool_call',
        toolCallId: 'c',
        title: 'Edit',
        kind: 'edit',
        locations: [{ path: '/project/a.ts', line: 3 }],
        content: [{ type: 'diff', path: '/project/a.ts', oldText: 'a', newText: 'b' }],
      },
    } as const;
    const edited = after(idle, turn('go'), edit as never);
    device.join(edited);
    await drawn(() => device.button(/A session/u));
    device.show(edited);
    await drawn(() => expect(device.root.querySelector('.diff')).not.toBeNull());
    expect(device.root.querySelector('.location')?.tagName).toBe('SPAN');
    expect(device.text).not.toContain('Open in diff editor');
    device.act({ kind: 'link/open', href: 'https://example.com/' });
    device.act({ kind: 'link/open', href: 'javascript:alert(1)' });
    expect(device.followed).toEqual(['https://example.com/']);
    await drawn(() => expect(device.text).toContain('Only web pages can be opened from here.'));
    expect(device.sent('do')).toEqual([]);
  });

  test('[page] a text that is kept apart is shown in full', async () => {
    device.join(idle);
    await drawn(() => device.button(/A session/u));
    device.act({ kind: 'large/open', key: KEY, name: 'n' });
    expect(device.sent('large')).toMatchObject([{ key: KEY, name: 'n' }]);
    device.socket.say({ type: 'result', id: device.sent('large')[0]?.id ?? 0, text: 'all of it' });
    await drawn(() => expect(device.root.querySelector('dialog')?.textContent).toContain('all of it'));
    device.button(/^Close$/u).click();
    await drawn(() => expect(device.root.querySelector('dialog')).toBeNull());
  });
});

describe('a device that may not do everything', () => {
  test('[S7] one that may watch has no field and no new session, and no answer counts', async () => {
    device.dispose();
    device = new Device('watch');
    device.join(asked);
    await drawn(() => device.button(/Another/u));
    expect(() => device.button(/New session/u)).toThrow('No button');
    device.show(asked);
    await drawn(() =>
      expect(device.root.querySelector('.question')?.textContent).toContain('This device may only watch.'),
    );
    expect(device.root.querySelector('textarea')).toBeNull();
    device.button(/^Allow$/u).click();
    expect(device.sent('command')).toEqual([]);
  });

  test('[S7] one that may answer answers, whoever has the wheel', async () => {
    device.dispose();
    device = new Device('answer');
    const held = after(asked, { kind: 'control', control: { epoch: 1, lease: true, driver: 'editor', name: 'Desk' } });
    device.join(held);
    await drawn(() => device.button(/Another/u));
    device.show(held);
    await drawn(() => expect(device.root.querySelector('.wheel')?.textContent).toBe('Desk has the wheel.'));
    expect(device.text).toContain('This device may watch and answer questions, and not write.');
    await drawn(() => expect(device.root.querySelector('.question')?.className).toBe('question'));
    device.button(/^Allow$/u).click();
    expect(device.sent('command')).toMatchObject([{ command: { kind: 'question/answer', question: 'q1' } }]);
  });
});
