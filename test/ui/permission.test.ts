import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isInSight } from './inspect.ts';
import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { fakeAgent, openStage, photographFailures } from './stage.ts';
import type { Stage } from './stage.ts';
import type { Workbench } from './workbench.ts';

/** How long after its appearance a card takes no answer, in milliseconds. */
const inert = 500;

interface Watched {
  asked: number;
  readonly pressed: { readonly type: string; readonly after: number }[];
}

describe('a permission that lies, and a person in a hurry', () => {
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  photographFailures(() => workbench);

  beforeAll(async () => {
    stage = await openStage({
      settings: { 'wheelhouse.agents': { fake: fakeAgent('Fake') } },
    });
    ({ chat, workbench } = stage);
    await workbench.openChat();
    await chat.newSession('Fake');
  });

  afterAll(async () => {
    await stage.close();
  });

  // A turn that a test left waiting would refuse the prompt of the next.
  const settle = async (): Promise<void> => {
    if (await chat.stop.isVisible()) await chat.stop.click();
    await chat.becomes('Ready');
  };

  /** Puts the focus on the first answer the moment the card appears, and notes what is pressed and when. */
  const watch = (): Promise<void> =>
    chat.document.locator('body').evaluate((body) => {
      const watched: Watched = { asked: 0, pressed: [] };
      Object.assign(globalThis, { watched });
      const observer = new MutationObserver(() => {
        const answer = body.querySelector<HTMLElement>('[role="group"][aria-label^="Permission"] .answers button');
        if (answer === null) return;
        observer.disconnect();
        watched.asked = performance.now();
        answer.focus();
      });
      observer.observe(body, { childList: true, subtree: true });
      for (const type of ['keydown', 'click'])
        body.addEventListener(
          type,
          (event) => watched.pressed.push({ type, after: event.timeStamp - watched.asked }),
          true,
        );
    });
  const watched = (): Promise<Watched> =>
    chat.document.locator('body').evaluate(() => (globalThis as unknown as { watched: Watched }).watched);

  // Again where the machine was too slow to press all of them in time.
  test(
    '[screen] [S31] [demand 9] [acp 4.2.14] Enter, Space and a click answer nothing in the first 500 ms of a card',
    { retry: 2 },
    async () => {
      await watch();
      await chat.ask('ask Edit the greeting');
      const card = chat.permission();
      const allow = card
        .getByRole('button')
        .filter({ hasText: /^Allow/ })
        .first();
      await card.waitFor();
      await chat.page.keyboard.press('Enter');
      await chat.page.keyboard.press('Space');
      await allow.click({ force: true, noWaitAfter: true });
      const { pressed } = await watched();
      // A machine that was too slow to press in time would have proved nothing.
      const early = pressed.filter(({ after }) => after > 0 && after < inert).map(({ type }) => type);
      expect(early).toEqual(expect.arrayContaining(['keydown', 'click']));
      await until('the card to take answers', async () => (await allow.getAttribute('aria-disabled')) !== 'true');
      expect(await card.count()).toBe(1);
      expect(await chat.state.textContent()).toMatch(/^Waiting for you/);

      await allow.focus();
      await chat.page.keyboard.press('Enter');
      await card.waitFor({ state: 'hidden' });
      await chat.becomes('Ready');
    },
  );

  test('[screen] [S31] a toast shows no link whatever the title holds, and Review brings the question', async () => {
    await workbench.openExplorer();
    await workbench.send('spoof');
    const toast = workbench.toast('Fake asks:');
    await toast.waitFor();
    await workbench.screenshot('toast-spoof');
    expect(await toast.locator('.notification-list-item-message a').count()).toBe(0);
    const text = await toast.locator('.notification-list-item-message').innerText();
    expect(text).toContain('] (command:workbench.action.closeWindow)');
    expect(text).toContain('U+202E');
    expect(['\u202E', '\u200B', '\u001B'].filter((hidden) => text.includes(hidden))).toEqual([]);
    expect(await toast.locator('.monaco-button').allInnerTexts()).toEqual(['Review']);

    await toast.getByRole('button', { name: 'Review' }).click();
    await chat.permission().waitFor();
    await chat.becomes('Waiting for you');
    // What was meant for something else must not answer: no answer has the focus.
    expect(await chat.permission().locator('.answers :focus').count()).toBe(0);
  });

  test('[screen] [S31] the card shows hidden characters, no link, and the meaning of "Deny" by its kind (spoof.png)', async () => {
    const card = chat.permission();
    await workbench.setSidebarWidth(400);
    await workbench.screenshot('spoof', chat.page.locator('.part.sidebar'));
    const text = await card.innerText();
    expect(text).toContain('U+202E');
    expect(text).toContain('U+200B');
    expect(text).toContain('U+001B');
    expect(['\u202E', '\u200B', '\u001B'].filter((hidden) => text.includes(hidden))).toEqual([]);
    expect(text).toContain('[Allow](command:workbench.action.closeWindow)');
    expect(text).toContain('<b>bold</b>');
    expect(await card.locator('a, [data-href], b').count()).toBe(0);
    // The command stands there and is in sight, however long the title and the answers are.
    const command = card.getByText('rm -rf ~ #');
    expect(await isInSight(command)).toBe(true);
    const [of, below] = [await card.boundingBox(), await chat.composer.boundingBox()];
    expect((of?.y ?? 0) + (of?.height ?? 0)).toBeLessThanOrEqual(below?.y ?? 0);

    const style = (name: RegExp): Promise<{ kind: string; hint: string | null; picture: string }> =>
      card.getByRole('button', { name }).evaluate((button) => ({
        kind: button.className,
        hint: button.getAttribute('title'),
        picture: button.querySelector('svg')?.outerHTML ?? '',
      }));
    const [deny, link, turned] = [await style(/^Deny$/), await style(/closeWindow/), await style(/wollA/)];
    expect(deny.hint).toBe('Allows this, and what is like it from now on');
    expect(turned.hint).toBe('Refuses this once');
    expect(turned.kind).toMatch(/refuse/);
    for (const allowing of [deny, link]) {
      expect(allowing.kind).toMatch(/allow/);
      expect(allowing.kind).not.toMatch(/refuse/);
      expect(allowing.picture).not.toBe(turned.picture);
    }
  });

  test('[screen] [S31] an option of an unknown kind counts as a refusal', async () => {
    await settle();
    await chat.ask('unknown-option');
    const perhaps = chat.permission().getByRole('button', { name: 'Perhaps' });
    await perhaps.waitFor();
    expect(await perhaps.getAttribute('title')).toContain('counts as a refusal');
    await perhaps.click();
    await chat.permission().waitFor({ state: 'hidden' });
    await chat
      .tool('Unknown option kind')
      .getByText(/Rejected by you/)
      .waitFor();
  });

  test('[screen] [S27] what changes after the question was asked does not change the question', async () => {
    await settle();
    await chat.ask('mutate-after-ask');
    await chat.tool('Edit settings.json (changed)').waitFor();
    const text = await chat.permission('Edit settings.json').innerText();
    expect(text).toContain('"harmless": true');
    expect(text).not.toContain('"harmless": false');
    expect(text).not.toContain('changed)');
  });

  test('[screen] [S31] of a long command the end is in sight (long-command.png)', async () => {
    await chat.newSession('Demo');
    const lines = Array.from({ length: 60 }, (_, index) => `echo ${index}`).join('\n');
    await chat.ask(`/run ${lines}\nrm -rf "$HOME" # the end`);
    const command = chat.permission().locator('pre').first();
    await command.waitFor();
    expect((await command.innerText()).trimEnd()).toMatch(/# the end'$/);
    await workbench.screenshot('long-command', chat.page.locator('.part.sidebar'));
    expect(await isInSight(command)).toBe(true);
    for (const answer of await chat
      .permission()
      .getByRole('button')
      .filter({ hasText: /^(Allow|Reject)$/ })
      .all())
      expect(await isInSight(answer)).toBe(true);
  });
});
