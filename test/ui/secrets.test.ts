import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { fakeAgent, openStage, photographFailures, type Stage } from './stage.ts';
import { filesBelow, startedWith, tracesOf } from './traces.ts';

/** A value that looks like no known token: it must not need to be recognized to be kept out. */
const SENTINEL = 'wholly-unrecognizable-7f3a9c41';

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
      const pids = await startedWith(SENTINEL, 'environ');
      return pids.length > 0 && pids;
    });
    expect(agents).toHaveLength(1);
    expect(await startedWith(SENTINEL, 'cmdline')).toEqual([]);
    await stage.workbench.runCommand('Wheelhouse: Show Log');
    await chat.ask('exit 3');
    await chat.becomes('Failed');
    await stage.workbench.runCommand('Wheelhouse: Close Session');

    const files = await filesBelow(stage.workbench.server.profile);
    expect(files.some((path) => /globalStorage.wheelhouse/u.test(path))).toBe(true);
    const found = await tracesOf(stage, SENTINEL);
    // Where the person wrote it themselves, and where VS Code keeps a copy of that.
    const theirs = /(?:User|Machine).settings\.json$|CachedConfigurations/u;
    expect(found.filter((path) => !theirs.test(path))).toEqual([]);
  });
});
