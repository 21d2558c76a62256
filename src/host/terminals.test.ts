import { beforeEach, describe, expect, test } from 'vitest';
import { manualClock } from '../base/testing.ts';
import type { SessionKey } from '../model/session.ts';
import type { TerminalNews, TerminalTold, TerminalWish } from '../protocol/view/terminal.ts';
import type { Environment, ExitStatus, Terminal, TerminalOptions } from '../router/ports.ts';
import { HostTerminals, type TerminalView } from './terminals.ts';

const never = new AbortController().signal;
const session = 's' as SessionKey;
const MB = 1024 * 1024;

/** A command in the test's hands. */
const command = () => {
  const exit = Promise.withResolvers<ExitStatus>();
  const done: string[] = [];
  let listener: (text: string) => void = () => undefined;
  const terminal: Terminal = {
    pid: 1,
    kind: 'pty',
    onData: (wants) => {
      listener = wants;
      return { dispose: () => undefined };
    },
    write: (text) => void done.push(text.length > 20 ? `${text.length}` : text),
    resize: (columns, rows) => void done.push(`${columns} x ${rows}`),
    kill: () => void done.push('kill'),
    exited: exit.promise,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return {
    terminal,
    done,
    print: (text: string) => listener(text),
    end: async (code: number) => {
      exit.resolve({ code, signal: null });
      await exit.promise;
    },
  };
};

let terminals: HostTerminals;
let commands: ReturnType<typeof command>[];
let environment: Environment;

beforeEach(() => {
  commands = [];
  terminals = new HostTerminals(manualClock());
  environment = terminals.around({
    label: 'here',
    spawn: () => Promise.reject(new Error('nothing is spawned here')),
    terminal: () => {
      const it = command();
      commands.push(it);
      return Promise.resolve(it.terminal);
    },
  });
});

const run = async (options: Partial<TerminalOptions> = {}) => {
  const owner = { session, terminal: `t${commands.length + 1}` };
  const all = { name: 'ls', command: 'sh', args: ['-c', 'ls -l'], cwd: '/', columns: 1, rows: 1, owner, ...options };
  const seen = await environment.terminal(all, never);
  const it = commands.at(-1);
  if (it === undefined) throw new Error('No command was started.');
  return { ...it, seen };
};

/** A window that has said hello. */
const window = () => {
  const told: TerminalTold[] = [];
  const view: TerminalView = terminals.view((message) => told.push(message));
  view.greeted();
  const wish = (terminal: string, one: TerminalWish): void => view.hear({ type: 'terminal', terminal, wish: one });
  let typed = 0;
  return {
    view,
    told,
    news: (): readonly TerminalNews[] => told.map(({ news }) => news),
    text: (): string => told.map(({ news }) => (news.kind === 'data' ? news.text : '')).join(''),
    wish,
    type: (terminal: string, text: string): void => wish(terminal, { kind: 'input', number: (typed += 1), text }),
    /** Says that all came, until nothing more does. */
    takeAll: (terminal: string): void => {
      for (let before = -1; before !== told.length;) {
        before = told.length;
        for (const { news } of [...told])
          if (news.kind === 'data') wish(terminal, { kind: 'ack', at: news.at + news.text.length });
      }
    },
  };
};

describe('the terminals of a host', () => {
  test('[T1] a window that comes late is told of what runs, and gets all of it once; the agent heard it all', async () => {
    const one = await run();
    one.print('before\r\n');
    const late = window();
    expect(late.told).toEqual([
      { type: 'terminal', terminal: 't1', news: { kind: 'opened', session, name: 'ls -l', way: 'pty' } },
    ]);
    late.wish('t1', { kind: 'attach', at: 0 });
    one.print('after\r\n');
    await one.end(3);
    expect(late.news().slice(1)).toEqual([
      { kind: 'data', at: 0, text: 'before\r\n' },
      { kind: 'data', at: 8, text: 'after\r\n' },
      { kind: 'exited', code: 3, signal: null },
    ]);
    let heard = '';
    one.seen.onData((text) => (heard += text));
    expect(heard).toBe('before\r\nafter\r\n');
  });

  test('[T1] a window that comes back goes on from where it was, and sees what ended meanwhile', async () => {
    const one = await run();
    const first = window();
    first.wish('t1', { kind: 'attach', at: 0 });
    one.print('12345');
    first.view.dispose();
    one.print('67890');
    await one.end(0);
    expect(first.text()).toBe('12345');
    const again = window();
    expect(again.told).toEqual([]);
    again.wish('t1', { kind: 'attach', at: 5 });
    expect(again.news()).toEqual([
      { kind: 'data', at: 5, text: '67890' },
      { kind: 'exited', code: 0, signal: null },
    ]);
    again.wish('of an earlier host', { kind: 'attach', at: 7 });
    expect(again.told.at(-1)).toEqual({ type: 'terminal', terminal: 'of an earlier host', news: { kind: 'closed' } });
  });

  test('[T2] a window that takes nothing is sent four pieces, and later what is still kept; another one misses nothing', async () => {
    const one = await run();
    const slow = window();
    const other = window();
    for (const each of [slow, other]) each.wish('t1', { kind: 'attach', at: 0 });
    const line = `${'y'.repeat(78)}\r\n`;
    let [said, heard, taken] = [0, 0, 0];
    for (; said < 5 * MB; said += line.length) {
      one.print(line);
      for (; taken < other.told.length; taken += 1) {
        const news = other.told[taken]?.news;
        if (news?.kind !== 'data') continue;
        expect(news.at).toBe(heard);
        heard += news.text.length;
        other.wish('t1', { kind: 'ack', at: heard });
      }
    }
    expect(heard).toBe(said);
    expect(slow.news().filter(({ kind }) => kind === 'data')).toHaveLength(4);
    expect(slow.text().length).toBeLessThanOrEqual(4 * 32 * 1024);
    const before = slow.told.length;
    slow.takeAll('t1');
    const [next] = slow.news().slice(before);
    if (next?.kind !== 'data') throw new Error('Nothing more came.');
    // From a whole line on, and not more than is kept.
    expect(next.at % line.length).toBe(0);
    expect(next.at).toBeGreaterThanOrEqual(said - MB);
    const rest = slow.told
      .slice(before)
      .reduce((sum, { news }) => sum + (news.kind === 'data' ? news.text.length : 0), 0);
    expect(next.at + rest).toBe(said);
  });

  test('[T3] input, size and end reach the command while it runs, from whichever window; input that nobody reads is not piled up', async () => {
    const one = await run();
    const [first, second] = [window(), window()];
    first.type('t1', 'ls\r');
    second.wish('t1', { kind: 'resize', columns: 100, rows: 30 });
    expect(one.done).toEqual(['ls\r', '100 x 30']);
    for (let count = 0; count < 40; count += 1) first.type('t1', 'x'.repeat(100_000));
    expect(one.done.length - 2).toBe(11);
    one.print('it reads again');
    for (const text of ['a line', 'and the same again']) first.wish('t1', { kind: 'input', number: 99, text });
    expect(one.done.at(-1)).toBe('a line');
    second.type('t1', 'more');
    expect(one.done.at(-1)).toBe('more');
    first.view.dispose();
    second.wish('t1', { kind: 'kill' });
    expect(one.done.at(-1)).toBe('kill');
    await one.end(1);
    second.type('t1', 'too late');
    second.wish('nobody’s', { kind: 'kill' });
    expect(one.done.at(-1)).toBe('kill');
  });

  test('[T3] what a command asks of its terminal is answered once: by the window that a person works in, and not when it is drawn again', async () => {
    const one = await run();
    const [first, second] = [window(), window()];
    first.wish('t1', { kind: 'attach', at: 0 });
    second.wish('t1', { kind: 'attach', at: 0 });
    const query = '\u001b[c\u001b[6n\u001b[?2026$p\u001b]11;?\u001b\\\u001b[>q';
    const text = `\u001b[1mred${query}\u001b[2 q`;
    one.print(text);
    expect(second.text()).toBe(text);
    expect(first.text()).toBe(`\u001b[1mred${'\0'.repeat(query.length)}\u001b[2 q`);
    first.view.drives();
    one.print(query);
    expect(first.text().endsWith(query)).toBe(true);
    expect(second.text().endsWith('\0')).toBe(true);
    const late = window();
    late.wish('t1', { kind: 'attach', at: 0 });
    expect(late.text()).not.toContain('\u001b[c');
    expect(late.text().length).toBe(text.length + query.length);
  });

  test('[terminal] sixteen that have ended are kept, and shown to whoever asks for one; where a person works, one window is told', async () => {
    const [first, second] = [window(), window()];
    first.view.drives();
    for (let count = 0; count < 20; count += 1) {
      const it = await run();
      it.print(`${count}`);
      expect(terminals.isRunning).toBe(true);
      await it.end(0);
    }
    expect(terminals.isRunning).toBe(false);
    const { view, text, wish, news } = window();
    expect(news()).toEqual([]);
    expect(() => view.show('t4')).toThrow(expect.objectContaining({ code: 'gone' }));
    view.show('t5');
    expect(news()).toMatchObject([{ kind: 'opened', session }]);
    wish('t5', { kind: 'attach', at: 0 });
    expect(text()).toBe('4');
    const signIn = { name: 'Sign in', front: true, command: 'login', args: [] } as const;
    await environment.terminal({ ...signIn, cwd: '/', columns: 1, rows: 1 }, never);
    expect(first.told.at(-1)?.news).toEqual({ kind: 'opened', name: 'Sign in', way: 'pty' });
    expect(second.told.at(-1)?.news).toEqual({ kind: 'opened', name: 'Sign in', way: 'pty' });
    expect(news().at(-1)).toEqual({ kind: 'opened', name: 'Sign in', way: 'pty', front: true });
  });
});
