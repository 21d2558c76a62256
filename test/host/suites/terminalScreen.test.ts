import assert from 'node:assert/strict';
import { systemClock } from '../../../src/machine/clock.ts';
import type { ExitStatus, Terminal } from '../../../src/router/ports.ts';
import { ScreenPace } from '../../../src/vscode/screenFeed.ts';
import { type Drawn, TerminalScreen } from '../../../src/vscode/terminalScreen.ts';
import { until } from '../../tools/until.ts';

/** A command's terminal in the test's hands, and the screen that draws it. */
const open = (kind: Terminal['kind'], outlives?: boolean) => {
  const exit = Promise.withResolvers<ExitStatus>();
  const heard: string[] = [];
  const terminal: Drawn = {
    kind,
    write: (text) => void heard.push(text),
    resize: (columns, rows) => void heard.push(`${columns} x ${rows}`),
    kill: () => void heard.push('kill'),
    exited: exit.promise,
  };
  const pace = new ScreenPace(systemClock);
  const screen = new TerminalScreen(terminal, pace, outlives);
  let drawn = '';
  screen.onDidWrite((text) => (drawn += text));
  let closed = 0;
  screen.onDidClose(() => (closed += 1));
  return {
    screen,
    heard,
    print: (text: string) => screen.take(text),
    end: (code: number | null = 0) => exit.resolve({ code, signal: null }),
    drawn: () => drawn,
    closed: () => closed,
    close: () => {
      screen.dispose();
      pace.dispose();
    },
  };
};

suite('the screen of a command', () => {
  test('[acp 4.2.10] lines of a pipe end as a screen wants it; what a pseudo-terminal wrote stays as it is', async () => {
    const lines = 'one\ntwo\r\nthree\n';
    for (const [kind, shown] of [
      ['pipes', 'one\r\ntwo\r\nthree\r\n'],
      ['pty', lines],
    ] as const) {
      const it = open(kind);
      it.screen.open(undefined);
      it.print(lines);
      await until('it to be drawn', () => it.drawn().endsWith(shown));
      assert.equal(/no real terminal/iu.test(it.drawn()), kind === 'pipes');
      it.close();
    }
  });

  test('[acp 4.2.10] Ctrl+C ends a command that has no terminal, and is a key to one that has', () => {
    for (const [kind, heard] of [
      ['pipes', 'kill'],
      ['pty', '\u0003'],
    ] as const) {
      const it = open(kind);
      it.screen.open({ columns: 80, rows: 24 });
      it.screen.handleInput('\u0003');
      assert.deepEqual(it.heard, ['80 x 24', heard]);
      it.close();
    }
  });

  test('[acp 4.2.10] after the end a key closes it, what VS Code answers by itself does not, and nothing reaches a dead command', async () => {
    const it = open('pty');
    it.screen.open(undefined);
    it.end();
    await until('the exit code', () => /exited with code 0/u.test(it.drawn()));
    it.screen.setDimensions({ columns: 10, rows: 10 });
    it.screen.handleInput('\u001B[?62;4c');
    it.screen.close();
    assert.deepEqual([it.heard, it.closed()], [[], 0]);
    it.screen.handleInput('q');
    assert.deepEqual([it.heard, it.closed()], [[], 1]);
    it.close();
  });

  test('[T3] a command that outlives the window goes on when its screen is closed, and ends when a person says so', async () => {
    const it = open('pty', true);
    it.screen.open(undefined);
    it.screen.close();
    assert.deepEqual(it.heard, []);
    it.screen.miss(12_345);
    await until('what is missing to be said', () => it.drawn().includes(`[${(12_345).toLocaleString()} characters`));
    it.screen.kill();
    assert.deepEqual(it.heard, ['kill']);
    // A host that is gone has told nobody how it ended.
    it.end(null);
    await until('its end', () => it.drawn().includes('[ended; any key'));
    it.close();
  });
});
