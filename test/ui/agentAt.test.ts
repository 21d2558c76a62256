import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeAgentServer } from '../fakes/agentAt/server.ts';
import { FrameProxy } from '../faults/frameProxy.ts';
import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { darkAndLight, photograph } from './photograph.ts';
import { QuickInput } from './quickInput.ts';
import { openStage, photographFailures, type Stage } from './stage.ts';
import { tracesOf } from './traces.ts';
import type { Workbench } from './workbench.ts';

/** A value that looks like no known token. */
const SENTINEL = 'wholly-unrecognizable-77a0c2e9';

describe('an agent at an address', () => {
  let server: FakeAgentServer;
  let proxy: FrameProxy;
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  let quick: QuickInput;
  photographFailures(() => workbench);

  beforeAll(async () => {
    server = await FakeAgentServer.listen({ token: SENTINEL, args: ['--resume'] });
    proxy = await FrameProxy.listen(1, server.port);
    stage = await openStage();
    ({ chat, workbench } = stage);
    quick = new QuickInput(workbench.page);
    await workbench.openChat();
  });

  afterAll(async () => {
    const left = await stage?.close();
    await proxy?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    expect(left).toEqual([]);
  });

  const row = (name: RegExp) => workbench.treeItem(name);

  test('[screen] [demand 10] added by its address and a token, tried, and connected', async () => {
    await workbench.runCommand('Wheelhouse: Add Environment…');
    await quick.choose('Agent by Address');
    await quick.asks('its address, as');
    await quick.enter(`ws://127.0.0.1:${proxy.port}/acp`);
    await quick.asks('What is it called here?');
    await quick.enter('Far Away');
    await quick.asks('The folder there that agents work in');
    await quick.enter('/srv/app');
    await quick.choose('Enter a Token');
    await quick.asks(`The token for 127.0.0.1:${proxy.port}`);
    await quick.enter(SENTINEL);
    await quick.asks('Fake 1.0.0');
    await quick.asks('takes its sessions up again');
    await quick.choose('Add Environment');
    await row(/^Far Away, Agent by Address, Connected/u).waitFor();
    expect(JSON.stringify(await workbench.readSettings())).not.toContain(SENTINEL);
    // A theme is set by writing the whole file anew, and what the window wrote into it is to stay.
    await workbench.writeSettings(await workbench.readSettings());
  });

  test('[screen] [acp address] a session is started there, and asks before it edits (agent-at-asks-THEME-300.png)', async () => {
    await chat.newSession('Far Away');
    await chat.ask('ask Edit settings.json');
    await chat.permission('Edit settings.json').getByText('On Far Away').waitFor();
    expect(await photograph(workbench, 'agent-at-asks', darkAndLight)).toEqual([]);
    await chat.choose('Allow', 'Edit settings.json');
    await chat.becomes('Ready');
  });

  test('[screen] [acp address] cut in the middle of a turn: the turn says so, and what is typed meanwhile stays (agent-at-cut-THEME-300.png)', async () => {
    await chat.ask('hang');
    await chat.says('waiting to be cancelled');
    await chat.composer.fill('Half of a sent');
    proxy.down = true;
    proxy.cut();
    await chat.becomes('Reconnecting');
    await chat.entries('Notice').filter({ hasText: 'The connection was lost' }).waitFor();
    await row(/^Far Away, Agent by Address, Reconnecting/u).waitFor();
    expect(await chat.composer.inputValue()).toBe('Half of a sent');
    expect(await photograph(workbench, 'agent-at-cut', darkAndLight)).toEqual([]);
    await chat.ask('Are you there again?');
    await until('it waits', async () => (await chat.document.getByText('Are you there again?').count()) > 0);
  });

  test('[screen] [acp address] connected again by itself: it goes on with what was asked meanwhile (agent-at-again-THEME-300.png)', async () => {
    proxy.down = false;
    await chat.says('You said: Are you there again?');
    await chat.becomes('Ready');
    await row(/^Far Away, Agent by Address, Connected/u).waitFor();
    expect(server.methods.filter((method) => method === 'session/resume')).toHaveLength(1);
    expect(await photograph(workbench, 'agent-at-again', darkAndLight)).toEqual([]);
  });

  test('[screen] [acp address] left and taken up again by a prompt', async () => {
    await workbench.runCommand('Wheelhouse: Disconnect Environment…');
    await row(/^Far Away, Agent by Address, Not connected/u).waitFor();
    await until('no connection', () => server.connections === 0);
    await chat.answer('hello', 'You said: hello');
    await row(/^Far Away, Agent by Address, Connected/u).waitFor();
  });

  test('[screen] [S50] the token stands in no file, log or argument list', async () => {
    expect(await tracesOf(stage, SENTINEL)).toEqual([]);
    expect(server.headers.some(({ authorization }) => authorization === `Bearer ${SENTINEL}`)).toBe(true);
  });
});
