// What a page is kept busy with while an agent asks for a hundred thousand permissions at once, against as many as may wait.
//   npm run bench -- flood
import { LIMITS } from '../../src/router/limits.ts';
import { Chat } from '../ui/chat.ts';
import { counted, type Row, rounded } from './row.ts';
import type { Stage } from './stage.ts';
import { longestTask } from './trace.ts';

const REQUESTS = 100_000;
/** Milliseconds of the longest task, and cards that are drawn of all that wait. */
const [LONG_TASK, CARDS] = [50, 1];

export async function floodRows({ workbench, ours }: Stage): Promise<readonly Row[]> {
  const chat = new Chat(workbench);
  const flood = async (requests: number): Promise<{ readonly milliseconds: number; readonly cards: number }> => {
    await ours.newSession();
    const milliseconds = await longestTask(workbench.page, async () => {
      await chat.composer.fill(`flood-ask ${requests}`);
      await chat.composer.press('Enter');
      await chat.says('all are asked');
      await chat.document.getByText(`1 of ${LIMITS.openQuestions}`, { exact: true }).waitFor();
    });
    const cards = await chat.permission().count();
    await chat.stop.click();
    await chat.says(`refused: ${requests - LIMITS.openQuestions} of ${requests}`);
    await chat.becomes('Ready');
    return { milliseconds, cards };
  };
  // One more than may wait is the least that shows them all waiting.
  const anchor = await flood(LIMITS.openQuestions + 1);
  const { milliseconds, cards } = await flood(REQUESTS);
  return [
    {
      ...counted('flood of questions longest task', rounded(milliseconds), 'ms', LONG_TASK),
      anchor: rounded(anchor.milliseconds),
    },
    counted('flood of questions cards', cards, 'cards', CARDS),
  ];
}
