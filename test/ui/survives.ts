import { expect } from 'vitest';
import { patience, until } from '../tools/until.ts';
import { Chat } from './chat.ts';
import { extensionHost } from './processes.ts';
import { readLines } from './readLines.ts';
import type { Stage } from './stage.ts';
import type { Workbench } from './workbench.ts';

export const survivalTime = 5 * patience;

/**
 * A session that lives in a host says so many lines, while its window is loaded anew, loses its network for `cut`
 * milliseconds, loses its extension host, and a second window that looks on is killed. A fresh window has each line once.
 * `begin` says the prompt in a new session; `hold` and `release` keep the agent at a line and let it go on.
 */
export async function survives(
  stage: Stage,
  { lines, cut }: { readonly lines: number; readonly cut: number },
  agent: {
    begin(prompt: string): Promise<void>;
    /** What a window that was never open here does first. */
    arrive?(window: Workbench): Promise<void>;
    hold(line: number): Promise<void>;
    release(line: number): Promise<void>;
  },
): Promise<void> {
  const { workbench, chat, folder } = stage;
  // The agent counts pieces of all that it says, and may have said something before.
  const shows = (number: number): Promise<unknown> =>
    until(`line ${number}`, async () => {
      const last = await chat.entries('Agent').last().locator('li').last().innerText();
      return Number(/^line (\d+)/.exec(last)?.[1] ?? 0) >= number;
    });
  const look = async (at: Chat): Promise<void> => {
    await at.workbench.openChat();
    await agent.arrive?.(at.workbench);
    await at
      .session(new RegExp(`/long ${lines}`, 'u'))
      .first()
      .click();
    await at.transcript.waitFor();
  };
  // It has lines to say until the window is back, however slow that is.
  const [first = 0, second = 0, third = 0, fourth = 0] = [1, 2, 3, 4].map((fifth) => (fifth * lines) / 5);
  for (const pause of [first, second, third, fourth]) await agent.hold(pause);
  await agent.begin(`/long ${lines}`);
  const viewer = new Chat(await workbench.openWindow({ workspace: folder }));
  await look(viewer);
  await shows(first - 20);
  await workbench.reload();
  await workbench.openChat();
  await agent.release(first);
  await shows(second - 20);
  await workbench.page.context().setOffline(true);
  const since = performance.now();
  await agent.release(second);
  await until('the end of the cut', () => Promise.resolve(performance.now() > since + cut), cut + patience);
  await workbench.page.context().setOffline(false);
  await shows(third - 20);
  await viewer.workbench.close();
  process.kill(await extensionHost(workbench.serverPid), 'SIGKILL');
  await agent.release(third);
  await agent.release(fourth);
  await workbench.reload();
  await workbench.openChat();
  await chat.becomes('Ready');
  const fresh = new Chat(await workbench.openWindow({ workspace: folder }));
  try {
    await look(fresh);
    await fresh.becomes('Ready');
    expect(await readLines(fresh)).toEqual(Array.from({ length: lines }, (_, index) => index + 1));
  } finally {
    await fresh.workbench.close();
  }
}
