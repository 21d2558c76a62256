import { connect as connectTcp } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeRelay } from '../fakes/relay/server.ts';
import { fingerprintOf, OWN } from '../faults/doorCertificates.ts';
import { listenHere } from '../tools/listen.ts';
import { until } from '../tools/until.ts';
import { QuickInput } from './quickInput.ts';
import { openStage, photographFailures, type Stage } from './stage.ts';
import { tracesOf } from './traces.ts';

/** A value that looks like no known token: it must not need to be recognized to be kept out. */
const SENTINEL = 'wholly-unrecognizable-4be1d07a';

interface Settings {
  readonly 'wheelhouse.environments'?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

describe('adding an environment', () => {
  let relay: FakeRelay;
  let encrypted: Server;
  let url: string;
  let stage: Stage;
  let quick: QuickInput;
  photographFailures(() => stage?.workbench);

  beforeAll(async () => {
    relay = await FakeRelay.listen({ modern: true, token: SENTINEL });
    encrypted = createServer(OWN, (socket) => {
      const behind = connectTcp(relay.port, '127.0.0.1');
      socket.pipe(behind).pipe(socket);
      for (const each of [socket, behind]) each.on('error', () => [socket, behind].forEach((both) => both.destroy()));
    });
    url = `wss://localhost:${await listenHere(encrypted)}/acp`;
    stage = await openStage();
    quick = new QuickInput(stage.workbench.page);
    await stage.workbench.openChat();
  });

  afterAll(async () => {
    const left = await stage?.close();
    encrypted?.close();
    await relay?.[Symbol.asyncDispose]();
    expect(left).toEqual([]);
  });

  const dialog = () => stage.workbench.page.locator('.monaco-dialog-box');
  const press = async (name: string): Promise<void> => {
    const button = dialog().getByRole('button', { name, exact: true });
    await until(`${name} to be taken`, async () => {
      await button.click({ timeout: 1000 });
      // Asked anew where that was too fast to have been read.
      return await button.waitFor({ state: 'hidden', timeout: 1000 }).then(() => true);
    });
  };
  const settings = async (): Promise<Settings> => await stage.workbench.readSettings();
  const entries = async () => (await settings())['wheelhouse.environments'] ?? {};
  const both = async (name: string): Promise<void> => {
    // A theme is set by writing the whole file anew, and what the window wrote into it is to stay.
    await stage.workbench.writeSettings((await settings()) as Record<string, unknown>);
    for (const [theme, word] of [
      ['Light Modern', 'light'],
      ['Dark Modern', 'dark'],
    ] as const) {
      await stage.workbench.setTheme(theme);
      await stage.workbench.screenshot(`add-environment-${name}-${word}`);
    }
  };
  const row = (name: RegExp) => stage.workbench.treeItem(name);

  test('[screen] [demand 10] kind, address, name and token, each to be gone back from; what is wrong is said as it is typed (add-environment-*.png)', async () => {
    const { workbench } = stage;
    await workbench.runCommand('Wheelhouse: Add Environment…');
    await quick.asks('Sessions that live on another machine, shown and driven here');
    await both('kinds');
    await quick.choose('Relay');
    await quick.asks('its address, as');
    await quick.input.fill('ws://192.168.1.2/acp');
    await quick.asks('must be an address that begins with “wss://”');
    await both('address');
    await quick.back();
    await quick.choose('Relay');
    await quick.answer('its address, as', url);
    await quick.answer('What is it called here?', 'The Box');
    await quick.choose('Enter a Token');
    await quick.asks(`The token for ${new URL(url).host}`);
    expect(await quick.input.getAttribute('type')).toBe('password');
    expect(relay.queries).toEqual([]);
    await quick.answer('The token for', SENTINEL);
  });

  test('[screen] [S7] a certificate that nobody knows is shown with its fingerprint, before anything secret is sent', async () => {
    await dialog().getByText('Believe this certificate of localhost').waitFor();
    const shown = (await dialog().innerText()).replaceAll(/[^0-9A-Fa-f]/gu, '').toLowerCase();
    expect(shown).toContain(fingerprintOf(OWN));
    expect(relay.queries).toEqual([]);
    await both('certificate');
    await press('Believe This One');
  });

  test('[screen] [demand 10] it is tried, what was found is shown, and then it is added and connected', async () => {
    const { workbench } = stage;
    await quick.asks('1 session');
    expect(await quick.input.getAttribute('placeholder')).toMatch(/^It answered within \d+ ms\.$/u);
    await both('found');
    expect(await entries()).toEqual({});
    await quick.choose('Add Environment');
    await row(/^The Box, Relay, Connected/u).waitFor();
    await row(/^The first one/u)
      .first()
      .waitFor();
    expect(await entries()).toEqual({
      'the-box': { kind: 'relay', name: 'The Box', url, fingerprint: fingerprintOf(OWN) },
    });
    await both('added');
    await workbench.runCommand('Wheelhouse: Test Connection to Environment…');
    await dialog()
      .getByText(/The Box answered within \d+ ms\./u)
      .waitFor();
    await both('tested');
    await workbench.page.keyboard.press('Escape');
  });

  test('[screen] [S50] after a reload it is taken up again, and the token stands in no file, log or argument list', async () => {
    const { workbench, chat } = stage;
    await workbench.reload();
    await workbench.openChat();
    // A VS Code in a browser keeps secrets for as long as its page lives: nothing is known any more that it takes.
    await row(/^The Box, Relay, Not let in/u).waitFor();
    await workbench.runCommand('Wheelhouse: Connect Environment…');
    await quick.choose('Enter a Token');
    await quick.answer('The token for', SENTINEL);
    await row(/^The Box, Relay, Connected/u).waitFor();
    await chat
      .session(/The first one/u)
      .first()
      .click();
    // What is written before it is shown stands in the field of none.
    await chat.becomes('Ready');
    await chat.answer('count 2', 'word 2');
    expect(await tracesOf(stage, SENTINEL)).toEqual([]);
  });

  test('[screen] [S15] the setting names another place: nothing is sent there, and the token is asked for anew', async () => {
    const { workbench } = stage;
    const before = relay.queries.length;
    const elsewhere = `ws://127.0.0.1:${relay.port}/acp`;
    const box = { kind: 'relay', name: 'The Box', url: elsewhere };
    await workbench.writeSettings({ ...(await settings()), 'wheelhouse.environments': { 'the-box': box } });
    await row(/^The Box, Relay, Not connected/u)
      .filter({ hasText: `127.0.0.1:${relay.port}` })
      .waitFor();
    await workbench.runCommand('Wheelhouse: Connect Environment…');
    await quick.asks('Connect The Box');
    expect(relay.queries).toHaveLength(before);
    await workbench.page.keyboard.press('Escape');
    await row(/^The Box, Relay, Not connected/u).waitFor();
  });

  test('[screen] [demand 10] one that cannot be reached says why and what to do, and can be edited', async () => {
    const { workbench } = stage;
    await workbench.runCommand('Wheelhouse: Add Environment…');
    await quick.choose('Relay');
    await quick.answer('its address, as', 'ws://127.0.0.1:9/acp');
    await quick.answer('What is it called here?', 'Nobody');
    await quick.choose('Enter a Token');
    await quick.answer('The token for', 'none');
    await quick.asks('nothing listens at this address');
    await both('unreachable');
    await quick.choose('Edit the Address');
    await quick.asks('its address, as');
    expect(await quick.input.inputValue()).toBe('ws://127.0.0.1:9/acp');
    await workbench.page.keyboard.press('Escape');
    expect(Object.keys(await entries())).toEqual(['the-box']);
    await workbench.writeSettings({ 'wheelhouse.environments': undefined });
    await row(/^The Box/u).waitFor({ state: 'detached' });
  });

  test('[screen] [demand 10] one that is not there yet can be added all the same', async () => {
    const { workbench } = stage;
    await workbench.runCommand('Wheelhouse: Add Environment…');
    await quick.choose('Relay');
    await quick.answer('its address, as', 'ws://127.0.0.1:9/acp');
    await quick.answer('What is it called here?', 'Nobody');
    await quick.choose('Enter a Token');
    await quick.answer('The token for', 'none');
    await quick.choose('Add Anyway');
    await row(/^Nobody, Relay, Reconnecting$/u).waitFor();
  });

  test('[screen] [demand 10] removed, it is in no list and no setting', async () => {
    const { workbench } = stage;
    await workbench.runCommand('Wheelhouse: Remove Environment…');
    await press('Remove');
    await row(/^Nobody/u).waitFor({ state: 'detached' });
    await until('the setting', async () => Object.keys(await entries()).length === 0);
    await workbench.page.locator('.part.sidebar').getByRole('button', { name: 'Add Environment' }).first().waitFor();
  });
});
