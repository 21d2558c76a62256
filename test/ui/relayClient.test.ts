import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeRelay } from '../fakes/relay/server.ts';
import { ExecutionDevice } from '../faults/executionDevice.ts';
import { Proxy } from '../faults/proxy.ts';
import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { LoneHost } from './loneHost.ts';
import { darkAndLight, photograph } from './photograph.ts';
import { QuickInput } from './quickInput.ts';
import { RelayDevice } from './relayDevice.ts';
import { openStage, photographFailures, type Stage } from './stage.ts';
import type { Workbench } from './workbench.ts';

describe('the relay of another machine', () => {
  let relay: FakeRelay;
  let proxy: Proxy;
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  let quick: QuickInput;
  photographFailures(() => workbench);

  beforeAll(async () => {
    relay = await FakeRelay.listen({ modern: true, lease: true });
    relay.first.say('What was said before anybody came.');
    proxy = await Proxy.listen(1, 0, relay.port);
    stage = await openStage();
    ({ chat, workbench } = stage);
    quick = new QuickInput(workbench.page);
    const url = `ws://127.0.0.1:${proxy.port}/acp`;
    await workbench.writeSettings({ 'wheelhouse.environments': { box: { kind: 'relay', name: 'The Box', url } } });
    await workbench.openChat();
  });

  afterAll(async () => {
    const left = await stage.close();
    await proxy[Symbol.asyncDispose]();
    await relay[Symbol.asyncDispose]();
    expect(left).toEqual([]);
  });

  const row = () => chat.session(/The first one/u);
  const state = (text: string | RegExp) => chat.state.filter({ hasText: text }).waitFor();

  test('[screen] [relay 9] connected with a token, its sessions stand in the list and are read from their start', async () => {
    await workbench.runCommand('Wheelhouse: Connect Environment…');
    await quick.choose('Enter a Token');
    await quick.asks('The token for');
    expect(await quick.input.getAttribute('type')).toBe('password');
    await quick.enter(relay.options.token);
    await row().filter({ hasText: 'The Box' }).click();
    await chat.says('What was said before anybody came.');
    await chat.becomes('Ready');
    expect(relay.queries.some((query) => query.toString().includes(relay.options.token))).toBe(false);
  });

  test('[screen] [relay 3] cut in the middle of a turn: how much is missing, and that it has come (relay-behind-THEME-300.png, relay-replayed-THEME-300.png)', async () => {
    await chat.ask('hold');
    await chat.says('It begins.');
    await chat.becomes('Working');
    proxy.down = true;
    proxy.cut();
    await chat.becomes('Reconnecting');
    for (let at = 1; at <= 12; at += 1) relay.first.say(`missed ${at} `);
    relay.hold();
    proxy.down = false;
    await state('Reconnecting, 12 behind');
    expect(await photograph(workbench, 'relay-behind', darkAndLight)).toEqual([]);
    const { headSeq } = relay.first;
    relay.goOn();
    await state(`Replayed to ${headSeq}`);
    await chat.says('missed 12');
    expect(await photograph(workbench, 'relay-replayed', darkAndLight)).toEqual([]);
    relay.first.release();
    await chat.becomes('Ready');
    await chat.says(/It begins\.(?: missed \d+)+ It ends\./u);
  });

  test('[screen] [relay 4] somebody else takes the wheel, and the person takes it back (relay-wheel-THEME-300.png)', async () => {
    relay.take('phone');
    await chat.document.getByText('phone', { exact: false }).first().waitFor();
    expect(await photograph(workbench, 'relay-wheel', darkAndLight)).toEqual([]);
    await chat.button('Take the wheel').click();
    await until('the wheel', () => relay.holder?.startsWith('wheelhouse-'));
    await chat.answer('count 3', 'word 3');
  });

  test('[screen] [relay 4] a question of the far side is answered here', async () => {
    await chat.ask('ask Remove the file');
    await chat.choose('Allow', 'Remove the file');
    await chat.says('You chose yes.');
    await chat.becomes('Ready');
  });

  test('[screen] [relay 8] a terminal there, in the panel', async () => {
    await workbench.runCommand('Wheelhouse: Open Terminal in Environment…');
    await until('the terminal', async () => (await workbench.terminalText()).includes('welcome'));
    await workbench.page.keyboard.type('typed here');
    await until('the echo', async () => (await workbench.terminalText()).includes('typed here'));
  });

  test('[screen] [environment 11 ask] a host of ours: commands of a device are asked about, and stand there as they run (execution-ask-THEME-300.png, execution-record-THEME-300.png)', async () => {
    await using host = await LoneHost.open({ environment: { policy: 'ask' } });
    const invitation = await host.invite();
    const pairing = RelayDevice.pair(host.app, { code: invitation.code, name: 'Pixel', want: ['drive'] });
    await invitation.asked();
    invitation.say('yes');
    const { token } = (await pairing).told;
    const { 'wheelhouse.environments': before } = await workbench.readSettings();
    const theirs = { kind: 'relay', name: 'Build Server', url: host.relay };
    await workbench.writeSettings({ 'wheelhouse.environments': { ...(before as object), theirs } });
    await workbench.runCommand('Wheelhouse: Focus on Environments View');
    await workbench.treeItem(/^Build Server, Relay, Not connected/u).waitFor();
    await workbench.runCommand('Wheelhouse: Connect Environment…');
    await quick.choose('Enter a Token');
    await quick.answer('The token for', await host.token());
    await workbench.treeItem(/^Build Server, Relay, Connected/u).waitFor();
    // The room is the chat's.
    await workbench.page.getByRole('button', { name: 'Environments Section', exact: true }).click();

    const device = await ExecutionDevice.connect(host.environment, String(token));
    const opening = device.open('the build');
    await chat.session(/^Commands from Pixel/u).click();
    const card = chat.permission('Let this device run commands on this machine?');
    await card.waitFor();
    await chat.becomes('Waiting for you');
    expect(await photograph(workbench, 'execution-ask', darkAndLight)).toEqual([]);
    await card.getByRole('button', { name: 'Allow', exact: true }).click();
    expect((await opening).metadata).toMatchObject({ status: 'opened', label: 'the build' });
    const ran = await device.bash('echo "said $((20 + 22))"', { description: 'Build it' });
    expect(ran.metadata).toMatchObject({ exit: 0 });
    await chat.tool('Build it').getByText('said 42').waitFor();
    expect(await photograph(workbench, 'execution-record', darkAndLight)).toEqual([]);
    device.cut();
    await workbench.runCommand('Wheelhouse: Disconnect Environment…');
    await quick.choose('Build Server');
    await chat.session(/^Commands from Pixel/u).waitFor({ state: 'detached' });
    await row().click();
  });

  test('[screen] [relay 9] a new session there, and the environment is left again', async () => {
    await chat.newSession('The Box');
    await until('the new session', () => relay.sessions.size === 2);
    await chat.answer('count 2', 'word 2');
    await workbench.runCommand('Wheelhouse: Disconnect Environment…');
    await row().waitFor({ state: 'detached' });
    await until('no connection', () => relay.clients.size === 0);
  });
});
