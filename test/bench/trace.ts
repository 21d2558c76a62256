import type { Page } from 'playwright-core';

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds: on the clock, and of the thread's own time on a processor. */
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly data?: { readonly type?: string } };
}

/**
 * Does the work while the browser is traced.
 * @returns milliseconds on the processor of the longest task of the thread that runs the page, the workbench around our
 *   document included: they share it. Unlike the time on the clock it does not grow with what else the machine does.
 */
export async function longestTask(page: Page, work: () => Promise<unknown>): Promise<number> {
  const browser = page.context().browser();
  if (browser === null) throw new Error('The page has no browser that could be traced.');
  await browser.startTracing(page, { categories: ['-*', 'toplevel', 'devtools.timeline'] });
  let trace: Buffer | undefined;
  try {
    await work();
  } finally {
    trace = await browser.stopTracing();
  }
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: readonly TraceEvent[] };
  return longestIn(traceEvents);
}

/** @throws Error when no key press was traced, by which the page's thread is found, or no task */
export function longestIn(events: readonly TraceEvent[]): number {
  const key = events.find(({ name, args }) => name === 'EventDispatch' && args?.data?.type === 'keydown');
  if (key === undefined) throw new Error('No key was pressed while the page was traced.');
  const tasks = events.filter(({ name, pid, tid }) => name.endsWith('RunTask') && pid === key.pid && tid === key.tid);
  const times = tasks.flatMap(({ tdur }) => (tdur === undefined ? [] : [tdur / 1000]));
  if (times.length === 0) throw new Error('The trace tells of no task.');
  return Math.max(...times);
}
