import { createHook } from 'node:async_hooks';

export interface Alive {
  /** What was made since and has not ended. */
  count(): Record<'timers' | 'sockets' | 'children', number>;
  /** Lets the loop turn without being counted itself. */
  turn(): Promise<void>;
  end(): void;
}

const kinds = {
  timers: /^(?:Timeout|Immediate)$/u,
  sockets: /^(?:TCP|TLS|UDP|PIPE)/u,
  children: /^(?:PROCESSWRAP|WORKER)$/u,
};

/** Unlike a list of what keeps the process alive, this also finds timers that are `unref`ed. */
export const watchAlive = (): Alive => {
  const alive = new Map<number, string>();
  let waiting = false;
  const hook = createHook({
    init: (id, type) => {
      if (!waiting && Object.values(kinds).some((kind) => kind.test(type))) alive.set(id, type);
    },
    destroy: (id) => alive.delete(id),
  }).enable();
  return {
    count: () => {
      const of = (kind: RegExp): number => [...alive.values()].filter((type) => kind.test(type)).length;
      return { timers: of(kinds.timers), sockets: of(kinds.sockets), children: of(kinds.children) };
    },
    turn: () =>
      new Promise((resolve) => {
        waiting = true;
        setImmediate(resolve);
        waiting = false;
      }),
    end: () => void hook.disable(),
  };
};
