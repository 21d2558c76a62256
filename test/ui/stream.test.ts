import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeStreams } from '../fakes/stream/server.ts';
import { FrameProxy } from '../faults/frameProxy.ts';
import { until } from '../tools/until.ts';
import { darkAndLight, photograph } from './photograph.ts';
import { QuickInput } from './quickInput.ts';
import { openStage, photographFailures, type Stage } from './stage.ts';
import type { Workbench } from './workbench.ts';

describe('terminals that live elsewhere', () => {
  let fake: FakeStreams;
  let proxy: FrameProxy;
  let stage: Stage;
  let workbench: Workbench;
  let quick: QuickInput;
  photographFailures(() => workbench);

  beforeAll(async () => {
    fake = await FakeStreams.listen({ code: 'once-2468' });
    fake.make('build').pane.print('what was there before\r\n$ ');
    proxy = await FrameProxy.listen(1, fake.port);
    stage = await openStage();
    ({ workbench } = stage);
    quick = new QuickInput(workbench.page);
    await workbench.openChat();
  });

  afterAll(async () => {
    const left = await stage?.close();
    await proxy?.[Symbol.asyncDispose]();
    await fake?.[Symbol.asyncDispose]();
    expect(left).toEqual([]);
  });

  const row = (name: RegExp) => workbench.treeItem(name);
  const shows = (text: string) =>
    until(`${text} in the terminal`, async () => (await workbench.terminalText()).includes(text));
  const type = async (text: string): Promise<void> => {
    await workbench.page.locator('.part.panel .terminal-wrapper.active').click();
    await workbench.page.keyboard.type(text);
    await workbench.page.keyboard.press('Enter');
  };
  /** What the terminal is called, in its tab or at the top of the panel. */
  const named = (name: string) => workbench.page.locator('.part.panel').getByText(name).first().waitFor();
  const pictures = { ...darkAndLight, window: true } as const;

  test('[screen] [terminal 7] added with a code that is traded for a token, tried, and connected', async () => {
    await workbench.runCommand('Wheelhouse: Add Environment…');
    await quick.choose('Terminals');
    await quick.enter(`http://127.0.0.1:${proxy.port}/`);
    await quick.asks('What is it called here?');
    await quick.enter('The Box');
    await quick.choose('Pair');
    await quick.enter('once-2468');
    await quick.asks('2 terminals: main, build');
    await quick.choose('Add Environment');
    await row(/^The Box, .*Connected/u).waitFor();
    const settings = await workbench.readSettings();
    expect(JSON.stringify(settings)).not.toContain(fake.options.token);
    // What is written for a picture leaves the rest as it is.
    const { 'wheelhouse.environments': environments } = settings;
    await workbench.writeSettings({ 'wheelhouse.environments': environments });
    await row(/^The Box, .*Connected/u).waitFor();
  });

  test('[screen] [terminal 9] what lives there is opened, typed in, and cut in mid-work: its name says so, and it goes on (stream-cut-THEME-300.png, stream-terminal-THEME-300.png)', async () => {
    const session = fake.session('build');
    await row(/^build/u).click();
    await shows('what was there before');
    await type('count 3');
    await shows('word 3');
    await type('hold');
    await shows('It begins.');
    session.tell('tool', 'bash');
    await named('build · The Box · uses bash');
    await row(/^build, uses bash/u).waitFor();
    proxy.down = true;
    proxy.cut();
    await named('build · The Box · reconnecting');
    await row(/^The Box, .*Reconnecting/u).waitFor();
    expect(await photograph(workbench, 'stream-cut', pictures)).toEqual([]);
    session.pane.print('written while nobody was there\r\n');
    session.pane.release();
    proxy.down = false;
    session.tell('awaiting-input');
    await workbench.page.locator('.part.panel .terminal-wrapper.active').click();
    await shows('written while nobody was there');
    await shows('It ends.');
    await named('build · The Box · waits for you');
    await row(/^The Box, .*Connected/u).waitFor();
    await type('and on it goes');
    await shows('you said: and on it goes');
    expect(await photograph(workbench, 'stream-terminal', pictures)).toEqual([]);
  });

  test('[screen] [terminal 7] a new one, in which a line is run; closed here, it goes on there', async () => {
    await workbench.runCommand('Wheelhouse: Run a Command in Environment…');
    await quick.enter('count 7');
    await shows('word 7');
    const session = fake.session('term-1');
    await workbench.runCommand('Terminal: Kill the Active Terminal Instance');
    await until('nobody who looks', () => session.viewers === 0);
    await row(/^term-1/u).click();
    await shows('word 7');
    expect(session.pane.typed).toBe('count 7\r');
  });

  test('[screen] [terminal 9 session] one that ended is told of, and left the list', async () => {
    const session = fake.session('term-1');
    session.end(0);
    session.cut();
    await shows('any key closes this terminal');
    await row(/^term-1/u).waitFor({ state: 'detached' });
  });

  test('[screen] [terminal 10] left, all of it goes on there', async () => {
    await workbench.runCommand('Wheelhouse: Disconnect Environment…');
    await until('nobody who looks', () => [...fake.sessions.values()].every(({ viewers }) => viewers === 0));
    expect(fake.sessions.has('build')).toBe(true);
  });
});
