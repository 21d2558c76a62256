import { type Command } from '../../src/model/event.ts';
import type { Question } from '../../src/model/question.ts';
import type { Session, SessionKey } from '../../src/model/session.ts';
import { Follower } from '../../src/protocol/view/follower.ts';
import { type FromSurface, type ToSurface, VIEW_VERSION } from '../../src/protocol/view/messages.ts';
import { LIMITS } from '../../src/router/limits.ts';
import type { SessionStore } from '../../src/router/store.ts';
import type { SimulatedAgent } from './agent.ts';
import type { Announced } from './announced.ts';
import { Pipe } from './pipe.ts';
import { settled } from './time.ts';
import type { Counts, Watch } from './violation.ts';

/** A process that surfaces look into: that of the sessions, or a window onto one. */
export interface Shows {
  readonly alive: boolean;
  readonly store: Pick<SessionStore, 'get'>;
  readonly agent: Pick<SimulatedAgent, 'has' | 'say'>;
  /** Opens a door for the surface of this name. */
  door(device: string, pipe: Pipe): unknown;
}

interface DeviceParts {
  readonly watch: Watch;
  readonly faults: Counts;
  readonly announced: Pick<Announced, 'is'>;
  /** It shows what the list has, as a page does: it waits for a session that is not listed yet, and leaves one that is gone. */
  readonly byList?: boolean;
  /** It asks to see a session. */
  attaches?(key: SessionKey): void;
}

/** One surface of one person, and a way to the core on which anything can happen to a message. */
export class Device {
  readonly name: string;
  key: SessionKey | undefined;
  host: Shows | undefined;
  /** Questions that were ever shown here, newest last. */
  readonly remembered: Question[] = [];
  readonly #watch: Watch;
  readonly #faults: Counts;
  readonly #announced: Pick<Announced, 'is'>;
  readonly #byList: boolean;
  readonly #attaches: DeviceParts['attaches'];
  /** How far it has said that it is, since it attached. */
  #acknowledged = -1;
  #follower: Follower | undefined;
  /** What it would show is not listed yet. */
  #waits = false;
  #pipe: Pipe | undefined;
  #out: FromSurface[] = [];
  #late: ToSurface[] = [];
  #inbox: ToSurface[] = [];
  #commands = 0;
  /** Messages of the session that is shown which were sent and not acknowledged. */
  #open: { readonly seq: number; readonly events: number }[] = [];
  /** Windows that may be full: what was sent before an attach may be written after it, where the surface stalled. */
  #windows = 1;

  constructor(name: string, parts: DeviceParts) {
    const { watch, faults, announced, byList = false, attaches } = parts;
    this.#byList = byList;
    this.#attaches = attaches;
    this.name = name;
    this.#announced = announced;
    this.#watch = watch;
    this.#faults = faults;
  }

  get session(): Session | undefined {
    return this.#follower?.session;
  }

  get isStalled(): boolean {
    return this.#pipe?.stalled === true;
  }

  /** Opens a way to a process; what was under way on the old one is lost. */
  connect(host: Shows): void {
    this.disconnect();
    this.host = host;
    const pipe = new Pipe((message) => this.#sent(message));
    this.#pipe = pipe;
    host.door(this.name, pipe);
    pipe.say({ type: 'hello', version: VIEW_VERSION });
    this.#waits = this.#byList;
    if (!this.#waits) this.#follower?.attach();
  }

  disconnect(): void {
    this.#pipe?.close();
    this.#pipe = undefined;
    this.host = undefined;
    this.#out = [];
    this.#late = [];
    this.#inbox = [];
    this.#open = [];
  }

  look(key: SessionKey): void {
    if (this.key !== undefined && this.key !== key) this.#post({ type: 'detach', key: this.key });
    if (this.key !== key) this.remembered.length = 0;
    this.key = key;
    this.#follower = new Follower(key, (message) => this.#post(message));
    this.#follower.attach();
  }

  wake(): void {
    this.#follower?.attach();
  }

  older(): void {
    this.#follower?.wantOlder();
  }

  stall(): void {
    if (this.#pipe !== undefined) this.#pipe.stalled = true;
  }

  resume(): void {
    this.#pipe?.resume();
  }

  command(command: Command): void {
    if (this.key === undefined) return;
    this.#commands += 1;
    this.#post({ type: 'command', id: this.#commands, key: this.key, command });
  }

  /** Both ways, once nothing is under way. `fates`: three bits for each message; 0 lets all arrive. True: something moved. */
  async deliver(fates: number): Promise<boolean> {
    let left = fates;
    const fate = (): number => {
      const own = left & 7;
      left >>>= 3;
      return own;
    };
    const out = this.#out.splice(0);
    for (const message of out) await this.#sendOut(message, fate());
    if (this.#pipe === undefined || this.#pipe.stalled) return out.length > 0;
    const came = this.#inbox.splice(0);
    const late = this.#late.splice(0);
    for (const message of came) {
      const own = fate();
      if (own === 5) this.#faults.add('message to a surface lost');
      else if (own === 7) {
        this.#faults.add('message to a surface late');
        this.#late.push(message);
      } else {
        this.#receive(message);
        if (own !== 6) continue;
        this.#faults.add('message to a surface doubled');
        this.#receive(message);
      }
    }
    // What was late comes behind what was sent after it.
    for (const message of late) this.#receive(message);
    return out.length + came.length + late.length > 0;
  }

  async #sendOut(message: FromSurface, fate: number): Promise<void> {
    if (fate === 5) {
      this.#faults.add('message of a surface lost');
      return;
    }
    await this.#say(message);
    // To say a prompt twice is to ask twice.
    if (fate !== 6 || (message.type === 'command' && message.command.kind === 'prompt')) return;
    this.#faults.add('message of a surface doubled');
    await this.#say(message);
  }

  async #say(message: FromSurface): Promise<void> {
    if (message.type === 'attach' || message.type === 'detach') {
      this.#open = [];
      this.#acknowledged = -1;
      this.#windows = this.isStalled ? this.#windows + 1 : 1;
    }
    if (message.type === 'ack') {
      this.#acknowledged = message.seq;
      this.#open = this.#open.filter(({ seq }) => seq > message.seq);
    }
    this.#pipe?.say(message);
    await settled();
  }

  #post(message: FromSurface): void {
    if (this.#pipe === undefined) return;
    if (message.type === 'attach') this.#attaches?.(message.key);
    this.#out.push(message);
  }

  /** The core has sent something: no more than the window allows (I10). */
  #sent(message: ToSurface): void {
    this.#inbox.push(message);
    // The core lets go of it as well: what comes then is counted anew.
    if (message.type === 'catalogue' && this.key !== undefined && message.removed.includes(this.key)) this.#open = [];
    if (!('key' in message) || message.key !== this.key) return;
    // It was on its way when a state of the same position was acknowledged, and is by that.
    if (message.type === 'snapshot' && message.session.at.seq <= this.#acknowledged) return;
    const open = this.#open.reduce((sum, { events }) => sum + events, 0);
    if (message.type === 'snapshot') this.#open.push({ seq: message.session.at.seq, events: 1 });
    else if (message.type === 'events') {
      const last = message.events.at(-1);
      if (last === undefined) return;
      this.#watch.check('I10', message.events.length <= LIMITS.viewBatch, () => `${message.events.length} at once`);
      this.#open.push({ seq: last.seq, events: message.events.length });
    } else return;
    // Behind a stall, what a list takes away and gives back is told too late to be counted.
    if (this.#byList && (this.isStalled || this.#windows > 1)) return;
    this.#watch.check(
      'I10',
      this.#open.length <= LIMITS.viewOpenBatches * this.#windows && open < LIMITS.viewOpenEvents * this.#windows,
      () => `${this.#open.length} messages are open on ${this.name}`,
    );
  }

  #receive(message: ToSurface): void {
    const follower = this.#follower;
    if (message.type === 'catalogue') return this.#list(message);
    if (message.type !== 'snapshot' && message.type !== 'events' && message.type !== 'page') return;
    if (follower === undefined || message.key !== this.key) return;
    const before = follower.session;
    // Plain data that nobody changes: a copy, as a real way makes one, would be the same.
    const changed = follower.receive(message);
    if (changed) follower.acknowledge();
    const { session } = follower;
    if (!changed || session === undefined) return;
    for (const question of session.questions)
      if (this.remembered.every(({ id }) => id !== question.id)) this.remembered.push(question);
    this.#judge(message, before, session);
  }

  #list({ sessions, removed }: Extract<ToSurface, { type: 'catalogue' }>): void {
    const { key } = this;
    if (!this.#byList || key === undefined) return;
    if (removed.includes(key)) {
      this.key = undefined;
      this.#follower = undefined;
    } else if (this.#waits && sessions.some((session) => session.key === key)) {
      this.#waits = false;
      this.#follower?.attach();
    }
  }

  #judge(message: ToSurface, before: Session | undefined, now: Session): void {
    const last = before?.at.seq ?? 0;
    if (message.type === 'snapshot') {
      const goesOn = before?.at.epoch !== now.at.epoch || now.at.seq >= last;
      this.#watch.check('I1', goesOn, () => `${this.name} went back from ${last} to ${now.at.seq}`);
    }
    if (message.type !== 'events') return;
    const fresh = message.events.map(({ seq }) => seq).filter((seq) => seq > last);
    const dense = fresh.every((seq, index) => seq === last + index + 1) && now.at.seq === fresh.at(-1);
    this.#watch.check('I1', dense, () => `${this.name} was at ${last} and took ${fresh.join()}`);
    const { epoch } = now.at;
    const own = message.events.every(({ seq, event }) => seq <= last || this.#announced.is({ epoch, seq }, event));
    this.#watch.check('I4', own, () => `${this.name} is in ${epoch} and took ${fresh.join()} of another`);
  }
}
