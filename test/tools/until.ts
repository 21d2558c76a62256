/** How long a test waits for something that has to come. Long, since it is spent only when something is broken. */
export const patience = 60_000;

/**
 * Polls until `probe` gives something other than `undefined` or `false`.
 * @throws Error naming `what`, with the last error of the probe as its cause
 */
export async function until<T>(
  what: string,
  probe: () => T | false | undefined | Promise<T | false | undefined>,
  limit = patience,
): Promise<T> {
  const end = performance.now() + limit;
  let cause: unknown;
  // Most comes at once; to look for what takes seconds thirty times in each would slow it down.
  for (let pause = 10; ; pause = Math.min(pause * 1.5, 150)) {
    try {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > end) throw new Error(`waited ${limit} ms in vain for ${what}`, { cause });
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
