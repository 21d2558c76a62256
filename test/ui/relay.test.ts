import type { FrameLocator, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { endHost, hostPid } from './hostProcess.ts';
import { axe, noHorizontalScroll } from './inspect.ts';
import { Phone } from './phone.ts';
import { photographFailures, openStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { RelayDevice } from './relayDevice.ts';
import type { Theme, Workbench } from './workbench.ts';

const dialogOf = ({ page }: Workbench): Locator => page.locator('.monaco-dialog-box');
const itemOf = (workbench: Workbench): Locator =>
  workbench.statusBarItem().and(workbench.page.locator('[id$="wheelhouse.relay"]'));

/** Answers the dialog that is there, which takes no answer in its first moments and is there again then. */
const press = async (workbench: Workbench, name: string): Promise<void> => {
  const button = dialogOf(workbench).getByRole('button', { name, exact: true });
  const asked = workbench.panel().getByText('say what it may do');
  await button.waitFor();
  await until('the dialog to be answered', async () => {
    if (await button.isVisible()) await button.click();
    return await asked.waitFor({ state: 'hidden', timeout: 2000 }).then(
      () => true,
      () => false,
    );
  });
};

/** The code on the page for pairing. */
const codeOn = async (workbench: Workbench): Promise<string> => {
  const text = workbench.panel().getByText(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/u);
  await text.waitFor();
  return await text.innerText();
};

/** Revokes a device by the list that the item in the status bar shows. */
const revoke = async (workbench: Workbench, device: string): Promise<void> => {
  await itemOf(workbench).click();
  await workbench.page.locator('.quick-input-widget .monaco-list-row').filter({ hasText: device }).click();
  await dialogOf(workbench).getByText(`Revoke the device “${device}”?`).waitFor();
  await dialogOf(workbench).getByRole('button', { name: 'Revoke', exact: true }).click();
};

/** Starts the relay by the palette. @returns the address of the page */
const start = async (workbench: Workbench): Promise<string> => {
  await workbench.runCommand('Wheelhouse: Start Relay for Other Devices');
  const toast = workbench.toast('The relay listens on');
  await toast.waitFor();
  const app = /http:\/\/127\.0\.0\.1:\d+\/app\//u.exec(await toast.innerText())?.[0];
  if (app === undefined) throw new Error('the toast names no address');
  return app;
};

const wireOf = (app: string): string => app.replace(/^http/u, 'ws').replace('/app/', '/acp');

const darkAndLight: readonly (readonly [Theme, string])[] = [
  ['Dark Modern', 'dark'],
  ['Light Modern', 'light'],
];

describe('the relay of a window, for other devices', () => {
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  let app: string;
  let relay: string;
  let token: string;
  let phone: RelayDevice;
  photographFailures(() => workbench);

  beforeAll(async () => {
    stage = await openStage();
    ({ chat, workbench } = stage);
    await workbench.openChat();
    await chat.newSession();
  });

  afterAll(async () => {
    phone?.close();
    expect(await stage.close()).toEqual([]);
  });

  const dialog = (): Locator => dialogOf(workbench);
  const page = (): FrameLocator => workbench.panel();
  const item = (): Locator => itemOf(workbench);
  const take = async (name: string): Promise<void> => {
    for (const [theme, word] of darkAndLight) {
      await workbench.setTheme(theme);
      await workbench.screenshot(`${name}-${word}`);
    }
  };
  const look = async (): Promise<readonly string[]> => [...(await noHorizontalScroll(page())), ...(await axe(page()))];

  test('[screen] [S2] it listens when it is told to, on this machine alone, and says so for as long as it does (relay-listening-THEME.png)', async () => {
    expect(await item().count()).toBe(0);
    app = await start(workbench);
    relay = wireOf(app);
    await item().waitFor();
    await take('relay-listening');
    expect((await fetch(app)).status).toBe(200);
  });

  test('[screen] [S4] a code is shown as a picture and as text, with the time that is left (relay-pairing-THEME.png)', async () => {
    await workbench.toast().getByRole('button', { name: 'Pair Device' }).click();
    const code = await codeOn(workbench);
    await page().getByRole('img', { name: 'QR code of the address' }).waitFor();
    await page().getByText(`${app}#pair=${code}`).waitFor();
    expect(await page().getByRole('timer').innerText()).toMatch(/[12]:\d\d/u);
    await take('relay-pairing');
    expect(await look()).toEqual([]);
    await page().getByRole('button', { name: 'Copy' }).first().click();
    await until(
      'the address in the clipboard',
      async () => (await workbench.page.evaluate(() => navigator.clipboard.readText())) === `${app}#pair=${code}`,
    );
  });

  test('[screen] [S4] a person who says no lets nobody in, and the device is told nothing more than that', async () => {
    const pairing = RelayDevice.pair(app, { code: await codeOn(workbench), name: 'Stranger', want: ['drive'] });
    await dialog().getByText('Pair the device “Stranger”?').waitFor();
    await dialog().getByRole('button', { name: 'Cancel', exact: true }).click();
    expect((await pairing).status).toBe(403);
    await page().getByText('“Stranger” was not paired.').waitFor();
  });

  test('[screen] [S4] each device is confirmed by its name and by what it wants (relay-confirm-THEME.png, relay-paired.png)', async () => {
    await page().getByRole('button', { name: 'New Code' }).click();
    const pairing = RelayDevice.pair(app, { code: await codeOn(workbench), name: 'Pixel 8', want: ['drive'] });
    await dialog().getByText('Pair the device “Pixel 8”?').waitFor();
    for (const text of [
      'It asks for: Drive.',
      'Watch: ',
      'Answer: ',
      'Drive: ',
      'just entered the code on it yourself',
    ])
      expect(await dialog().innerText()).toContain(text);
    await take('relay-confirm');
    await press(workbench, 'Drive');
    const { status, told } = await pairing;
    expect(status).toBe(200);
    expect(told['capabilities']).toEqual(['watch', 'answer', 'drive']);
    token = String(told['token']);
    await page().getByText('“Pixel 8” is paired, and may drive.').waitFor();
    expect(await look()).toEqual([]);
    await workbench.screenshot('relay-paired');
  });

  test('[screen] [S7] the device takes the wheel, and the window says whose it is until it takes it back (relay-wheel-THEME.png)', async () => {
    phone = await RelayDevice.connect(relay, token, 'client_id=phone');
    await item().filter({ hasText: '1' }).waitFor();
    const taken = await phone.request('_chances/unstable/take_control');
    expect(taken['result']).toMatchObject({ holder: 'phone' });
    await chat.button('Take the wheel').waitFor();
    await chat.document.getByText('Pixel 8').first().waitFor();
    await take('relay-wheel');
    // On any way, not the chat's alone.
    await workbench.send('Hello from the palette');
    await dialog().getByText('Pixel 8 has the wheel. Take the wheel first.').waitFor();
    await dialog().getByRole('button', { name: 'OK', exact: true }).click();
    expect(await chat.entries('You').count()).toBe(0);
    await workbench.runCommand('Wheelhouse: Take the Wheel');
    await chat.button('Release the wheel').waitFor();
    await until('the news', () =>
      phone.lines.some(
        ({ method, params }) =>
          String(method).endsWith('/control') && JSON.stringify(params).includes('"holder":"editor"'),
      ),
    );
    await chat.answer('Hello', /./u);
    await until('the prompt on the phone', () => phone.lines.some((line) => JSON.stringify(line).includes('Hello')));
  });

  test('[screen] [I5] what an agent asks is answered by the device that drives, and stands as settled in the window', async () => {
    await phone.request('_chances/unstable/take_control');
    const [session] = phone.lines.flatMap((line) => (line['type'] === 'relay_welcome' ? [line['sessionId']] : []));
    const turn = phone.request('session/prompt', { sessionId: session, prompt: [{ type: 'text', text: '/edit' }] });
    await chat.permission('Edit README.md').waitFor();
    const asked = await until('the question', () =>
      phone.lines.find(({ method }) => method === 'session/request_permission'),
    );
    phone.answer(asked['id'], { outcome: { outcome: 'selected', optionId: 'allow_once' } });
    expect((await turn)['result']).toMatchObject({ stopReason: 'end_turn' });
    await chat.becomes('Ready');
    expect(await chat.permission().count()).toBe(0);
  });

  test('[screen] [demand 13] the page on a phone drives the window’s session, and begins one of its own without moving the window (relay-page.png)', async () => {
    const browser = workbench.page.context().browser();
    if (browser === null) throw new Error('the window is in no browser');
    const mobile = await Phone.open(browser);
    await workbench.runCommand('Wheelhouse: Pair Device…');
    const code = await codeOn(workbench);
    const invitation = {
      url: `${app}#pair=${code}`,
      code,
      asked: async () => {
        await dialog().getByText('Pair the device “Page”?').waitFor();
        return { name: 'Page', want: ['drive'] };
      },
      say: () => void press(workbench, 'Drive'),
    };
    await mobile.pair(invitation, 'Page');
    await mobile.show();
    await mobile.button('Take the wheel').tap();
    await chat.document.getByText('Page has the wheel.').first().waitFor();
    await mobile.send('/plan');
    await chat.entries('You').filter({ hasText: '/plan' }).waitFor();
    await mobile.state.filter({ hasText: 'Ready' }).waitFor();
    await workbench.screenshot('relay-page');
    const shown = await chat.picker('Session').inputValue();
    await mobile.button('Back to the sessions').tap();
    await mobile.button('New session').tap();
    await mobile.send('Begun on the page');
    await chat.session(/Begun on the page/u).waitFor();
    expect(await chat.picker('Session').inputValue()).toBe(shown);
    await mobile.page.context().close();
    await revoke(workbench, 'Page');
  });

  test('[screen] [S9] a window that is loaded anew listens again where it did, and the device comes back with what it has', async () => {
    await workbench.reload();
    await until('the close', () => phone.closed === 1001 || phone.closed === 1006);
    await workbench.openChat();
    await item().waitFor();
    phone = await RelayDevice.connect(relay, token, 'client_id=phone');
    await item().filter({ hasText: '1' }).waitFor();
  });

  test('[screen] [S9] a device that is revoked is out within a second, and its token opens nothing (relay-devices-THEME.png)', async () => {
    await item().click();
    const row = workbench.page.locator('.quick-input-widget .monaco-list-row').filter({ hasText: 'Pixel 8' });
    await row.filter({ hasText: 'Drive · connected' }).waitFor();
    await take('relay-devices');
    await workbench.page.keyboard.press('Escape');
    await revoke(workbench, 'Pixel 8');
    const before = performance.now();
    await until('the close', () => phone.closed === 4001);
    expect(performance.now() - before).toBeLessThan(1000);
    expect(await RelayDevice.refusal(relay, token)).toBe(401);
    await item().filter({ hasText: '0' }).waitFor();
    // Nobody else drives, so nobody needs the wheel.
    await chat.button('Release the wheel').waitFor({ state: 'hidden' });
    await chat.answer('Still here', /./u);
  });

  test('[screen] [relay 9] one window of a machine has it: another one says so in words', async () => {
    const second = await workbench.openWindow({ workspace: stage.folder });
    try {
      await second.runCommand('Wheelhouse: Start Relay for Other Devices');
      await dialogOf(second).getByText('Another window of this machine has the relay.').waitFor();
    } finally {
      await second.close();
    }
  });

  test('[screen] [S2] told to stop it listens no more', async () => {
    await workbench.runCommand('Wheelhouse: Stop Relay');
    await item().waitFor({ state: 'hidden' });
    await expect(fetch(app)).rejects.toThrow();
  });
});

describe('the relay of the background host', () => {
  let stage: Stage;
  let workbench: Workbench;
  let phone: RelayDevice;
  photographFailures(() => workbench);

  beforeAll(async () => {
    stage = await openStage({ settings: { 'wheelhouse.sessions.owner': 'machine' } });
    ({ workbench } = stage);
    await workbench.openChat();
    await stage.chat.newSession();
  });

  afterAll(async () => {
    phone?.close();
    const host = await hostPid(workbench);
    const left = await stage.close();
    await endHost(host);
    expect(left).toEqual([]);
  });

  test('[screen] [S4] [I5] a device that the window let in answers what an agent asks while the window is closed (relay-host-settled.png)', async () => {
    const { chat } = stage;
    const app = await start(workbench);
    await itemOf(workbench).waitFor();
    await workbench.toast().getByRole('button', { name: 'Pair Device' }).click();
    const pairing = RelayDevice.pair(app, { code: await codeOn(workbench), name: 'Tablet', want: ['answer', 'drive'] });
    await dialogOf(workbench).getByText('Pair the device “Tablet”?').waitFor();
    await press(workbench, 'Answer');
    const { told } = await pairing;
    expect(told['capabilities']).toEqual(['watch', 'answer']);
    await workbench.panel().getByText('“Tablet” is paired, and may watch and answer.').waitFor();
    phone = await RelayDevice.connect(wireOf(app), String(told['token']), 'client_id=tablet');
    await itemOf(workbench).filter({ hasText: '1' }).waitFor();

    await chat.ask('/edit');
    await chat.permission('Edit README.md').waitFor();
    await workbench.closeWindow();
    const asked = await until('the question', () =>
      phone.lines.find(({ method }) => method === 'session/request_permission'),
    );
    phone.answer(asked['id'], { outcome: { outcome: 'selected', optionId: 'allow_once' } });
    await until('it to be settled', () =>
      phone.lines.some(({ method }) => String(method).endsWith('/permission_settled')),
    );
    await workbench.openAgain(stage.folder);
    await workbench.openChat();
    await chat.becomes('Ready');
    await chat.document.getByText('Allowed by Tablet').waitFor();
    // The door is still open, and the window that was loaded anew says so.
    await itemOf(workbench).filter({ hasText: '1' }).waitFor();
    await workbench.screenshot('relay-host-settled');
  });

  test('[screen] [S9] the window revokes it, and the host closes it', async () => {
    await revoke(workbench, 'Tablet');
    await until('the close', () => phone.closed === 4001);
    await workbench.runCommand('Wheelhouse: Stop Relay');
    await itemOf(workbench).waitFor({ state: 'hidden' });
  });
});
