import { sentence } from '../../base/failure.ts';
import type { Link, SessionKey } from '../../model/session.ts';
import type { Attached, BackendContext } from '../../router/ports.ts';
import type { Launcher } from './launcher.ts';
import type { AcpSession } from './session.ts';

export interface RenewalParts {
  readonly launcher: Pick<Launcher, 'stop'>;
  readonly emit: BackendContext['emit'];
  readonly sessions: ReadonlyMap<SessionKey, AcpSession>;
  /** Opens it in the agent that is started next. */
  open(session: AcpSession): Promise<Attached>;
}

/** Starts an agent anew with all of its sessions, because it learns only at its start what has changed. */
export class Renewal {
  readonly #parts: RenewalParts;
  readonly #left: AcpSession[] = [];
  readonly #takingUp = new Map<SessionKey, Promise<void>>();
  #stopping: Promise<void> | undefined;
  #count = 0;

  constructor(parts: RenewalParts) {
    this.#parts = parts;
  }

  /** How often it was ended for that: what was asked of it in that moment failed for no other reason. */
  get count(): number {
    return this.#count;
  }

  /** Ends the agent. False: it works in a session, or waits for the person there, and goes on. */
  async stop(): Promise<boolean> {
    const { sessions, launcher } = this.#parts;
    const live = [...sessions.values()].filter(({ closed, connection }) => !closed && connection.ended === undefined);
    if (live.some(({ turn, questions }) => turn !== undefined || questions.waiting > 0)) return false;
    this.#count += 1;
    for (const session of live) {
      // What its end tells is no news to anybody.
      session.closed = true;
      this.#tell(session, { state: 'connecting', detail: 'signing in' });
    }
    this.#left.push(...live);
    this.#stopping = launcher.stop();
    await this.#stopping;
    return true;
  }

  /** Takes up again what was interrupted. What becomes of each is told by its link. */
  takeUp(): void {
    for (const session of this.#left.splice(0)) {
      const { key } = session;
      const taking = this.#take(session).finally(() => {
        if (this.#takingUp.get(key) === taking) this.#takingUp.delete(key);
      });
      this.#takingUp.set(key, taking);
    }
  }

  /** When the session is back, or known not to come back; never rejects. */
  async settled(key: SessionKey): Promise<void> {
    await this.#takingUp.get(key);
  }

  async #take(session: AcpSession): Promise<void> {
    try {
      await this.#stopping;
      // Closed by the person meanwhile.
      if (this.#parts.sessions.get(session.key) !== session) return;
      const attached = await this.#parts.open(session);
      if (attached.kind === 'forgotten')
        this.#tell(session, { state: 'disconnected', detail: attached.why, forgotten: true });
    } catch (failure) {
      this.#tell(session, { state: 'failed', detail: sentence(failure) });
    }
  }

  #tell({ key }: AcpSession, link: Link): void {
    this.#parts.emit(key, [{ event: { kind: 'link', link } }]);
  }
}
