import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Emitter } from '../../src/base/event.ts';
import { manualClock } from '../../src/base/testing.ts';
import { HostTerminals as TerminalsOfHost, type TerminalView } from '../../src/host/terminals.ts';
import type { SessionKey } from '../../src/model/session.ts';
import type { TerminalTold, TerminalWished } from '../../src/protocol/view/terminal.ts';
import type { ExitStatus, Terminal } from '../../src/router/ports.ts';
import { HostTerminals as TerminalsOfWindow } from '../../src/vscode/hosts/terminals.ts';

const never = new AbortController().signal;
const session = 's' as SessionKey;
/** Longer than what the host keeps, so that some of it is dropped now and then. */
const LONG = 400_000;

type Step =
  | { readonly do: 'print'; readonly lines: number }
  | { readonly do: 'carry'; readonly messages: number }
  | { readonly do: 'cut' | 'connect' };

/** One command of a host, one window, and a way between them that can be cut: what is on it then is lost. */
class World {
  readonly #window: TerminalsOfWindow;
  readonly #terminals = new TerminalsOfHost(manualClock());
  readonly #told = new Emitter<TerminalTold>();
  readonly #changed = new Emitter<void>();
  readonly #exit = Promise.withResolvers<ExitStatus>();
  readonly #way: (() => void)[] = [];
  #view: TerminalView | undefined;
  #listener: (text: string) => void = () => undefined;
  #lines = 0;
  said = '';
  heard = '';
  missed = 0;
  ended: ExitStatus | undefined;
  most = 0;

  constructor() {
    const screen = {
      take: (text: string) => void (this.heard += text),
      miss: (units: number) => {
        this.missed += units;
        this.heard += this.said.slice(this.heard.length, this.heard.length + units);
      },
    };
    const connected = (): boolean => this.#view !== undefined;
    this.#window = new TerminalsOfWindow(
      {
        get state() {
          return connected() ? 'connected' : 'reconnecting';
        },
        onChanged: this.#changed.event,
        onTerminal: this.#told.event,
        terminal: (terminal, wish) => this.#send({ type: 'terminal', terminal, wish }),
        do: () => Promise.resolve(),
      },
      {
        reveal: () => true,
        show: (_, { exited }) => {
          void exited.then((status) => (this.ended = status));
          return screen;
        },
      },
    );
  }

  async start(): Promise<void> {
    const terminal: Terminal = {
      pid: 1,
      kind: 'pty',
      onData: (listener) => {
        this.#listener = listener;
        return { dispose: () => undefined };
      },
      write: () => undefined,
      resize: () => undefined,
      kill: () => undefined,
      exited: this.#exit.promise,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    const environment = this.#terminals.around({
      label: '',
      spawn: () => Promise.reject(new Error('nothing is spawned here')),
      terminal: () => Promise.resolve(terminal),
    });
    const owner = { session, terminal: 't' };
    const options = { name: '', command: 'x', args: [], cwd: '/', columns: 1, rows: 1, owner };
    (await environment.terminal(options, never)).onData(() => undefined);
  }

  take(step: Step): void {
    switch (step.do) {
      case 'print':
        return this.#print(step.lines);
      case 'carry':
        for (let count = 0; count < step.messages; count += 1) this.#way.shift()?.();
        return;
      case 'cut':
        this.#view?.dispose();
        this.#view = undefined;
        this.#way.length = 0;
        this.#changed.fire();
        return;
      case 'connect':
        if (this.#view === undefined) this.#connect();
    }
  }

  /** The command ends, and all that is on its way arrives. */
  async end(): Promise<void> {
    this.#exit.resolve({ code: 7, signal: null });
    await this.#exit.promise;
    this.take({ do: 'connect' });
    while (this.#way.length > 0) this.#way.shift()?.();
    await Promise.resolve();
  }

  close(): void {
    this.#window.dispose();
  }

  #connect(): void {
    this.#view = this.#terminals.view((told) => {
      this.#way.push(() => this.#told.fire(told));
      this.most = Math.max(this.most, this.#way.length);
    });
    this.#changed.fire();
    this.#view.greeted();
  }

  #print(lines: number): void {
    let text = '';
    for (let line = 0; line < lines; line += 1) text += `${(this.#lines += 1)} 🚀 said\r\n`;
    this.said += text;
    this.#listener(text);
  }

  #send(wished: TerminalWished): void {
    const view = this.#view;
    if (view !== undefined) this.#way.push(() => view.hear(wished));
  }
}

describe('a terminal of a host in a window', () => {
  test('[T1] [T2] whatever is cut, late or too much: each unit once and in order, or counted as missing, and then the end', async () => {
    const step: fc.Arbitrary<Step> = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant('print' as const), lines: fc.integer({ min: 1, max: 5000 }) }),
      },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('carry' as const), messages: fc.nat({ max: 30 }) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'connect' as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const world = new World();
        try {
          await world.start();
          world.take({ do: 'connect' });
          world.take({ do: 'carry', messages: 1 });
          for (const each of steps) world.take(each);
          await world.end();
          expect(world.heard.length).toBe(world.said.length);
          expect(world.heard).toBe(world.said);
          expect(world.ended).toMatchObject({ code: 7, signal: null });
          if (world.said.length < LONG) expect(world.missed).toBe(0);
          expect(world.most).toBeLessThan(20);
        } finally {
          world.close();
        }
      }),
      { numRuns: 150 },
    );
  });
});
