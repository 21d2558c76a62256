import { basename } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Log } from '../base/log.ts';
import type { Variables } from './environmentVariables.ts';
import { endGroups, groupLives, oursOf, type Group } from './group.ts';
import { PidList } from './pidList.ts';
import { systemProcesses } from './processIdentity.ts';
import { MARKER } from './processTable.ts';
import type { Stray } from './strays.ts';
import { Watchdog } from './watchdog.ts';

/** VS Code gives all extensions five seconds together; what is stubborn is made to leave while two of them last. */
const AT_THE_END = { ask: 1200, insist: 500 };
/** How long what a leader left in its group takes to go after it was made to, ms. */
const SETTLE = 300;

/** Of a command that many others have followed, the daemon is shown as nobody's. */
const REMEMBERED = 1000;

export interface GuardParts {
  /** Where the lists of processes are kept, under the storage folder. */
  readonly folder: string;
  /** The program that watches us. Absolute. */
  readonly watchdog: string;
  readonly env: Variables;
  readonly clock: Clock;
  readonly log: Log;
}

/** A child that is about to be started. */
export interface Charge {
  /** To be set in its environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** `exited` settles when the leader is gone, and does not reject. */
  started(pid: number | undefined, exited: Promise<unknown>): void;
}

/** Sees to it that nothing that we started survives us, however we end. */
export class Guard implements Disposable {
  readonly #clock: Clock;
  readonly #list: PidList;
  readonly #watchdog: Watchdog;
  readonly #groups = new Map<number, Group>();
  /** What was started, by its marker, whether it lives or not: whose a daemon is. */
  readonly #origins = new Map<string, Pick<Group, 'pid' | 'session'>>();
  readonly #settling = new Set<Disposable>();
  #ended = false;

  constructor(parts: GuardParts) {
    this.#clock = parts.clock;
    this.#list = new PidList(parts);
    this.#watchdog = new Watchdog({ script: parts.watchdog, env: parts.env, log: parts.log });
  }

  admit(about: { readonly command: string; readonly session?: string }): Charge {
    const marker = this.#list.newMarker();
    const { session } = about;
    return {
      variables: { [MARKER]: marker },
      started: (pid, exited) => {
        if (pid === undefined) return;
        const group = { pid, led: true, marker, command: basename(about.command) };
        this.#remember(marker, session === undefined ? { pid } : { pid, session });
        void this.#keep(session === undefined ? group : { ...group, session }, exited);
      },
    };
  }

  /** Ends what windows that are gone have left running; once at the start. */
  sweep(): Promise<readonly Group[]> {
    return this.#list.sweep();
  }

  /** Daemons that agents and commands have started and that left their group, to be shown to a person. */
  strays(): Promise<readonly Stray[]> {
    return this.#list.strays(this.#origins);
  }

  /** Ends all that lives, at once and within two seconds, however stubborn it is. */
  async shutDown(): Promise<void> {
    const groups = [...this.#groups.values()];
    // While we have not heard that a leader ended, the system keeps its number for it: nothing is to be proved.
    const orphaned = oursOf(
      groups.filter(({ led }) => !led),
      true,
    ).then((ours) => endGroups(ours, AT_THE_END));
    await Promise.all([
      endGroups(
        groups.filter(({ led }) => led),
        AT_THE_END,
      ),
      orphaned,
    ]);
    this.#settle();
    this.dispose();
    await this.#list.written();
  }

  /** Leaves what still lives to the watchdog, which ends it. */
  dispose(): void {
    this.#ended = true;
    for (const timer of this.#settling) timer.dispose();
    this.#settling.clear();
    this.#watchdog.dispose();
  }

  #remember(marker: string, origin: Pick<Group, 'pid' | 'session'>): void {
    this.#origins.set(marker, origin);
    const [oldest] = this.#origins.keys();
    if (this.#origins.size > REMEMBERED && oldest !== undefined) this.#origins.delete(oldest);
  }

  async #keep(group: Group, exited: Promise<unknown>): Promise<void> {
    const { pid } = group;
    this.#groups.set(pid, group);
    // At once, though the start is not known yet: we may be gone before the system has told us.
    this.#announce();
    void exited.then(() => this.#leaderLeft(group.marker, pid));
    const start = (await systemProcesses.find(pid))?.started;
    const kept = this.#groups.get(pid);
    if (start === undefined || kept?.marker !== group.marker || !kept.led) return;
    this.#groups.set(pid, { ...kept, start });
    this.#announce();
  }

  #leaderLeft(marker: string, pid: number): void {
    const kept = this.#groups.get(pid);
    if (kept?.marker !== marker) return;
    this.#groups.set(pid, { ...kept, led: false });
    this.#settle();
    if (this.#ended || !this.#groups.has(pid)) return;
    // What was killed with its leader takes a moment; what is to stay is looked for again when the next leader ends.
    const timer = this.#clock.after(SETTLE, () => {
      this.#settling.delete(timer);
      this.#settle();
    });
    this.#settling.add(timer);
  }

  /** Forgets the groups in which nobody lives any more. */
  #settle(): void {
    for (const [pid, { led }] of this.#groups) if (!led && !groupLives(pid)) this.#groups.delete(pid);
    this.#announce();
  }

  #announce(): void {
    const groups = [...this.#groups.values()];
    this.#watchdog.tell(groups);
    this.#list.write(groups);
  }
}
