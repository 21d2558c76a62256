/** This machine, as a host starts things on it: all of it ends with the host, however that ends. */
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { type Disposable, Disposables } from '../base/disposable.ts';
import { sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import { realDisk } from '../machine/disk.ts';
import type { Variables } from '../machine/environmentVariables.ts';
import { Guard } from '../machine/guard.ts';
import { localEnvironment } from '../machine/local.ts';
import { ProgramPrints } from '../machine/programPrints.ts';
import { findScript } from '../machine/scriptTerminal.ts';
import { ShellEnvironment } from '../machine/shellEnvironment.ts';
import { TerminalWays } from '../machine/terminalWays.ts';
import type { Environment } from '../router/ports.ts';
import { askProgram } from './askProgram.ts';
import type { Windows } from './windows.ts';

export interface HostMachineParts {
  /** Absolute: where it is written what runs and what ran. */
  readonly state: string;
  /** The program that watches us. Absolute; what is installed beside us is installed beside that one. */
  readonly watchdog: string;
  readonly windows: Windows;
  readonly clock: Clock;
  readonly log: Log;
  /** Folders in which a command is never found by its name. */
  forbiddenRoots(): readonly string[];
}

export class HostMachine implements Disposable {
  readonly environment: Environment;
  readonly guard: Guard;
  readonly #ways: TerminalWays;
  readonly #shell: ShellEnvironment;
  readonly #log: Log;
  readonly #owned = new Disposables();

  constructor({ state, watchdog, windows, clock, log, forbiddenRoots }: HostMachineParts) {
    const common = { env: process.env, clock, log };
    this.#log = log;
    this.#ways = new TerminalWays({ program: watchdog, script: () => findScript(clock), clock, log });
    this.guard = this.#owned.add(new Guard({ ...common, folder: join(state, 'processes'), watchdog }));
    this.#shell = new ShellEnvironment({ ...common, platform: process.platform });
    const prints = new ProgramPrints({
      root: join(state, 'programs'),
      disk: realDisk,
      clock,
      log,
      ask: askProgram(windows),
    });
    this.environment = this.#owned.add(
      localEnvironment({
        ...common,
        label: 'This machine',
        variables: () => this.variables(),
        startTerminal: this.#ways.start,
        forbiddenRoots,
        vet: (start, signal) => prints.admit(start, signal),
        guard: this.guard,
      }),
    );
  }

  /** Those of a person's programs; never rejects. */
  variables(): Promise<Variables> {
    return this.#shell.variables();
  }

  /** The folder of an editor's node-pty. Absolute. */
  useNodePty(path: string): void {
    this.#ways.useNodePty(path);
  }

  /** Ends what an earlier host has left. */
  sweep(): void {
    this.guard
      .sweep()
      .catch((failure: unknown) => this.#log.warn(`What an earlier host left was not swept: ${sentence(failure)}`));
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
