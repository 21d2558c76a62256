import { Failure } from '../base/failure.ts';
import type { ProgramChange } from '../machine/programPrints.ts';
import type { Windows } from './windows.ts';

/** Asks a person in one of their windows whether a program that has changed is to be started. @throws Failure `no window` */
export const askProgram =
  (windows: Windows) =>
  async ({ label, before, now }: ProgramChange, signal: AbortSignal): Promise<boolean> => {
    const window = windows.forPerson();
    if (window === undefined)
      throw new Failure(
        'no window',
        `The program of ${label} has changed since it last ran, and no window is connected in which that could be asked about.`,
        'Open the session in a window, then restart the agent.',
      );
    const printOf = ({ path, sha256 }: ProgramChange['now']): ProgramChange['now'] => ({ path, sha256 });
    const request = { kind: 'program/ask', label, before: printOf(before), now: printOf(now) } as const;
    return (await window.ask(request, ['said'], {}, signal)).result.yes;
  };
