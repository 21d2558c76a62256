import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame, FrameLocator } from 'playwright-core';
import { copySample } from '../tools/sample.ts';
import { root } from '../tools/suite.ts';
import { frameOf } from '../ui/inspect.ts';
import { openWorkbench, type Workbench } from '../ui/workbench.ts';
import { type Found, found, type Sought, watch, watchTasks } from './page.ts';
import { packageFolder } from './vsix.ts';

/** Longer than anything that is still worth measuring. */
const LIMIT = 180_000;

/** A webview with a place that takes the key press which starts a measurement. */
interface Side {
  readonly frame: Frame;
  /** Presses Enter, and resolves when the text that answers has been painted. */
  ask(messages: number, options?: { readonly count?: boolean }): Promise<Found>;
}

/** The packaged extension and the bare webview beside each other in one window. */
export interface Stage extends AsyncDisposable {
  readonly workbench: Workbench;
  readonly ours: Side & { newSession(): Promise<void> };
  readonly bare: Side;
}

const marker = (messages: number): string => `END-OF-BURST-${messages}`;

export async function openStage(vsix: string): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-bench-'));
  const workbench = await openWorkbench({
    vsix,
    extensions: [await packageFolder(join(root, 'test', 'fakes', 'echo-extension'), 'echo')],
    workspace: await copySample(join(folder, 'sample')),
    settings: {
      'wheelhouse.agents': { fake: { command: process.execPath, args: [join(root, 'test/fakes/agent.ts')] } },
      'wheelhouse.defaultAgent': 'fake',
    },
  });
  const close = async (): Promise<void> => {
    await workbench.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const ours = await openOurs(workbench);
    const bare = await openBare(workbench);
    return { workbench, ours, bare, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openOurs(workbench: Workbench): Promise<Stage['ours']> {
  const chat = await workbench.openChat();
  const frame = await frameOf(chat);
  await frame.evaluate(watchTasks);
  const composer = chat.getByRole('textbox', { name: 'Message' });
  const ready = (): Promise<void> => isReady(chat);
  return {
    frame,
    newSession: async () => {
      const before = await sessionShown(chat);
      await chat.getByRole('button', { name: 'New session' }).click();
      await frame.waitForFunction(
        (was) => document.querySelector<HTMLSelectElement>('select[aria-label="Session"]')?.value !== was,
        before,
      );
      await ready();
    },
    ask: async (messages, { count = false } = {}) => {
      await composer.fill(`burst ${messages}`);
      const sought = { selector: '[role="log"] article[aria-label="Agent"]', text: marker(messages), count };
      const found = await press(workbench, frame, sought, () => composer.focus());
      await ready();
      return found;
    },
  };
}

const sessionShown = async (chat: FrameLocator): Promise<string | undefined> => {
  const switcher = chat.getByRole('combobox', { name: 'Session', exact: true });
  return (await switcher.count()) === 0 ? undefined : switcher.inputValue();
};

const isReady = (chat: FrameLocator): Promise<void> =>
  chat
    .getByRole('status', { name: 'Session state' })
    .filter({ hasText: /^Ready/u })
    .waitFor({ timeout: LIMIT });

async function openBare(workbench: Workbench): Promise<Side> {
  await workbench.runCommand('Open Echo');
  const locator = workbench.page
    .frameLocator('iframe.webview[src*="extensionId=wheelhouse.echo"]')
    .frameLocator('iframe#active-frame');
  const button = locator.getByRole('button', { name: 'Ask' });
  await button.waitFor();
  const frame = await frameOf(locator);
  await frame.evaluate(watchTasks);
  return {
    frame,
    ask: async (messages) => {
      const asked = { messages, last: marker(messages) };
      await frame.evaluate((ask) => (document.body.dataset['ask'] = ask), JSON.stringify(asked));
      return press(workbench, frame, { selector: '#log > :last-child', text: asked.last }, () => button.focus());
    },
  };
}

async function press(workbench: Workbench, frame: Frame, sought: Sought, focus: () => Promise<void>): Promise<Found> {
  await focus();
  await frame.evaluate(watch, sought);
  await workbench.page.keyboard.press('Enter');
  const timer = Promise.withResolvers<never>();
  const timeout = setTimeout(() => timer.reject(new Error(`waited ${LIMIT} ms in vain for "${sought.text}"`)), LIMIT);
  try {
    return await Promise.race([frame.evaluate(found), timer.promise]);
  } finally {
    clearTimeout(timeout);
  }
}
