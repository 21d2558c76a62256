// The chat's document loaded anew, as after a reload of the window: when the end of the session it shows is painted, and
// when all of its parts could be.
//   npm run bench -- reload
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copySample } from '../tools/sample.ts';
import { root } from '../tools/suite.ts';
import { Chat } from '../ui/chat.ts';
import { openWorkbench } from '../ui/workbench.ts';
import { compare } from './measure.ts';
import { compared, counted, type Row, rounded } from './row.ts';

/** Events of the turns of a session, no two the same: each is known by its last word. */
const FEW = [10];
const MANY = [2494, 2498, 2502, 2506];
const LAST = 'END-OF-BURST';
const BOUND = 1000;

export async function reloadRows(vsix: string): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-bench-'));
  const workbench = await openWorkbench({
    vsix,
    workspace: await copySample(join(folder, 'sample')),
    settings: {
      'wheelhouse.agents': { fake: { command: process.execPath, args: [join(root, 'test/fakes/agent.ts')] } },
      'wheelhouse.defaultAgent': 'fake',
    },
  });
  try {
    await workbench.openChat();
    const chat = new Chat(workbench);
    const few = await sessionOf(chat, FEW);
    const many = await sessionOf(chat, MANY);
    /** Milliseconds from the beginning of the new document until the end of the session is painted. */
    const reloaded = (session: string) => async (): Promise<number> => {
      await chat.picker('Session').selectOption(session);
      await chat.says(LAST);
      await workbench.reloadChat();
      return painted(chat);
    };
    const comparison = await compare(reloaded(many), reloaded(few), { blocks: 15, warmUp: 1 });
    return [
      compared('reload first paint slope', 'ms', comparison, 2),
      counted('reload 10000 events', rounded(comparison.ours), 'ms', BOUND),
    ];
  } finally {
    await workbench.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Milliseconds after its document began at which the browser had painted the largest text that is in sight. */
const painted = async (chat: Chat): Promise<number> => {
  await chat.says(LAST);
  return chat.document.locator('body').evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries().at(-1)?.startTime ?? Number.NaN)).observe({
          type: 'largest-contentful-paint',
          buffered: true,
        });
      }),
  );
};

/** @returns the value by which the list of sessions knows it */
async function sessionOf(chat: Chat, bursts: readonly number[]): Promise<string> {
  await chat.newSession();
  for (const count of bursts) await chat.answer(`burst ${count}`, `${LAST}-${count}`);
  return chat.picker('Session').inputValue();
}
