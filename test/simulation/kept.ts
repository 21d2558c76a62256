import type { Session, SessionKey } from '../../src/model/session.ts';
import type { Stored } from '../../src/router/journal.ts';
import { foldStored } from '../../src/router/restore.ts';
import type { Announced } from './announced.ts';
import { Line } from './line.ts';
import { different } from './same.ts';
import type { Time } from './time.ts';
import type { Watch } from './violation.ts';

interface KeptParts {
  readonly watch: Watch;
  readonly announced: Announced;
  readonly time: Time;
}

/** What of each session was promised to be on the disk, and whether what comes back from there is that. */
export class Kept {
  readonly #parts: KeptParts;
  /**
   * What the disk may give back, of each session: the last history of which something was promised, and those that went
   * on from it and may have come to the disk or not.
   */
  readonly #lines = new Map<SessionKey, Line[]>();
  /** By its epoch, the history that has got furthest in it. */
  readonly #epochs = new Map<string, Line>();

  constructor(parts: KeptParts) {
    this.#parts = parts;
  }

  /** Those of one session. */
  of(key: SessionKey): readonly Line[] {
    return this.#lines.get(key) ?? [];
  }

  /** The history that has this epoch, whatever became of it. */
  in(epoch: string): Line | undefined {
    return this.#epochs.get(epoch);
  }

  /** Something of it has to be there. */
  isDue(key: SessionKey): boolean {
    const [line] = this.of(key);
    return line !== undefined && line.erased === 'no' && line.written > 0;
  }

  /** Nothing that is older than what was promised may come back. */
  promise(key: SessionKey, line: Line): void {
    const lines = this.of(key);
    this.#lines.set(key, lines.slice(Math.max(0, lines.indexOf(line))));
  }

  closed(key: SessionKey, line: Line): void {
    line.closed = true;
    line.written = line.log.length;
    line.synced = line.log.length;
    this.promise(key, line);
  }

  powerLost(): void {
    for (const lines of this.#lines.values())
      for (const line of lines) line.written = line.closed ? line.log.length : line.synced;
  }

  began(session: Session): Line {
    const { watch, announced } = this.#parts;
    const line = new Line(session, watch, announced);
    watch.check('I4', !this.#epochs.has(line.epoch), () => `the epoch ${line.epoch} begins twice`);
    this.#epochs.set(line.epoch, line);
    this.#lines.set(session.key, [line]);
    return line;
  }

  /** What comes from the disk is what was promised, and goes on under numbers that nobody has seen. */
  loaded(key: SessionKey, stored: Stored): Line {
    const session = foldStored(stored);
    const count = session.at.seq;
    const { watch, time } = this.#parts;
    const lines = [...this.of(key)];
    // Several may look alike, up to here: one that goes on from what was promised is asked for.
    const sources = lines.filter((one) => isSource(one, session, stored));
    const last = (lines[0]?.written ?? 0) - 1;
    const goes = (one: Line): boolean => count > last && one.log[last] === lines[0]?.log[last];
    const line = sources.findLast(goes) ?? sources.at(-1) ?? lines[0];
    if (line === undefined) throw new Error(`${key} was never begun.`);
    watch.check('I2', line.erased !== 'yes', () => `${key} comes back after it was erased`);
    watch.check(
      'I2',
      line.matches(session),
      () => `${key} is not what it was: ${different(session, line.state(count))}`,
    );
    const [promised = line] = lines;
    watch.check('I2', goes(line), () => `${promised.written} events of ${key} were promised, ${count} are there`);
    const { events, values, snapshot } = stored.lost;
    watch.check('I2', events + values === 0 && !snapshot, () => `${key} lost ${JSON.stringify(stored.lost)}`);
    const { epoch } = stored.header;
    watch.check(
      'I4',
      stored.clean ? goesOn(line, session, epoch) : !this.#epochs.has(epoch),
      () => `${key} goes on in ${epoch}`,
    );
    const next = line.fork(count, epoch, time.now);
    this.#epochs.set(epoch, next);
    this.#lines.set(key, [...lines, next]);
    return next;
  }
}

const isSource = (line: Line, session: Session, { clean, header }: Stored): boolean =>
  line.matches(session) && (!clean || goesOn(line, session, header.epoch));

/** A history that was left in order is gone on with where it ended. */
const goesOn = (line: Line, session: Session, epoch: string): boolean =>
  line.epoch === epoch && line.log.length === session.at.seq;
