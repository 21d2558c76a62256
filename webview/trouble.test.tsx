import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Link } from '../src/model/session.ts';
import { after, asks, aSession, KEY, ready, READY, Screen, turn } from './testing.tsx';

const idle = after(aSession(), ready);
const running = after(idle, turn('go'));
let screen: Screen;
beforeEach(() => {
  screen = new Screen();
});
afterEach(() => screen.dispose());

const link = (over: Link) => ({ kind: 'link', link: over }) as const;
const drawn = (check: () => void): Promise<void> => vi.waitFor(check);
const state = () => screen.find('[aria-label="Session state"]').textContent;
const commands = () => screen.posts('command').map(({ command }) => command);
const acts = () => screen.posts('do').map(({ action }) => action);

describe('a session in trouble', () => {
  test.each(['starting', 'initializing', 'signing in', 'opening the session'])(
    '[demand 16] a start says how far it is: %s',
    async (detail) => {
      screen.show(after(aSession(), link({ state: 'connecting', detail })));
      await drawn(() => expect(state()).toBe(`Connecting, ${detail}`));
    },
  );

  test('[demand 16] a silent agent is told of with its seconds, and can be stopped or restarted', async () => {
    screen.show(after(running, link({ state: 'ready', silent: 40 })));
    await drawn(() => expect(state()).toBe('Working, silent for 40 s'));
    await drawn(() => expect(screen.find('.trouble').textContent).toContain('Nothing from Demo for 40 s'));
    screen.button('Stop the turn').click();
    screen.button('Restart agent').click();
    expect(commands()).toEqual([{ kind: 'cancel' }]);
    expect(acts()).toEqual([{ kind: 'agent/restart', key: KEY }]);
    expect(screen.button('Stop')).toBeTruthy();
  });

  test('[demand 16] an agent that ends again and again is waited for in words, and can be restarted at once', async () => {
    screen.show(after(idle, link({ state: 'connecting', detail: 'starting', again: 8 })));
    await drawn(() => expect(state()).toBe('Connecting, started again in 8 s'));
    await drawn(() => expect(screen.find('.trouble').textContent).toContain('It is started again in 8 s.'));
    screen.button('Restart now').click();
    screen.button('Show log').click();
    expect(acts()).toEqual([
      { kind: 'agent/restart', key: KEY },
      { kind: 'agent/log', key: KEY },
    ]);
  });

  test('[J4] a session of another window is read, and taken over when that has let go of it', async () => {
    const elsewhere = (how: 'open' | 'left') => ({ ...idle, link: { state: 'disconnected' as const, elsewhere: how } });
    screen.show(elsewhere('open'));
    await drawn(() => expect(screen.find('.trouble').textContent).toContain('open in another window'));
    expect(() => screen.button('Take over')).toThrow('No button');
    const left = { ...elsewhere('left'), at: { epoch: 'e2', seq: idle.at.seq } };
    screen.send({ type: 'snapshot', key: KEY, session: left });
    await drawn(() => screen.button('Take over'));
    screen.button('Take over').click();
    expect(acts()).toEqual([{ kind: 'session/take', key: KEY }]);
  });

  test('[demand 16] longer silence is said in minutes, and ends with the next word', async () => {
    const silent = after(running, link({ state: 'ready', silent: 100 }));
    screen.show(silent);
    await drawn(() => expect(state()).toBe('Working, silent for 1 min 40 s'));
    screen.events(silent, link({ state: 'ready' }));
    await drawn(() => expect(state()).toBe('Working'));
    expect(screen.all('.trouble')).toEqual([]);
  });

  test('[demand 16] an agent that waits for an answer is not called silent', async () => {
    screen.show(after(running, asks(), link({ state: 'ready', silent: 40 })));
    await drawn(() => expect(state()).toBe('Waiting for you'));
    expect(screen.all('.trouble')).toEqual([]);
  });

  test('[demand 1] what the agent has forgotten is said, and can be gone on with afresh', async () => {
    screen.show(after(running, link({ state: 'disconnected', detail: 'no', forgotten: true })));
    await drawn(() =>
      expect(screen.find('.trouble .notice-title').textContent).toBe('The agent does not remember this session'),
    );
    expect(screen.find('[role=log]').textContent).toContain('go');
    screen.button('Continue afresh').click();
    expect(commands()).toEqual([{ kind: 'session/afresh' }]);
    screen.send({ type: 'result', id: 1, failure: { message: 'The agent still has this session.' } });
    await drawn(() => expect(screen.find('[role=alert]').textContent).toContain('still has this session'));
  });

  test('[demand 16] one that is lost says why and offers a restart', async () => {
    screen.show(after(idle, link({ state: 'disconnected', detail: 'Its agent is not running.' })));
    await drawn(() => expect(screen.find('.trouble').textContent).toContain('Its agent is not running.'));
    screen.button('Restart agent').click();
    expect(acts()).toEqual([{ kind: 'agent/restart', key: KEY }]);
  });
});

describe('trouble of the window', () => {
  const trouble = 'Sessions are kept in memory only: the disk is full.';

  test('[demand 1] is said in a box that was there before it, and goes away with it', async () => {
    screen.show(idle);
    await drawn(() => screen.message);
    const box = screen.find('.banner[role=status]');
    expect(box.textContent).toBe('');
    screen.send({ type: 'setup', setup: { ...READY, trouble } });
    await drawn(() => expect(box.textContent).toBe(trouble));
    screen.send({ type: 'setup', setup: READY });
    await drawn(() => expect(box.textContent).toBe(''));
  });

  test('[empty] is said without a session too', async () => {
    screen.welcome({ ...READY, trouble });
    await drawn(() => expect(screen.find('.banner').textContent).toBe(trouble));
  });
});

describe('the folder of a session', () => {
  const folders = [
    { path: '/project', name: 'project' },
    { path: '/lib', name: 'library' },
  ];

  test('[demand 18] it is named as soon as there are several, the innermost where they are nested', async () => {
    screen.show(idle);
    screen.send({ type: 'setup', setup: { ...READY, folders } });
    await drawn(() => expect(screen.find('.session-folder').textContent).toBe('in project'));
    screen.send({ type: 'setup', setup: { ...READY, folders: folders.slice(0, 1) } });
    await drawn(() => expect(screen.all('.session-folder')).toEqual([]));
    expect(screen.all('.trouble')).toEqual([]);
  });

  test('[remote] that of a session on another machine is in no window, and is not missed', async () => {
    screen.show({ ...idle, link: { state: 'failed' }, machine: 'Box' });
    screen.send({ type: 'setup', setup: { ...READY, folders: folders.slice(1) } });
    await drawn(() => expect(screen.find('.trouble').textContent).not.toContain('not open in this window'));
    screen.show({ ...idle, machine: 'Box' });
    await drawn(() => expect(screen.all('.trouble')).toEqual([]));
  });

  test('[acp 4.2.1] one that has left the window is missed, and can be added again', async () => {
    screen.show(idle);
    screen.send({ type: 'setup', setup: { ...READY, folders: folders.slice(1) } });
    await drawn(() => expect(screen.find('.trouble').textContent).toContain('not open in this window'));
    screen.button('Add the folder').click();
    expect(acts()).toEqual([{ kind: 'folder/add', key: KEY }]);
    screen.send({ type: 'setup', setup: { ...READY, folders } });
    await drawn(() => expect(screen.all('.trouble')).toEqual([]));
  });

  test('[S33] in Restricted Mode a session can be read, and the way out is shown', async () => {
    screen.show(idle);
    screen.send({ type: 'setup', setup: { ...READY, trusted: false } });
    await drawn(() => expect(screen.find('.trouble').textContent).toContain('not trusted'));
    screen.button('Manage trust').click();
    expect(acts()).toEqual([{ kind: 'mend', what: 'trust' }]);
  });

  test('[acp 4.2.3] a folder that is on no disk is told with how it is reached', async () => {
    screen.welcome({ ...READY, folder: false, folders: [], virtual: 'vscode-vfs' });
    await drawn(() => expect(screen.root.textContent).toContain('vscode-vfs'));
    screen.button('Open folder').click();
    expect(acts()).toEqual([{ kind: 'mend', what: 'folder' }]);
  });
});
