import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { fakeAgent, openStage, photographFailures, type Stage } from './stage.ts';

/** A value that looks like no known token: it must not need to be recognized to be kept out. */
const SENTINEL = 'wholly-unrecognizable-7f3a9c41';

const filesBelow = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** Of every process of this machine that may be looked at: what it was started with. */
const startedWith = async (what: 'cmdline' | 'environ'): Promise<readonly string[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => [pid, await readFile(`/proc/${pid}/${what}`, 'latin1').catch(() => '')] as const),
  );
  return found.filter(([, text]) => text.includes(SENTINEL)).map(([pid]) => pid);
};

describe('the secrets of an agent', () => {
  let stage: Stage;
  let chat: Chat;
  photographFailures(() => stage.workbench);

  beforeAll(async () => {
    const agent = { ...fakeAgent('Fake'), env: { FAKE_API_KEY: SENTINEL } };
    stage = await openStage({ settings: { 'wheelhouse.agents': { fake: agent } } });
    chat = stage.chat;
    await stage.workbench.openChat();
  });

  afterAll(async () => {
    expect(await stage.close()).toEqual([]);
  });

  test('[S50] stand in the settings and in the agent, and in no file, log or argument list of ours', async () => {
    await chat.newSession('Fake');
    await chat.answer('hello', 'fake agent');
    await chat.answer('direct src/new.ts export {};', 'by myself');
    const agents = await until('the agent', async () => {
      const pids = await startedWith('environ');
      return pids.length > 0 && pids;
    });
    expect(agents).toHaveLength(1);
    expect(await startedWith('cmdline')).toEqual([]);
    await stage.workbench.runCommand('Wheelhouse: Show Log');
    await chat.ask('exit 3');
    await chat.becomes('Failed');
    await stage.workbench.runCommand('Wheelhouse: Close Session');

    const found: string[] = [];
    const files = [...(await filesBelow(stage.workbench.server.profile)), ...(await filesBelow(stage.folder))];
    expect(files.some((path) => /globalStorage.wheelhouse/u.test(path))).toBe(true);
    for (const path of files) if ((await readFile(path, 'latin1').catch(() => '')).includes(SENTINEL)) found.push(path);
    // Where the person wrote it themselves, and where VS Code keeps a copy of that.
    const theirs = /(?:User|Machine).settings\.json$|CachedConfigurations/u;
    expect(found.filter((path) => !theirs.test(path))).toEqual([]);
    expect(stage.workbench.server.log()).not.toContain(SENTINEL);
  });
});
