import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { photograph } from './photograph.ts';
import { fakeAgent, openStage, photographFailures, type Stage } from './stage.ts';

describe('files that a prompt names', () => {
  let stage: Stage;
  let chat: Chat;
  let record: string;
  photographFailures(() => stage.workbench);

  beforeAll(async () => {
    stage = await openStage();
    record = join(stage.workbench.userDataDir, 'mentions.jsonl');
    await stage.workbench.writeSettings({ 'wheelhouse.agents': { fake: fakeAgent('Fake', '--record', record) } });
    await writeFile(join(stage.folder, 'notes with a space.md'), 'The text of the notes.\n');
    await writeFile(join(stage.folder, '.gitignore'), 'ignored.md\n');
    await writeFile(join(stage.folder, 'ignored.md'), '');
    chat = stage.chat;
    await stage.workbench.openChat();
    await chat.newSession('Fake');
  });

  afterAll(async () => {
    expect(await stage.close()).toEqual([]);
  });

  const options = () => chat.document.getByRole('listbox', { name: 'Files' }).getByRole('option');

  test('[screen] [mention] @ offers files, what is chosen goes along as its text (mention-….png)', async () => {
    await chat.composer.fill('');
    await chat.composer.pressSequentially('look at @notes');
    await options().first().waitFor();
    expect(await options().first().innerText()).toContain('notes with a space.md');
    const wrong = await photograph(stage.workbench, 'mention');
    expect(wrong).toEqual([]);
    await chat.composer.press('Enter');
    expect(await chat.composer.inputValue()).toBe('look at @notes with a space.md ');
    await chat.document.getByText('Goes along: notes with a space.md').waitFor();
    await chat.composer.press('Enter');
    await chat.says('You said');
    const sent = await until('the prompt', async () => {
      const lines = (await readFile(record, 'utf8')).split('\n').filter((line) => line.includes('session/prompt'));
      return lines.at(-1);
    });
    expect(JSON.parse(sent ?? '')).toMatchObject({
      params: {
        prompt: [
          { type: 'text', text: 'look at @notes with a space.md ' },
          { type: 'resource', resource: { text: 'The text of the notes.\n' } },
        ],
      },
    });
    await chat.entries('You').getByText('notes with a space.md').last().waitFor();
  });

  test('[screen] [mention] # finds a text in files, and what git ignores is offered by neither', async () => {
    await chat.composer.fill('');
    await chat.composer.pressSequentially('see #text of the'.replaceAll(' of the', ''));
    await options().filter({ hasText: 'The text of the notes.' }).first().waitFor();
    await chat.composer.fill('');
    await chat.composer.pressSequentially('@ignored');
    await options().first().waitFor({ state: 'detached' });
    await chat.composer.fill('');
  });
});
