import type { Command } from '../../src/model/event.ts';
import type { Question } from '../../src/model/question.ts';
import type { QueuedPrompt, SessionKey } from '../../src/model/session.ts';
import type { Action, Kind } from './action.ts';
import type { Mood } from './agent.ts';
import type { Device } from './device.ts';
import type { DiskFault, Survival } from './disk.ts';
import type { Host } from './host.ts';
import { Random } from './random.ts';
import { settled } from './time.ts';
import { hugeUpdate, longUpdate } from './updates.ts';
import type { World } from './world.ts';

/** False, or a promise of it: there was nothing to do. */
export type Step = (world: World, action: Action) => unknown;

export const nth = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)];

/** A live process and a session that its agent has. */
const agentOf = ({ hosts }: World, { a }: Action): readonly [Host, SessionKey] | undefined => {
  const all = hosts.flatMap((host) => host.agent.sessions.map((key) => [host, key] as const));
  return nth(all, a);
};

export const withAgent =
  (run: (host: Host, key: SessionKey, action: Action) => unknown): Step =>
  (world, action) => {
    const found = agentOf(world, action);
    return found !== undefined && run(...found, action) !== false;
  };

/** A device that shows a session. */
export const withDevice =
  (run: (device: Device, action: Action, world: World) => unknown): Step =>
  async (world, action) => {
    const device = nth(
      world.devices.filter(({ host, key }) => host !== undefined && key !== undefined),
      action.a,
    );
    return device !== undefined && (await run(device, action, world)) !== false;
  };

const withQuestion = (answer: (question: Question, action: Action) => Command): Step =>
  withDevice((device, action) => {
    const question = nth(device.session?.questions ?? [], action.b);
    if (question === undefined) return false;
    device.command(answer(question, action));
    return true;
  });

const withQueued = (command: (queued: QueuedPrompt, all: readonly QueuedPrompt[], action: Action) => Command): Step =>
  withDevice((device, action) => {
    const queue = device.session?.queue ?? [];
    const queued = nth(queue, action.b);
    if (queued === undefined) return false;
    device.command(command(queued, queue, action));
    return true;
  });

const commands = (command: Command): Step => withDevice((device) => device.command(command));

const withHost =
  (run: (host: Host, action: Action, world: World) => unknown): Step =>
  async (world, action) => {
    const host = nth(world.hosts, action.a);
    return host !== undefined && (await run(host, action, world)) !== false;
  };

const words = ({ a, b }: Action): { readonly type: 'text'; readonly text: string }[] => [
  { type: 'text', text: `do ${a} ${b}` },
];

const never = new AbortController().signal;
const ignore = (): void => undefined;

export const rightOutcome = (
  question: Question,
  { a }: Action,
): Extract<Command, { kind: 'question/answer' }>['outcome'] => {
  if (question.kind === 'elicitation' && a % 3 > 0)
    return a % 3 === 1 ? { kind: 'accepted', content: { color: 'red' } } : { kind: 'declined' };
  return { kind: 'selected', option: nth(question.options, a)?.id ?? '' };
};

const moods: readonly Partial<Mood>[] = [
  { opens: 'at once', remembers: 'yes', takes: 'at once', cancels: 'told' },
  { opens: 'at once', remembers: 'yes', takes: 'at once', cancels: 'told' },
  { opens: 'later' },
  { opens: 'fails' },
  { remembers: 'forgets' },
  { remembers: 'fails' },
  { takes: 'later' },
  { takes: 'fails' },
  { cancels: 'fails' },
];

const codes: readonly DiskFault['code'][] = ['ENOSPC', 'EIO', 'EROFS', 'EACCES'];
const places: readonly DiskFault['on'][] = ['everything', 'write', 'sync', 'read', 'write', 'lock', 'lock'];
const survivals: readonly Survival[] = [
  { names: 'all', bytes: 'torn' },
  { names: 'synced', bytes: 'synced' },
  { names: 'all', bytes: 'synced' },
  { names: 'synced', bytes: 'torn' },
  { names: 'all', bytes: 'all' },
];
const waits = [1, 5, 16, 20, 25, 50, 50, 60, 100, 300, 1000, 1000, 16_000, 46_000];

/** Three bits for each message: see `Device.deliver`. */
const ALL_LATE = 0o7777777;
/** Its number among the things that an agent may say. */
const COMPACTION = 12;

const loseAfter = async ({ b }: Action, run: () => void): Promise<void> => {
  // In the midst of something: some of what is under way has been done.
  for (let left = b % 40; left > 0; left -= 1) await Promise.resolve();
  run();
};

export const STEPS: Readonly<Record<Kind, Step>> = {
  'agent says': withAgent((host, key, { b }) => host.agent.say(key, b, 1 + (b % 3))),
  'agent says much': withAgent((host, key, { b }) => host.agent.say(key, b, 40 + (b % 8 === 0 ? 1200 : b % 300))),
  'agent says something huge': withAgent((host, key, { b }) => host.agent.tell(key, [hugeUpdate(b)])),
  'agent says it at length': (world, action) => {
    const found = agentOf(world, action);
    if (found === undefined) return false;
    const [host, key] = found;
    host.agent.tell(
      key,
      Array.from({ length: 10 }, (_, index) => longUpdate(action.b + index)),
    );
    world.judge(host);
    return true;
  },
  'agent asks': withAgent((host, key, { b }) => {
    if (!host.agent.runs(key) && b % 4 > 0) return false;
    return host.agent.ask(key, b % 5 === 0 ? 'elicitation' : 'permission');
  }),
  'agent asks again': withAgent((host, key, { b }) => host.agent.askAgain(key, b)),
  'agent withdraws': withAgent((host, key, { b }) => host.agent.withdraw(key, b)),
  'agent ends its turn': withAgent((host, key) => host.agent.runs(key) && host.agent.end(key, 'end_turn')),
  'agent ends its turn badly': withAgent((host, key, { b }) => {
    const reason = nth(['failed', 'cancelled', 'refusal', 'max_tokens', 'odd'], b) ?? 'odd';
    return host.agent.runs(key) && host.agent.end(key, reason);
  }),
  'agent dies': withHost(({ agent }) => agent.sessions.length > 0 && agent.die()),
  'agent dies while it opens': withHost(async ({ agent }, { b }) => {
    if (!agent.open(true)) return false;
    for (let left = b % 8; left > 0; left -= 1) await Promise.resolve();
    agent.die();
    return true;
  }),
  'agent opens': withHost(({ agent }, { b }) => agent.open(b % 4 > 0)),
  'agent changes its mood': withHost(({ agent }, { b }) => {
    Object.assign(agent.mood, nth(moods, b));
  }),

  'person prompts': withDevice((device, action) => device.command({ kind: 'prompt', prompt: words(action) })),
  'person prompts a lot': withDevice((device, action) => {
    for (let b = 0; b < 60; b += 1) device.command({ kind: 'prompt', prompt: words({ ...action, b }) });
  }),
  'person cancels': commands({ kind: 'cancel' }),
  'person answers': withQuestion((question, action) => {
    const { id, hash } = question;
    return { kind: 'question/answer', question: id, hash, outcome: rightOutcome(question, action) };
  }),
  'person answers what was changed': withQuestion((question, action) => {
    const { id } = question;
    return { kind: 'question/answer', question: id, hash: 'other', outcome: rightOutcome(question, action) };
  }),
  'person answers what was not offered': withQuestion(({ id, hash, kind }, { a }) => {
    const dismiss = kind === 'permission' && a % 2 === 0;
    const outcome = dismiss ? ({ kind: 'cancelled' } as const) : ({ kind: 'selected', option: 'all' } as const);
    return { kind: 'question/answer', question: id, hash, outcome };
  }),
  'person answers late': withDevice((device, action) => {
    const question = nth(device.remembered, action.b);
    if (question === undefined) return false;
    const { id, hash } = question;
    device.command({ kind: 'question/answer', question: id, hash, outcome: rightOutcome(question, action) });
    return true;
  }),
  'person changes a prompt': withQueued(({ id }, _, action) => ({ kind: 'queue/change', id, prompt: words(action) })),
  'person moves a prompt': withQueued(({ id }, all, { a }) => {
    const before = a % 3 === 0 ? undefined : nth(all, a)?.id;
    return { kind: 'queue/move', id, ...(before === undefined ? {} : { before }) };
  }),
  'person removes a prompt': withQueued(({ id }) => ({ kind: 'queue/remove', id })),
  'person sends a prompt now': withQueued(({ id }) => ({ kind: 'queue/send', id })),
  'person pauses the queue': commands({ kind: 'queue/pause' }),
  'person resumes the queue': withDevice((device) => {
    if (device.session?.queuePaused !== true) return false;
    device.command({ kind: 'queue/resume' });
    return true;
  }),
  'person clears the queue': commands({ kind: 'queue/clear' }),
  'person renames': withDevice((device, { b }) =>
    device.command({ kind: 'rename', title: b % 3 === 0 ? '' : `t${b}` }),
  ),
  'person begins afresh': withDevice((device) => {
    if (device.session?.link.forgotten !== true) return false;
    device.command({ kind: 'session/afresh' });
    return true;
  }),
  'person closes a session': withHost(async (host, { b }, world) => {
    const key = nth(host.store.all(), b)?.key;
    if (key === undefined) return false;
    await world.closing(host, key, () => host.perform(key, { kind: 'close' }, 'editor', never).catch(ignore));
    return true;
  }),
  'person erases a session': withHost(async (host, { b }, world) => {
    const key = nth(world.keys, b);
    if (key === undefined) return false;
    // A person erases what the list of the window shows.
    if (host.catalogue.get(key) === undefined) host.catalogue.refresh(never).catch(ignore);
    else await world.erase(host, key);
    return true;
  }),
  'person opens a session': withHost(async (host, _, world) => {
    if (world.keys.length >= 3) return false;
    await world.open(host);
    return true;
  }),
  'person brings the agent back': withHost((host, { b }) => {
    const session = nth(
      host.store.all().filter(({ link }) => link.state !== 'ready'),
      b,
    );
    if (session === undefined) return false;
    host.router.resume(session.key, never).catch(ignore);
    return true;
  }),
  'person restarts the agent': withHost((host) => void host.router.restart('demo', never).catch(ignore)),
  'script prompts': withHost((host, action, world) => {
    const key = nth(host.store.all(), action.b)?.key;
    if (key === undefined) return false;
    const control = new AbortController();
    const awaited = { host, key, control, over: false };
    world.awaited.push(awaited);
    const over = (): void => void (awaited.over = true);
    const prompt = words(action);
    void host.during(key, { device: 'script', command: { kind: 'prompt', prompt } }, () =>
      host.router.prompt(key, prompt, 'script', control.signal).then(over, over),
    );
    return true;
  }),
  'script gives up': (world, { a }) => {
    const awaited = nth(
      world.awaited.filter(({ host, over, control }) => host.alive && !over && !control.signal.aborted),
      a,
    );
    if (awaited === undefined) return false;
    const { host, key, control } = awaited;
    host.during(key, { device: 'script', command: { kind: 'abort' } }, () => control.abort(new Error('given up')));
    return true;
  },

  'messages arrive': async (world) => {
    let moved = false;
    // What a surface that goes on again has kept waiting comes first.
    await settled();
    for (const device of world.devices) moved = (await device.deliver(0)) || moved;
    return moved;
  },
  'messages arrive badly': withDevice(async (device, { b }) => {
    await settled();
    return await device.deliver(b);
  }),
  'surface wakes up': withDevice((device) => device.wake()),
  'surface goes back': withDevice(async (device, { b }) => {
    const { host, key, session } = device;
    if (host === undefined || key === undefined || session?.older === undefined) return false;
    device.older();
    if (b % 2 === 0) return true;
    // What comes is late, and meanwhile the agent changes what stands there.
    await settled();
    await device.deliver(ALL_LATE);
    if (host.agent.has(key)) host.agent.say(key, COMPACTION, 1 + (b % 3));
    return true;
  }),
  'surface looks elsewhere': (world, { a, b }) => {
    const device = nth(world.devices, a);
    const key = nth(world.keys, b);
    if (device?.host === undefined || key === undefined || key === device.key) return false;
    device.look(key);
    return true;
  },
  'surface is reloaded': withDevice((device) => device.key !== undefined && device.look(device.key)),
  'surface connects': (world, { a, b }) => {
    const device = nth(world.devices, a);
    // The last one belongs to the second window, the others to the first.
    const host = world.slots[world.devices.indexOf(device ?? NOBODY) === 3 ? 1 : 0];
    if (host === undefined || device === undefined || (device.host === host && b % 4 > 0)) return false;
    device.connect(host);
    const [key] = world.keys;
    if (device.key === undefined && key !== undefined) device.look(key);
    return true;
  },
  'surface goes away': withDevice((device) => device.disconnect()),
  'surface stalls': withDevice((device) => device.stall()),
  'surface goes on': (world) => {
    const stalled = world.devices.filter((device) => device.isStalled);
    for (const device of stalled) device.resume();
    return stalled.length > 0;
  },

  'time passes': async (world, { b }) => {
    await world.pass(nth(waits, b) ?? 1);
  },
  'a moment passes': async (_, { b }) => {
    for (let left = b % 12; left >= 0; left -= 1) await Promise.resolve();
  },
  'wall clock jumps': ({ time }, { a, b }) => {
    time.wall += (a % 2 === 0 ? 1 : -1) * (b % 86_400_000);
  },
  'machine sleeps': async ({ time }, { b }) => {
    await time.sleep(b % 3_600_000);
  },

  'disk fails': ({ disk }, { a, b }) =>
    disk.fail({
      code: nth(codes, a) ?? 'EIO',
      on: nth(places, b) ?? 'write',
      calls: 1 + (b % 11 === 0 ? 1000 : b % 6),
    }),
  'disk stands still': ({ disk }) => disk.stop(),
  'disk is well again': ({ disk }) => disk.isTroubled && disk.heal(),
  'process is killed': withHost((host, action, world) => loseAfter(action, () => world.kill(host))),
  'power is lost': withHost((_, action, world) =>
    loseAfter(action, () => {
      world.losePower(nth(survivals, action.a) ?? { names: 'all', bytes: 'torn' }, new Random(action.b));
    }),
  ),
  'process ends': withHost(async (host, _, world) => {
    // What the disk does not answer, an orderly end waits for.
    if (world.disk.isStopped) return false;
    await world.close(host);
    return true;
  }),
  'process starts': (world, { a }) => {
    // The second window is not always there.
    const slot = world.slots[0] === undefined ? 0 : a % 2;
    if (world.slots[slot] !== undefined) return false;
    const host = world.start(slot);
    for (const device of slot === 0 ? world.devices.slice(0, 3) : world.devices.slice(3)) {
      device.connect(host);
      const key = nth(world.keys, a);
      if (device.key === undefined && key !== undefined) device.look(key);
    }
    return true;
  },
  'list is read': withHost(async ({ catalogue }) => {
    catalogue.refresh(never).catch(ignore);
    await Promise.resolve();
  }),
};

const NOBODY = {} as Device;
