/**
 * Edits of files by devices. Source: the relay protocol, §9, apply_edit.
 *
 * E1 Only changes of text: what else it is asked for is refused as a whole.
 * E2 All edits of a request or none, and only onto the text that was read for it: nothing that somebody else wrote
 *    meanwhile is lost.
 * E3 What is protected is written after a person has allowed this very change.
 */
import { Failure, PeerError } from '../base/failure.ts';
import { isAsSeen, lineEndOf } from '../base/textLines.ts';
import { CODE } from '../protocol/relay/names.ts';
import * as shape from '../protocol/view/shape.ts';
import type { Conflict, Place, Settlement } from '../router/ports.ts';
import type { Device } from './device.ts';
import type { RelayEdits } from './ports.ts';
import { invalid } from './refusal.ts';
import { applyTextEdits } from './textEdits.ts';

/** Edits of one request, and UTF-16 units of a path. */
const MOST_EDITS = 10_000;
const MOST_PATH = 8192;
/** What fits into a message fits here: the files themselves say what is too large. */
const MOST_TEXT = Number.MAX_SAFE_INTEGER;

const position = shape.closed({ line: shape.count, character: shape.count });
const edit = shape.closed({
  range: shape.closed({ start: position, end: position }),
  newText: shape.text(MOST_TEXT),
});
const request = shape.closed({
  path: shape.text(MOST_PATH, 1),
  edits: shape.list(edit, MOST_EDITS),
  /** Null: there is no such file yet. */
  expectedVersion: shape.optional(shape.either([shape.text(MOST_PATH), shape.such<null>((value) => value === null)])),
  _meta: shape.optional(shape.anything),
});

type EditRequest = shape.Meant<typeof request>;

/** As the wire tells a file that has been edited. */
export interface Edited {
  /** As it was asked for. */
  readonly path: string;
  readonly version: string;
}

export class Editing {
  readonly #edits: RelayEdits;
  /** The last edit of each file that is under way. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(edits: RelayEdits) {
    this.#edits = edits;
  }

  /** @throws PeerError, Failure */
  async apply(params: unknown, device: Device, signal: AbortSignal): Promise<Edited> {
    const misfit = request(params);
    if (misfit !== undefined)
      throw invalid(`This is no edit of a text${misfit.length > 0 ? `: ${misfit.join('.')}` : ''}.`);
    const asked = params as EditRequest;
    const place = await this.#admit(asked.path, signal);
    const before = this.#turns.get(place.real) ?? Promise.resolve();
    const editing = before.catch(() => undefined).then(() => this.#apply(asked, place, device, signal));
    this.#turns.set(place.real, editing);
    try {
      return await editing;
    } finally {
      if (this.#turns.get(place.real) === editing) this.#turns.delete(place.real);
    }
  }

  /** The text that an edit would be made to. @throws Failure */
  async read(path: string, signal: AbortSignal): Promise<string> {
    return await this.#edits.workspace.readText(await this.#admit(path, signal), {}, signal);
  }

  async #admit(path: string, signal: AbortSignal): Promise<Place> {
    const place = await this.#edits.workspace.place(path, signal);
    if (place.inside) return place;
    throw new Failure('outside', `${path} is outside of the folders of the workspace.`);
  }

  async #apply(asked: EditRequest, place: Place, device: Device, signal: AbortSignal): Promise<Edited> {
    signal.throwIfAborted();
    const { path, edits, expectedVersion } = asked;
    const before = await this.#read(place, signal);
    if (before === undefined && expectedVersion !== null) throw new Failure('not found', `${path} does not exist.`);
    const version = before === undefined ? null : await versionOf(before);
    if (expectedVersion !== undefined && expectedVersion !== version) throw conflict(path, version);
    const after = applyTextEdits(before ?? '', edits);
    if (place.protectedBy !== undefined && !this.#edits.allowed({ place, before, after }, device)) throw guarded(place);
    return { path, version: await this.#write({ ...place, seen: before ?? null }, after, signal) };
  }

  /** Resolves with the version of what stands there then, which the editor may have changed while it saved it. */
  async #write(place: Place & { readonly seen: string | null }, text: string, signal: AbortSignal): Promise<string> {
    const { workspace } = this.#edits;
    const settle = async ({ mine, lost }: Conflict): Promise<Settlement> =>
      lost !== true && isAsSeen(place.seen, mine) ? 'theirs' : 'mine';
    const how = await workspace.writeText(place, text, settle, signal).catch((failure: unknown) => {
      if (failure instanceof Failure && failure.code === 'changed') return 'kept' as const;
      throw failure;
    });
    const now = await this.#read(place, signal);
    const version = now === undefined ? null : await versionOf(now);
    if (how === 'kept' || version === null) throw conflict(place.path, version);
    return version;
  }

  async #read(place: Place, signal: AbortSignal): Promise<string | undefined> {
    return await this.#edits.workspace.readText(place, {}, signal).catch((failure: unknown) => {
      if (failure instanceof Failure && failure.code === 'not found') return undefined;
      throw failure;
    });
  }
}

/** Of a file's text, for comparison alone: 128 bits of its SHA-256. */
export const versionOf = async (text: string): Promise<string> => {
  /* oxlint-disable-next-line no-restricted-globals -- No id is made of it: one text has one digest. */
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
};

/** What ends the lines of a text; one without any gets line feeds. */
export const eolOf = (text: string): '\n' | '\r\n' => lineEndOf(text) ?? '\n';

const conflict = (path: string, currentVersion: string | null): PeerError =>
  new PeerError(CODE.editConflict, `${path} is not as you have seen it. Read it again.`, { path, currentVersion });

const guarded = ({ path, protectedBy }: Place): PeerError =>
  invalid(
    `${path} is protected (${protectedBy}). Somebody at the host has to allow this very change; then send it again.`,
  );
