import * as vscode from 'vscode';
import type { AgentDefinition } from '../backends/agent.ts';
import { Disposables, type Disposable } from '../base/disposable.ts';
import { sentence } from '../base/failure.ts';
import { redactor, type Redact } from '../base/redact.ts';
import type { WireLine } from '../base/rpcFrame.ts';
import type { WireTap } from '../base/wireTap.ts';
import { systemClock } from '../machine/clock.ts';
import type { Variables } from '../machine/environmentVariables.ts';
import { WireLog } from '../router/wireLog.ts';
import type { Logs } from './log.ts';
import { privateWords } from './privateWords.ts';
import { wireLogWanted } from './settings.ts';

/** What passes while the log is being loaded is kept for it, up to so many frames. */
const MOST_WAITING = 2000;

/** One agent's wire: looked at while the person wants that, and let alone at all other times. */
class Tap implements WireTap {
  /** The last one, also when it is off: what it holds can still be exported. */
  log: WireLog | undefined;
  #state: 'off' | 'loading' | 'on' = 'off';
  #waiting: ((log: WireLog) => void)[] = [];

  get on(): boolean {
    return this.#state !== 'off';
  }

  heard(line: WireLine): void {
    this.#pass((log) => log.heard(line));
  }

  said(line: string): void {
    this.#pass((log) => log.said(line));
  }

  load(): void {
    if (this.#state === 'off') this.#state = 'loading';
  }

  turnOn(make: () => WireLog): void {
    if (this.#state === 'on') return;
    this.log ??= make();
    this.#state = 'on';
    for (const pass of this.#waiting) pass(this.log);
    this.#waiting = [];
  }

  turnOff(): void {
    this.#state = 'off';
    this.#waiting = [];
  }

  #pass(pass: (log: WireLog) => void): void {
    if (this.#state === 'on' && this.log !== undefined) pass(this.log);
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(pass);
  }
}

export interface WireTapsParts {
  readonly logs: Logs;
  readonly variables: () => Promise<Variables>;
  roots(): readonly string[];
  agents(): readonly AgentDefinition[];
}

/** The wire logs of the agents. Off, they cost a question for each frame; the rest is loaded with the first one. */
export class WireTaps implements Disposable {
  readonly #parts: WireTapsParts;
  readonly #taps = new Map<string, { readonly label: string; readonly tap: Tap }>();
  readonly #owned = new Disposables();
  #redact: Redact = () => '';

  constructor(parts: WireTapsParts) {
    this.#parts = parts;
    this.#owned.add(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('wheelhouse.wireLog') || change.affectsConfiguration('wheelhouse.agents'))
          this.#apply();
      }),
    );
  }

  /** For the wire of this agent, whichever process is at its other end. */
  of({ id, label }: AgentDefinition): WireTap {
    const known = this.#taps.get(id)?.tap;
    const tap = known ?? new Tap();
    this.#taps.set(id, { label, tap });
    if (known === undefined) this.#apply();
    return tap;
  }

  /** What is kept of an agent's wire, as a file; undefined: nothing was ever looked at. */
  text(id: string): string | undefined {
    return this.#taps.get(id)?.tap.log?.text();
  }

  dispose(): void {
    this.#owned.dispose();
    for (const { tap } of this.#taps.values()) tap.turnOff();
  }

  #apply(): void {
    const taps = [...this.#taps.values()].map(({ tap }) => tap);
    if (!wireLogWanted()) {
      for (const tap of taps) tap.turnOff();
      return;
    }
    for (const tap of taps) tap.load();
    this.#turnOn().catch((failure: unknown) =>
      this.#parts.logs.main.error(`The wire log could not be opened: ${sentence(failure)}`),
    );
  }

  async #turnOn(): Promise<void> {
    const variables = await this.#parts.variables();
    if (this.#owned.ended || !wireLogWanted()) return;
    const { logs, roots, agents } = this.#parts;
    this.#redact = redactor(
      privateWords({ folders: roots(), agents: agents(), variables: [process.env, variables] }),
    ).one;
    for (const { label, tap } of this.#taps.values()) {
      const channel = logs.ofWire(label);
      const redact: Redact = (text) => logs.mask(this.#redact(text));
      tap.turnOn(() => new WireLog({ clock: systemClock, redact, show: (line) => channel.info(line) }));
    }
  }
}
