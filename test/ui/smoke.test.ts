import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copySample } from '../tools/sample.ts';
import { axe, noHorizontalScroll } from './inspect.ts';
import { openWorkbench, themes } from './workbench.ts';
import type { Workbench } from './workbench.ts';

describe('the packaged extension in a fresh VS Code', () => {
  let folder: string;
  let workbench: Workbench;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wheelhouse-workspace-'));
    workbench = await openWorkbench({ workspace: await copySample(join(folder, 'sample')) });
  });

  afterAll(async () => {
    const left = await workbench.close();
    await rm(folder, { recursive: true, force: true });
    // A server that is told to stop takes everything down that it started.
    expect(left).toEqual([]);
  });

  test('[screen] the chat opens from the activity bar, with a composer', async () => {
    const chat = await workbench.openChat();
    expect(await chat.getByRole('textbox', { name: 'Message' }).isVisible()).toBe(true);
  });

  test.for(themes)(
    '[screen] %s: the chat is accessible and fits at 300 and 600 px (smoke-THEME-WIDTH.png)',
    async (theme) => {
      const chat = await workbench.openChat();
      await workbench.setTheme(theme);
      for (const width of [300, 600]) {
        await workbench.setSidebarWidth(width);
        await workbench.screenshot(`smoke-${theme.toLowerCase().replaceAll(' ', '-')}-${width}`);
        expect(await noHorizontalScroll(chat)).toEqual([]);
      }
      expect(await axe(chat)).toEqual([]);
    },
  );

  test('[screen] the chat is there again after a reload of the window', async () => {
    await workbench.reload();
    const chat = await workbench.openChat();
    expect(await chat.getByRole('textbox', { name: 'Message' }).isVisible()).toBe(true);
  });
});
