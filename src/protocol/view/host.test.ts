import { describe, expect, test } from 'vitest';
import { blank, fold, says } from '../../../test/tools/sessions.ts';
import { readFromSurface, readFromWindow } from './codec.ts';
import { readFromHost } from './fromHost.ts';
import { greetingLine, readHostGreeting, readWindowGreeting } from './greeting.ts';
import { VIEW_VERSION } from './messages.ts';

const prompt = [
  { type: 'resource_link', uri: 'file:///w/a.ts', name: 'a.ts' },
  { type: 'resource', resource: { uri: 'file:///w#changes', mimeType: 'text/x-diff', text: '+' } },
];
const command = { type: 'command', id: 1, key: 'k', command: { kind: 'prompt', prompt, turn: 't' } };
const open = { type: 'host', id: 2, action: { kind: 'session/open', cwd: '/w', roots: ['/w'] } };

describe('what a window says to a host', () => {
  test('[view] a window names files and folders; a page does not', () => {
    for (const message of [command, open]) {
      expect(readFromWindow(message)).toEqual(message);
      expect(() => readFromSurface(message)).toThrow('nobody understands');
    }
    expect(() =>
      readFromSurface({ ...command, command: { kind: 'prompt', prompt: [{ type: 'text', text: 'x' }], turn: 't' } }),
    ).toThrow();
  });

  test.each([
    { type: 'host', id: 1, action: { kind: 'run', command: 'x' } },
    { type: 'host', id: 1, action: { kind: 'session/open', cwd: '', roots: [] } },
    { type: 'host', id: 1, action: { kind: 'session/open', cwd: '/w', roots: [], command: 'x' } },
    { type: 'host', id: -1, action: { kind: 'stop' } },
    { ...command, command: { kind: 'prompt', prompt: [{ type: 'resource', resource: { uri: 'x', blob: 'AA==' } }] } },
    'hello',
    null,
  ])('[S44] %j is refused', (message) => {
    expect(() => readFromWindow(message)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });

  test('[view] the greetings are read again, and nothing else is one', () => {
    const window = { app: '1', token: 'secret', device: 'editor' };
    expect(readWindowGreeting(greetingLine(window))).toEqual({ wheelhouse: 'view', version: VIEW_VERSION, ...window });
    const host = { app: '1', hostId: 'h', pid: 1, startedAt: 2 };
    expect(readHostGreeting(greetingLine(host))).toEqual({ wheelhouse: 'view', version: VIEW_VERSION, ...host });
    for (const line of ['', '{', '[]', 'null', '{"wheelhouse":"view"}', greetingLine(host), 'x'.repeat(10_000)])
      expect(readWindowGreeting(line)).toBeUndefined();
  });
});

describe('what a host says to a window', () => {
  const session = fold(blank(), says('hello'));
  const line = (message: object): string => JSON.stringify(message);

  test('[view] a snapshot is a session of the host’s, whatever it says of who owns it', () => {
    const read = readFromHost(line({ type: 'snapshot', key: 'k', session }));
    const owns = { history: 'them', queue: 'store', questions: 'them' };
    expect(read).toEqual({ type: 'snapshot', key: 'k', session: { ...session, owns } });
  });

  test('[S15] what is missing in it, or is of another kind, has its first value', () => {
    const odd = { ...session, questions: 'none', queue: null, link: undefined, turn: 7, title: 'T' };
    const read = readFromHost(line({ type: 'snapshot', key: 'k', session: odd }));
    expect(read).toMatchObject({
      session: { title: 'T', questions: [], queue: [], link: { state: 'connecting' }, turn: { state: 'idle' } },
    });
  });

  test.each([
    '',
    'nonsense',
    '[]',
    line({ type: 'nonsense' }),
    line({ type: 'constructor' }),
    line({ type: 'events', key: 'k', epoch: 'e', after: 0, events: [{}] }),
    line({ type: 'events', key: 'k', epoch: 'e', after: '0', events: [] }),
    line({ type: 'catalogue', sessions: [{ key: 'k' }], removed: [] }),
    line({ type: 'snapshot', key: 'other', session }),
    line({ type: 'snapshot', key: 'k', session: { ...session, entries: [[{}]] } }),
    line({ type: 'snapshot', key: 'k', session: { ...session, at: {} } }),
    line({ type: 'page', key: 'k', at: session.at, from: 0, pages: [{}] }),
    line({ type: 'result', id: 1, failure: 'no' }),
    line({ type: 'welcome', version: '1', setup: {} }),
  ])('[S15] %j is nothing', (text) => {
    expect(readFromHost(text)).toBeUndefined();
  });
});
