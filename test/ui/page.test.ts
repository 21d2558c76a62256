import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from './browser.ts';
import { LoneHost } from './loneHost.ts';
import { Phone } from './phone.ts';

describe('the page on a phone, with no editor anywhere', () => {
  let browser: Browser;
  let host: LoneHost;
  let phone: Phone;
  const others: Phone[] = [];
  beforeAll(async () => {
    [browser, host] = await Promise.all([launchBrowser(), LoneHost.open()]);
    phone = await Phone.open(browser);
  });
  afterAll(async () => {
    await browser.close();
    await host[Symbol.asyncDispose]();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail')
      await phone.photograph(`failed-${task.name.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 40)}`);
    for (const other of others.splice(0)) await other.page.context().close();
  });
  const other = async (): Promise<Phone> => {
    const opened = await Phone.open(browser);
    others.push(opened);
    return opened;
  };

  test('[demand 13] it joins by the address that the host shows, once a person there has said yes', async () => {
    const invitation = await host.invite();
    await phone.page.goto(invitation.url);
    await expect.poll(() => phone.page.url()).toBe(host.app);
    expect(await phone.page.getByLabel('Code').inputValue()).toBe(invitation.code);
    expect(await phone.page.getByLabel('Name of this device').inputValue()).toBe('Android phone');
    expect(await phone.photograph('pair')).toEqual([]);
    await phone.button('Pair').tap();
    await phone.text('Now say yes on the host').waitFor();
    expect(await invitation.asked()).toMatchObject({ name: 'Android phone', want: ['watch', 'answer', 'drive'] });
    expect(await phone.photograph('pair-waiting')).toEqual([]);
    invitation.say('yes');
    await phone.text('No sessions yet').waitFor();
    expect(await phone.photograph('empty')).toEqual([]);
  });

  test('[demand 13] a code that is no good says so, and nothing of why', async () => {
    const stranger = await other();
    await stranger.page.goto(`${host.app}#pair=AAAA-AAAA`);
    await stranger.button('Pair').tap();
    await stranger.text(/Not paired: the code is wrong, used or too old/).waitFor();
    expect(await stranger.page.getByLabel('Code').inputValue()).toBe('');
    expect(await stranger.photograph('pair-refused')).toEqual([]);
    await stranger.button('Pair').tap();
    await stranger.text('Write the code that the host shows.').waitFor();
  });

  test('[screen] a session is begun, and its words arrive while they are said', async () => {
    await phone.button('New session').tap();
    await phone.text('What should be done?').waitFor();
    expect(await phone.photograph('new')).toEqual([]);
    await phone.send('/slow');
    await phone.state.filter({ hasText: 'Working' }).waitFor();
    expect(await phone.photograph('working')).toEqual([]);
    await phone.button('Stop').tap();
    await phone.state.filter({ hasText: 'Ready' }).waitFor();
  });

  test('[demand 13] a permission that is asked while no editor exists is answered here', async () => {
    await phone.send('/edit');
    await phone.question.waitFor();
    expect(await phone.photograph('permission')).toEqual([]);
    await phone.button('Back to the sessions').tap();
    await phone.page.getByRole('img', { name: '1 question' }).waitFor();
    await expect.poll(() => phone.page.title()).toBe('(1) Wheelhouse');
    expect(await phone.photograph('list')).toEqual([]);
    await phone.show();
    await phone.allow();
    await phone.transcript.getByText(/Allowed by you/).waitFor();
    await phone.state.filter({ hasText: 'Ready' }).waitFor();
    expect(await host.read('README.md')).toContain('Edited with the demo agent');
    expect(await phone.photograph('answered')).toEqual([]);
  });

  test('[relay wheel] two devices drive in turn, a third one watches, and each sees who has the wheel', async () => {
    const tablet = await other();
    await tablet.pair(await host.invite(), 'Tablet');
    await phone.send('/run');
    await phone.question.waitFor();
    await tablet.show();
    await tablet.text('Android phone has the wheel.').first().waitFor();
    expect(await tablet.photograph('wheel-theirs')).toEqual([]);
    await expect.poll(() => tablet.answer.getAttribute('aria-disabled')).toBe('true');
    await tablet.button('Take the wheel').tap();
    await tablet.text('You have the wheel.').waitFor();
    await phone.text('Tablet has the wheel.').first().waitFor();
    const watcher = await other();
    await watcher.pair(await host.invite(), 'Screen', 'Watch only');
    await watcher.show();
    await watcher.question.getByText('This device may only watch.').waitFor();
    expect(await watcher.composer.count()).toBe(0);
    expect(await watcher.photograph('watching')).toEqual([]);
    await tablet.allow();
    for (const [device, by] of [
      [tablet, 'you'],
      [phone, 'Tablet'],
      [watcher, 'Tablet'],
    ] as const)
      await device.transcript.getByText(`Allowed by ${by}`).last().waitFor();
    await phone.button('Take the wheel').tap();
    await phone.text('You have the wheel.').waitFor();
    expect(await phone.photograph('wheel-mine')).toEqual([]);
  });

  test('[demand 14] without its host it says so and as of when, keeps what is written, and goes on by itself', async () => {
    await phone.state.filter({ hasText: 'Ready' }).waitFor();
    await host.kill();
    await phone.text(/What is shown is as of /).waitFor();
    await phone.composer.fill('Are you there?');
    expect(await phone.button('Send').getAttribute('aria-disabled')).toBe('true');
    expect(await phone.photograph('offline')).toEqual([]);
    await host.start();
    await phone.text(/What is shown is as of /).waitFor({ state: 'detached' });
    expect(await phone.composer.inputValue()).toBe('Are you there?');
    await phone.transcript.getByText('Allowed by Tablet').last().waitFor();
    expect(await phone.photograph('back')).toEqual([]);
    await phone.button('Send').tap();
    await phone.transcript.getByText('Are you there?').waitFor();
    await phone.state.filter({ hasText: 'Ready' }).waitFor();
  });

  test('[page] loaded again it shows what it showed, with no code and no token in its address', async () => {
    await phone.page.reload();
    await phone.transcript.getByText('Are you there?').waitFor();
    expect(phone.page.url()).toBe(host.app);
    await phone.page.goBack();
    await phone.page.getByRole('list', { name: 'Sessions' }).waitFor();
  });

  test('[S10] revoked, it shows nothing any more and says how it is mended', async () => {
    const own = (await host.devices()).find(({ name }) => name === 'Android phone');
    await host.revoke(own?.id ?? '');
    await phone.text('This device is not paired any more').waitFor();
    expect(await phone.page.getByRole('list').count()).toBe(0);
    expect(await phone.photograph('revoked')).toEqual([]);
    await phone.button('Pair again').tap();
    await phone.text('Pair this device').waitFor();
    await phone.page.reload();
    await phone.text('Pair this device').waitFor();
  });
});
