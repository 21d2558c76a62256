import type { Chat } from './chat.ts';

/**
 * Reads the numbered lines of a transcript from its beginning to its end, as somebody who scrolls through it: only what
 * is near what is in sight stands in the document.
 * @returns the numbers in the order in which they were met, each as often as it stands there
 * @throws Error when what stands in the document at one time is not in order or has a hole
 */
export async function readLines(chat: Chat): Promise<readonly number[]> {
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
