import type { Clock } from '../base/clock.ts';
import type { Duplex } from '../base/duplex.ts';
import { Failure } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { PageVisitor } from '../machine/relayService.ts';
import type { SessionKey } from '../model/session.ts';
import type { Device } from '../relay/device.ts';
import type { Action, Setup, ToSurface } from '../protocol/view/messages.ts';
import { type DoorParts, ViewDoor } from '../router/door.ts';

/** What every door of a host has. */
export interface PageParts extends Pick<DoorParts, 'store' | 'catalogue' | 'router' | 'mentions' | 'readLarge'> {
  readonly clock: Clock;
  readonly log: Log;
  readonly setup: Setup;
  /** @throws Failure why this device must not answer this question */
  admitAnswer(device: Device, question: string): void;
  /** Opens a session in the first folder. */
  open(agent: string | undefined): Promise<SessionKey>;
  /** What a host does for whichever surface. @throws Failure `unsupported` */
  act(action: Action, signal: AbortSignal): Promise<void>;
}

/** The door of a page on a device: what needs an editor or the person's own machine is refused there, with words. */
export const openPage = (
  surface: Duplex<unknown, ToSurface>,
  { device, client, guard }: PageVisitor,
  { open, setup, act, admitAnswer, router, ...parts }: PageParts,
): ViewDoor => {
  const door = new ViewDoor({
    ...parts,
    router: {
      perform: async (key, command, by, signal) => {
        if (command.kind === 'question/answer') admitAnswer(device, command.question);
        await router.perform(key, command, by, signal);
      },
    },
    surface,
    device: device.name,
    guard,
    // The page says everything in its own language.
    strings: {},
    setup: { ...setup, me: client },
    act: async (action, signal) => {
      if (action.kind === 'session/new') return door.focus(await open(action.agent));
      if (ELSEWHERE.has(action.kind)) throw inEditor();
      await act(action, signal);
    },
  });
  return door;
};

const ELSEWHERE: ReadonlySet<Action['kind']> = new Set([
  'location/open',
  'diff/open',
  'large/open',
  'question/diff',
  'terminal/show',
  'folder/add',
  'rules/show',
  'agent/log',
  'link/open',
  'mend',
]);

const inEditor = (): Failure =>
  new Failure('unsupported', 'This needs an editor.', 'Do it in a window of VS Code, on the machine itself.');
