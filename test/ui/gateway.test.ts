import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeGateway } from '../fakes/gateway/server.ts';
import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { darkAndLight, photograph } from './photograph.ts';
import { QuickInput } from './quickInput.ts';
import { openStage, photographFailures, type Stage } from './stage.ts';
import { tracesOf } from './traces.ts';
import type { Workbench } from './workbench.ts';

/** A value that looks like no known token. */
const SENTINEL = 'wholly-unrecognizable-5c1f77d0';

describe('a gateway', () => {
  let gateway: FakeGateway;
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  let quick: QuickInput;
  photographFailures(() => workbench);

  beforeAll(async () => {
    gateway = await FakeGateway.listen({ token: SENTINEL, history: true });
    await gateway.session('coder:review').run('hello there');
    stage = await openStage();
    ({ chat, workbench } = stage);
    quick = new QuickInput(workbench.page);
    await workbench.openChat();
  });

  afterAll(async () => {
    const left = await stage?.close();
    await gateway?.[Symbol.asyncDispose]();
    expect(left).toEqual([]);
  });

  const row = (name: RegExp) => workbench.treeItem(name);
  const act = async (label: string): Promise<void> => {
    await workbench.runCommand('Wheelhouse: More Actions in Environment…');
    await quick.choose(label);
  };
  const release = (): void => {
    for (const session of gateway.sessions.values()) session.release();
  };
  /** The window has asked whether anything runs, so that nothing is said before it listens. */
  const followed = async (): Promise<void> => {
    const from = gateway.said.findLastIndex(({ type }) => type === 'connect');
    await until('its sessions are followed again', () => {
      const since = gateway.said.slice(
        Math.max(
          from,
          gateway.said.findLastIndex(({ type }) => type === 'connect'),
        ),
      );
      return since.some(({ method, params }) => method === 'status' && JSON.stringify(params).includes('wheelhouse-'));
    });
  };

  test('[screen] [demand 10] added by its address and a token, tried, and connected', async () => {
    await workbench.runCommand('Wheelhouse: Add Environment…');
    await quick.choose('Agentick Gateway');
    await quick.asks('its address, as');
    await quick.enter(gateway.url);
    await quick.asks('What is it called here?');
    await quick.enter('The Gate');
    await quick.choose('Enter a Token');
    await quick.asks('The token for');
    await quick.enter(SENTINEL);
    await quick.asks('Apps: Chat, Coder');
    await quick.choose('Add Environment');
    await row(/^The Gate, Agentick Gateway, Connected/u).waitFor();
    expect(JSON.stringify(await workbench.readSettings())).not.toContain(SENTINEL);
    // A theme is set by writing the whole file anew, and what the window wrote into it is to stay.
    await workbench.writeSettings(await workbench.readSettings());
  });

  test('[screen] [gateway 9 tool confirmation] a run that asks before it writes, with its change (gateway-asks-THEME-300.png)', async () => {
    await chat.newSession('The Gate', 'Chat');
    await chat.ask('think tool ask');
    await chat.permission('Write notes.txt?').waitFor();
    expect(await photograph(workbench, 'gateway-asks', darkAndLight)).toEqual([]);
    await chat.choose('Allow once', 'Write notes.txt?');
    await chat.says('You said: think tool ask');
    await chat.becomes('Ready');
  });

  test('[screen] [gateway 9 reconnect] cut in the middle of a run, and finished after it (gateway-cut-THEME-300.png)', async () => {
    await chat.ask('count 6 hold');
    await chat.says('word-1');
    gateway.away = true;
    gateway.cut();
    await chat.becomes('Reconnecting');
    expect(await photograph(workbench, 'gateway-cut', darkAndLight)).toEqual([]);
    gateway.away = false;
    await followed();
    release();
    await chat.says('word-6');
    await chat.becomes('Ready');
  });

  test('[screen] [gateway 9 tool confirmation] answered from the notification’s Review, while something else is in sight', async () => {
    await workbench.openExplorer();
    const [session] = [...gateway.sessions.values()].filter(({ id }) => id.includes('wheelhouse-'));
    // Another device asks for what has to be confirmed.
    void session?.run('tool ask');
    const toast = workbench.toast('The Gate asks:');
    await toast.waitFor();
    await toast.getByRole('button', { name: 'Review' }).click();
    await chat.permission('Write notes.txt?').waitFor();
    await chat.choose('No', 'Write notes.txt?');
    await chat.becomes('Ready');
    const { params } = gateway.said.findLast(({ method }) => method === 'tool-confirm') ?? {};
    expect(params).toMatchObject({ confirmed: false });
  });

  test('[screen] [gateway 9 tool confirmation] a second device answers, and the question is one no more', async () => {
    const [session] = [...gateway.sessions.values()].filter(({ id }) => id.includes('wheelhouse-'));
    await chat.ask('tool ask');
    await chat.permission('Write notes.txt?').waitFor();
    const open = gateway.said.filter(({ method }) => method === 'tool-confirm').length;
    for (const call of session?.waiting ?? []) session?.confirm(call, { confirmed: true });
    await chat.permission('Write notes.txt?').waitFor({ state: 'hidden' });
    await chat.becomes('Ready');
    expect(gateway.said.filter(({ method }) => method === 'tool-confirm')).toHaveLength(open);
  });

  test('[screen] [I4] a reload of the window in the middle of a run: what was said is here, and goes on (gateway-reload-THEME-300.png)', async () => {
    await chat.ask('count 9 hold');
    await chat.says('word-1');
    await workbench.reload();
    await workbench.openChat();
    // A VS Code in a browser keeps secrets for as long as its page lives: nothing is known any more that it takes.
    await row(/^The Gate, Agentick Gateway, Not let in/u).waitFor();
    await workbench.runCommand('Wheelhouse: Connect Environment…');
    await quick.asks('The token for');
    await quick.enter(SENTINEL);
    await row(/^The Gate, Agentick Gateway, Connected/u).waitFor();
    await followed();
    release();
    await chat.says('word-9');
    await chat.becomes('Ready');
    // What was said before stands above what came after it; what is out of sight is drawn as soon as one looks there.
    await chat.transcript.hover();
    await until('what was said before', async () => {
      await workbench.page.mouse.wheel(0, -200);
      return /word-1\s/u.test(await chat.transcript.innerText());
    });
    expect(await photograph(workbench, 'gateway-reload', darkAndLight)).toEqual([]);
    await chat.answer('and again', 'You said: and again');
  });

  test('[screen] [gateway 9 method] a method of its own, its parameters checked, its answer bit by bit (gateway-method-THEME.png)', async () => {
    await act('Call a Method…');
    await quick.choose('tasks:count');
    await quick.enter('{"upTo":"three"}');
    await quick.asks('“upTo” must be of type number.');
    const last = Promise.withResolvers<void>();
    gateway.counting = last.promise;
    await quick.enter('{"upTo":3,"sessionId":"coder:review"}');
    const page = workbench.page.locator('.part.panel .view-lines');
    await until('the first numbers', async () => /tasks:count\s*1\s*2\s*$/u.test(await page.innerText()));
    await workbench.screenshot('gateway-method');
    last.resolve();
    await until('the answer', async () => (await page.innerText()).includes('"streaming"'));
  });

  test('[screen] [gateway 4 config] its configuration, the tools of a session with one run by hand, and a reset', async () => {
    const page = workbench.page.locator('.part.panel .view-lines');
    await act('Show Configuration');
    await until('the configuration', async () => (await page.innerText()).includes('"model"'));
    await act('Tools of a Session…');
    await quick.choose('review');
    await quick.choose('write_file');
    await quick.enter('{"path":"x"}');
    await until('what it wrote', async () => (await page.innerText()).includes('dispatched'));
    await act('Reset a Session…');
    await quick.choose('review');
    await workbench.page.locator('.monaco-dialog-box').getByRole('button', { name: 'Reset' }).click();
    await until('the reset', () => gateway.said.some(({ method }) => method === 'reset'));
    await workbench.runCommand('View: Toggle Panel Visibility');
  });

  test('[screen] [gateway 4] a session that was there already, with what was said in it', async () => {
    await gateway.session('coder:review').run('hello there');
    await workbench.openChat();
    await row(/^review/u).dblclick();
    await chat.says('You said: hello there');
    await chat.answer('and now', 'You said: and now');
  });

  test('[screen] [S50] the token stands in no file, log or argument list', async () => {
    expect(await tracesOf(stage, SENTINEL)).toEqual([]);
    expect(gateway.said.some(({ token }) => token === SENTINEL)).toBe(true);
  });
});
