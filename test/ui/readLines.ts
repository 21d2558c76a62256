import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';

/** Of the window while one reads, in CSS pixels: the more is in sight at a time, the fewer steps. */
const TALL = 2400;

/**
 * Reads the numbered lines of a transcript from its beginning to its end, as somebody who scrolls through it: only what
 * is near what is in sight stands in the document.
 * @returns the numbers in the order in which they were met, each as often as it stands there
 * @throws Error when what stands in the document at one time is not in order or has a hole
 */
export async function readLines(chat: Chat): Promise<readonly number[]> {
  const size = chat.page.viewportSize();
  if (size === null) throw new Error('the page has no size of its own');
  const height = (): Promise<number> => chat.transcript.evaluate((log) => log.clientHeight);
  let before = await height();
  const tall = before + (TALL - size.height) / 2;
  await chat.page.setViewportSize({ ...size, height: TALL });
  try {
    // The list of sessions takes its share of it.
    await until('a tall window', async () => {
      const [last, now] = [before, await height()];
      before = now;
      return now >= tall && now === last;
    });
    return await readThrough(chat);
  } finally {
    await chat.page.setViewportSize(size);
  }
}

async function readThrough(chat: Chat): Promise<readonly number[]> {
  return chat.transcript.evaluate(async (log) => {
    const frame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));
    const settled = async (): Promise<void> => {
      // What is mounted follows the scroll position within a frame or two, and heights settle after that.
      for (let height = -1; height !== log.scrollHeight;) {
        height = log.scrollHeight;
        await frame();
        await frame();
      }
    };
    const shown = (): number[] =>
      [...log.querySelectorAll('li')].flatMap((item) => {
        const number = /^line (\d+)$/.exec((item.textContent ?? '').trim())?.[1];
        return number === undefined ? [] : [Number(number)];
      });
    const read: number[] = [];
    log.scrollTop = 0;
    for (;;) {
      await settled();
      const now = shown();
      for (const [index, number] of now.entries()) {
        const before = now[index - 1];
        if (before !== undefined && number !== before + 1) throw new Error(`line ${number} follows line ${before}`);
      }
      const last = read.at(-1) ?? 0;
      const [first] = now;
      if (first !== undefined && first > last + 1) throw new Error(`line ${first} follows line ${last}`);
      read.push(...now.filter((number) => number > last));
      if (log.scrollTop + log.clientHeight >= log.scrollHeight - 1) return read;
      log.scrollTop += log.clientHeight * 0.7;
    }
  });
}
