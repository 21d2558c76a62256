import type { RecordStore } from './store.ts';

/** What the agent needs from the machine; handed in, so that tests own time and the end of the process. */
export interface World {
  readonly store: RecordStore;
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly now: () => Date;
  readonly platform: NodeJS.Platform;
  /** One line for the agent's log (stderr). */
  readonly complain: (line: string) => void;
  readonly exit: (code: number) => void;
}
