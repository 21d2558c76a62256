/**
 * What a device may ask of the folders, off the ring. Source: the relay protocol, §4 and §9, workspace.
 *
 * W1 Answered is what the queries of an agent's own gate let through: nothing outside of the roots, read-only.
 * W2 Each answer is capped and comes within ten seconds, or says why there is none; what produces it ends with it.
 * W3 So many are worked on at a time, whoever asks: a device that floods waits for itself.
 */
import { abortable } from '../base/abortable.ts';
import { Failure, PeerError, sentence } from '../base/failure.ts';
import { type Fields, isFields } from '../model/fold/read.ts';
import { CODE, RELAY } from '../protocol/relay/names.ts';
import type { Queries } from '../router/queries.ts';
import type { Device } from './device.ts';
import { type Edited, Editing } from './edits.ts';
import type { RelayWorld } from './ports.ts';
import { findFiles, gitDiff, gitStatus, listDirectory, readFile, type ReadText, searchText } from './queries.ts';

/** Milliseconds for one answer. */
const TIME = 10_000;
/** Queries that are worked on at a time, and those that wait behind them. */
const RUNNING = 8;
const WAITING = 256;

type Query = (queries: Queries, params: Fields, signal: AbortSignal) => Promise<object>;

const QUERIES: ReadonlyMap<string, Query> = new Map([
  [RELAY.listDirectory, listDirectory],
  [RELAY.findFiles, findFiles],
  [RELAY.searchText, searchText],
  [RELAY.gitStatus, gitStatus],
  [RELAY.gitDiff, gitDiff],
]);

export type WorkspaceWorld = Pick<RelayWorld, 'queries' | 'edits' | 'clock'>;

export class RelayWorkspace {
  readonly #world: WorkspaceWorld;
  readonly #editing: Editing | undefined;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(world: WorkspaceWorld) {
    this.#world = world;
    this.#editing = world.edits && new Editing(world.edits);
  }

  /** As `initialize` tells them. */
  get capabilities(): { readonly workspaceQueries: boolean; readonly workspaceEdits: boolean } {
    return { workspaceQueries: this.#world.queries !== undefined, workspaceEdits: this.#editing !== undefined };
  }

  /** Undefined: it is none of its methods, or nothing can be asked here. Rejects with a `PeerError`. */
  query(method: string, params: unknown, signal: AbortSignal): Promise<unknown> | undefined {
    const { queries } = this.#world;
    const ask = QUERIES.get(method);
    if (queries === undefined || (ask === undefined && method !== RELAY.readFile)) return undefined;
    const fields = isFields(params) ? params : {};
    // As an edit would find it: else the version would be that of another text.
    const read: ReadText = (path, stop) => this.#editing?.read(path, stop) ?? queries.read(path, {}, stop);
    const run = (stop: AbortSignal): Promise<object> => ask?.(queries, fields, stop) ?? readFile(read, fields, stop);
    return this.#answer((stop) => this.#inTurn(() => run(stop), stop), late(''), signal);
  }

  /** Rejects with a `PeerError`. */
  async applyEdit(params: unknown, device: Device, signal: AbortSignal): Promise<Edited> {
    const editing = this.#editing;
    if (editing === undefined) throw new PeerError(CODE.unknownMethod, 'Files cannot be edited through this relay.');
    const lost = late(' Nobody knows whether it was made: read the file again.');
    return await this.#answer((stop) => editing.apply(params, device, stop), lost, signal);
  }

  async #answer<T>(ask: (signal: AbortSignal) => Promise<T>, late: PeerError, signal: AbortSignal): Promise<T> {
    const control = new AbortController();
    const abort = (): void => control.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const timer = this.#world.clock.after(TIME, () => control.abort(late));
    try {
      if (signal.aborted) abort();
      return await abortable(ask(control.signal), control.signal);
    } catch (failure) {
      throw refusalOf(failure);
    } finally {
      timer.dispose();
      signal.removeEventListener('abort', abort);
    }
  }

  async #inTurn<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#running >= RUNNING) {
      if (this.#waiting.length >= WAITING) throw new PeerError(CODE.internal, 'Too much is asked at once.');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      signal.throwIfAborted();
      return await run();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

const CODES: Readonly<Record<string, number>> = {
  invalid: CODE.invalidParams,
  outside: CODE.invalidParams,
  binary: CODE.invalidParams,
  'not found': CODE.notFound,
  'no repository': CODE.notFound,
  cancelled: CODE.cancelled,
};

const refusalOf = (failure: unknown): PeerError => {
  if (failure instanceof PeerError) return failure;
  if (!(failure instanceof Failure)) return new PeerError(CODE.internal, sentence(failure));
  const { code, message, next } = failure;
  return new PeerError(CODES[code] ?? CODE.internal, next === undefined ? message : `${message} ${next}`);
};

const late = (then: string): PeerError =>
  new PeerError(CODE.internal, `There was no answer within ${TIME / 1000} seconds.${then}`);
