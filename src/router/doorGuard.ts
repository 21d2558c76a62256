import type { Command } from '../model/event.ts';
import type { FromWindow } from '../protocol/view/messages.ts';
import type { SessionStore } from './store.ts';

/** Who may say what at a door that others have doors beside. */
export interface DoorGuard {
  /**
   * Asked of all that comes before anything is made of it. `elsewhere`: it is about a session whose wheel is not ours.
   * @throws Failure `capability`, `wheel`
   */
  admit(message: FromWindow, elsewhere: boolean): void;
  /** Of a session whose wheel is ours. @throws Failure `unsupported`, `wheel` */
  control(command: WheelCommand['kind']): void;
}

type WheelCommand = Extract<Command, { kind: 'control/take' | 'control/release' }>;

export const isOfWheel = (command: Command): command is WheelCommand =>
  command.kind === 'control/take' || command.kind === 'control/release';

/** What is refused by its answer. */
export const isAnswered = ({ type }: FromWindow): boolean =>
  type === 'command' || type === 'do' || type === 'host' || type === 'large';

/** It is about a session that lives in another store, or that is driven by whoever has the wheel of the far side. */
export const isElsewhere = (message: FromWindow, store: Pick<SessionStore, 'get' | 'isMirrored'>): boolean => {
  const about = message.type === 'do' ? message.action : message;
  if (!('key' in about)) return false;
  return store.isMirrored(about.key) || store.get(about.key)?.owns.control === 'them';
};
