import { expect } from 'vitest';
import { patience, until } from '../tools/until.ts';
import { Chat } from './chat.ts';
import { extensionHost } from './processes.ts';
import { readLines } from './readLines.ts';
import type { Stage } from './stage.ts';
import type { Workbench } from './workbench.ts';

const LINES = 5000;
/** Milliseconds without a network. */
const CUT = 10_000;

export const fiveThousandTime = CUT + 4 * patience;

/**
 * A session that lives in a host says five thousand lines, while its window is loaded anew, loses its network for ten
 * seconds, loses its extension host, and a second window that looks on is killed. A fresh window has each line once.
 * `send` says the prompt in a new session; `hold` and `release` keep the agent at a line and let it go on.
 */
export async function fiveThousand(
  stage: Stage,
  agent: {
    begin(prompt: string): Promise<void>;
    /** What a window that was never open here does first. */
    arrive?(window: Workbench): Promise<void>;
    hold(line: number): Promise<void>;
    release(line: number): Promise<void>;
  },
): Promise<readonly number[]> {
  const { workbench, chat, folder } = stage;
  const shows = (number: number): Promise<unknown> =>
    until(`line ${number}`, async () => {
      const lines = await chat.entries('Agent').last().locator('li').allInnerTexts();
      return lines.some((line) => Number(/^line (\d+)/.exec(line)?.[1] ?? 0) >= number);
    });
  const look = async (at: Chat): Promise<void> => {
    await at.workbench.openChat();
    await agent.arrive?.(at.workbench);
    await at
      .session(/\/long 5000/u)
      .first()
      .click();
    await at.transcript.waitFor();
  };
  // It has lines to say until the window is back, however slow that is.
  const pauses = [1000, 2000, 3000, 4000];
  for (const pause of pauses) await agent.hold(pause);
  await agent.begin(`/long ${LINES}`);
  const viewer = new Chat(await workbench.openWindow({ workspace: folder }));
  await look(viewer);
  await shows(999);
  await workbench.reload();
  await workbench.openChat();
  await agent.release(1000);
  await shows(1999);
  await workbench.page.context().setOffline(true);
  const cut = performance.now();
  await agent.release(2000);
  await until('the end of the cut', () => Promise.resolve(performance.now() > cut + CUT), CUT + patience);
  await workbench.page.context().setOffline(false);
  await shows(2999);
  await viewer.workbench.close();
  process.kill(await extensionHost(workbench.serverPid), 'SIGKILL');
  await agent.release(3000);
  await agent.release(4000);
  await workbench.reload();
  await workbench.openChat();
  await chat.becomes('Ready');
  const fresh = new Chat(await workbench.openWindow({ workspace: folder }));
  try {
    await look(fresh);
    await fresh.becomes('Ready');
    const lines = await readLines(fresh);
    expect(lines).toEqual(Array.from({ length: LINES }, (_, index) => index + 1));
    return lines;
  } finally {
    await fresh.workbench.close();
  }
}
