import type { SessionKey } from '../../../src/model/session.ts';
import { type Action, type AnyKind, chooser } from '../action.ts';
import type { Device } from '../device.ts';
import { nth, rightOutcome, withAgent, withDevice } from '../steps.ts';
import { settled } from '../time.ts';
import { WINDOWS_KINDS, type WindowsKind } from './kinds.ts';
import type { Window } from './window.ts';
import type { WindowsWorld } from './world.ts';

/** False, or a promise of it: there was nothing to do. */
type WindowsStep = (world: WindowsWorld, action: Action) => unknown;

/** How often each thing is done, compared with the others. */
const WEIGHTS = {
  // The process of the sessions, as if nobody looked at it from elsewhere.
  'agent says': 30,
  'agent says much': 0.5,
  'agent says something huge': 0.03,
  'agent asks': 12,
  'agent asks again': 1,
  'agent withdraws': 1,
  'agent ends its turn': 14,
  'agent ends its turn badly': 2,
  'agent dies': 0.7,
  'agent opens': 4,
  'agent changes its mood': 1,
  'time passes': 16,
  'a moment passes': 6,
  'wall clock jumps': 0.3,
  'machine sleeps': 0.3,
  'disk fails': 0.2,
  'disk is well again': 1,
  'process is killed': 0.3,
  'power is lost': 0.1,
  'process ends': 0.2,
  'list is read': 0.2,
  // People, on the pages of the windows.
  'person cancels': 3,
  'person answers': 9,
  'person answers what was changed': 1,
  'person answers what was not offered': 1,
  'person answers late': 2,
  'person changes a prompt': 1.5,
  'person moves a prompt': 1.5,
  'person removes a prompt': 1,
  'person sends a prompt now': 2,
  'person pauses the queue': 1,
  'person resumes the queue': 5,
  'person clears the queue': 0.3,
  'person renames': 0.5,
  'person begins afresh': 6,
  'person closes a session': 0.8,
  'messages arrive': 16,
  'messages arrive badly': 6,
  'surface wakes up': 1,
  'surface goes back': 6,
  'surface looks elsewhere': 1.5,
  'surface is reloaded': 0.7,
  'surface goes away': 0.4,
  'surface stalls': 0.5,
  'surface goes on': 2,
  // The windows, and the wires.
  'agent asks what a rule allows': 3,
  'person asks something new': 12,
  'two answer at once': 4,
  'person opens a session there': 2,
  'person brings the agent back there': 7,
  'person closes a session there': 0.8,
  'person erases a session there': 0.1,
  'person turns away': 0.7,
  'person restarts the agent of a window': 0.3,
  'person tries again': 3,
  'window says something itself': 0.7,
  'lines arrive': 30,
  'lines arrive badly': 14,
  'line is cut': 1,
  'line goes silent': 0.4,
  'window opens': 3,
  'window closes': 0.2,
  'window is killed': 0.4,
  'host starts': 4,
  'host is killed unheard': 0.1,
  'page connects': 2,
} as const;

export const chooseInWindows = chooser(WEIGHTS, { windows: true });

export const isOfWindows = (kind: AnyKind): kind is WindowsKind => WINDOWS_KINDS.some((one) => one === kind);

const withWindow =
  (run: (window: Window, action: Action, world: WindowsWorld) => unknown): WindowsStep =>
  async (world, action) => {
    const window = nth(world.openWindows, action.a);
    return window !== undefined && (await run(window, action, world)) !== false;
  };

const known = (window: Window, { b }: Action): SessionKey | undefined => nth(window.host.all(), b)?.key;

export const WINDOWS_STEPS: Readonly<Record<WindowsKind, WindowsStep>> = {
  'agent asks what a rule allows': withAgent((host, key, { b }) =>
    host.agent.askByRules(key, b % 3 === 0 ? 'fetch' : 'search'),
  ),

  'person asks something new': (world, action) =>
    withDevice((device) => device.command({ kind: 'prompt', prompt: [{ type: 'text', text: world.words() }] }))(
      world,
      action,
    ),
  'two answer at once': (world, { a, b }) => {
    const first = nth(
      world.devices.filter(({ session }) => (session?.questions.length ?? 0) > 0),
      a,
    );
    const question = nth(first?.session?.questions ?? [], b);
    const others = world.devices.filter(
      (device) => device !== first && device.session?.questions.some(({ id }) => id === question?.id),
    );
    const second = nth(others, b);
    if (first === undefined || second === undefined || question === undefined) return false;
    const { id, hash } = question;
    const answer = (device: Device, choice: number): void =>
      device.command({
        kind: 'question/answer',
        question: id,
        hash,
        outcome: rightOutcome(question, { do: 'person answers', a: choice, b, rest: false }),
      });
    answer(first, a);
    answer(second, a + 1);
    return true;
  },
  'person opens a session there': withWindow((window) => {
    window.act({ kind: 'session/open', cwd: '/w', roots: ['/w'] });
  }),
  'person brings the agent back there': withWindow((window, action, world) => {
    const key = known(window, action);
    if (key === undefined || window.host.get(key)?.state === 'Ready') return false;
    world.want(key);
    window.act({ kind: 'session/resume', key });
    return true;
  }),
  'person closes a session there': withWindow((window, { b }) => {
    const key = nth(window.store.all(), b)?.key;
    if (key === undefined) return false;
    window.perform(key, { kind: 'close' }, 'editor', new AbortController().signal).catch(() => undefined);
    return true;
  }),
  'person erases a session there': withWindow((window, action) => {
    const key = known(window, action);
    if (key === undefined) return false;
    window.act({ kind: 'session/erase', key });
    return true;
  }),
  'person turns away': withWindow((window, action, world) => {
    const key = known(window, action);
    // Nobody there looks at it any more.
    const pages = world.pagesOf(world.windows.indexOf(window));
    if (key === undefined || pages.some((page) => page.key === key)) return false;
    window.host.release(key);
    return true;
  }),
  'person restarts the agent of a window': withWindow((window) => {
    window.router.restart('demo', new AbortController().signal).catch(() => undefined);
  }),
  'person tries again': withWindow((window) => {
    if (window.host.state === 'connected') return false;
    window.host.retry();
    return true;
  }),
  'window says something itself': withWindow((window, { b }) => {
    const key = nth(window.store.all(), b)?.key;
    if (key === undefined) return false;
    window.own.say(key, b, 1);
    return true;
  }),

  'lines arrive': (world) => world.carry(0),
  'lines arrive badly': (world, { b }) => world.carry(b),
  'line is cut': ({ wires }, { a }) => {
    const wire = nth(wires, a);
    wire?.cut();
    return wire !== undefined;
  },
  'line goes silent': ({ wires }, { a, b }) => {
    const wire = nth(wires, a);
    if (wire === undefined || wire.isSilent) return false;
    wire.goSilent(b);
    return true;
  },
  'window opens': (world, { a }) => {
    const slot = a % world.windows.length;
    if (world.windows[slot] !== undefined) return false;
    world.openWindow(slot);
    return true;
  },
  'window closes': withWindow((window, _, world) => world.closeWindow(window)),
  'window is killed': withWindow(async (window, { b }, world) => {
    for (let left = b % 20; left > 0; left -= 1) await Promise.resolve();
    world.killWindow(window, b % 2 === 0);
  }),
  'host starts': (world) => {
    if (world.host !== undefined) return false;
    world.start(0);
    return true;
  },
  'host is killed unheard': (world) => {
    if (world.host === undefined) return false;
    world.kill(world.host, true);
    return true;
  },
  'page connects': async (world, { a, b }) => {
    const device = nth(world.devices, a);
    const window = world.windows[a % world.devices.length < 2 ? 0 : 1];
    if (device === undefined || window === undefined || device.host === window) return false;
    device.connect(window);
    const key = nth(world.keys, b);
    if (device.key === undefined && key !== undefined) device.look(key);
    await settled();
    return true;
  },
};
