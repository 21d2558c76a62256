import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Receiver, startReceiver } from '../fakes/webhookReceiver.ts';
import { patience, until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { fakeAgent, openStage, photographFailures, type Stage } from './stage.ts';
import { tracesOf } from './traces.ts';
import type { Workbench } from './workbench.ts';

const SECRET = 'wholly-unrecognizable-51c07f2a';

describe('webhooks', () => {
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  let receiver: Receiver;
  photographFailures(() => workbench);

  beforeAll(async () => {
    receiver = await startReceiver([SECRET]);
    stage = await openStage({
      settings: {
        'wheelhouse.agents': { fake: fakeAgent('Fake') },
        'wheelhouse.defaultAgent': 'fake',
      },
    });
    ({ chat, workbench } = stage);
    await workbench.openChat();
  });
  afterAll(async () => {
    const left = await stage?.close();
    await receiver?.close();
    expect(left).toEqual([]);
  });

  /** What the person types into the field that has this prompt. */
  const enter = async (prompt: string, text: string): Promise<void> => {
    const widget = workbench.page.locator('.quick-input-widget', { hasText: prompt });
    await widget.locator('input:focus').waitFor();
    await workbench.page.keyboard.type(text);
    await workbench.page.keyboard.press('Enter');
    await widget.waitFor({ state: 'hidden' });
  };

  test('[screen] [S50] [flamecast 9] one that a person adds is told of the end of a turn, and its secret stands nowhere', async () => {
    await workbench.runCommand('Wheelhouse: Add Webhook');
    await enter('A name for it.', 'phone');
    await enter('Where events are sent.', receiver.url);
    await enter('The secret that deliveries are signed with', SECRET);
    const events = workbench.page.locator('.quick-input-widget', { hasText: 'a turn has ended' });
    await events.waitFor();
    await workbench.screenshot('webhook-events');
    await events.getByRole('button', { name: 'OK' }).click();
    await workbench.toast('The webhook phone is told from now on.').waitFor();
    await chat.answer('hello', /./u);
    await until('the delivery', () => receiver.believed.length > 0);
    expect(receiver.believed.map((body) => JSON.parse(body).event.type)).toEqual(['end_turn']);
    await workbench.runCommand('Wheelhouse: Show Log');
    expect(await tracesOf(stage, SECRET)).toEqual([]);
  });

  test('[screen] [flamecast 9] one that was removed is told nothing more', async () => {
    const before = receiver.came.length;
    await workbench.runCommand('Wheelhouse: Remove Webhook');
    await workbench.pick('phone');
    const settings = ['User', 'Machine'].map((place) => join(workbench.userDataDir, place, 'settings.json'));
    await until('settings without it', async () => {
      const texts = await Promise.all(settings.map((path) => readFile(path, 'utf8')));
      return !texts.join('').includes('"phone"');
    });
    await until('the word that there is none', async () => {
      await workbench.runCommand('Wheelhouse: Remove Webhook');
      return workbench
        .toast('There is no webhook.')
        .waitFor({ timeout: patience / 6 })
        .then(
          () => true,
          () => false,
        );
    });
    await chat.answer('hello again', /./u);
    expect(receiver.came.length).toBe(before);
  });
});
