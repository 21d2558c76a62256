/**
 * What a host asks of a window: what only an editor can do, and what only the person's machine keeps.
 *
 * R1 A window is asked for nothing that it has not offered, and an offer holds as long as its connection.
 * R2 Each request is answered once. After its deadline and after `request/over` the window begins nothing more of it, and
 *    says so.
 * R3 What the host judged is no order: the window looks itself where a path leads, and refuses what it would not do.
 */
import { capability, deviceName } from './relay.ts';
import * as shape from './shape.ts';

/** UTF-16 units. */
const length = { word: 512, title: 1024, path: 8192, text: 16 * 1024 * 1024 } as const;
const most = 256;

const word = shape.text(length.word, 1);
const path = shape.text(length.path, 1);
/** As it was asked for, and where the host found that it leads. */
const place = { path, real: path };
/** What a program is, or was when it last ran. */
const print = shape.closed({ path, sha256: word });
const settlement = shape.oneOf(['mine', 'theirs', 'merge']);

const isMatch = (value: unknown): boolean => shape.fits(path, value) || shape.fits(shape.list(path, most), value);

const request = shape.tagged('kind', [
  /** Answered by `text`. */
  shape.closed({
    kind: shape.literal('workspace/read'),
    ...place,
    line: shape.optional(shape.count),
    limit: shape.optional(shape.count),
  }),
  /** Answered by `written`, or by `conflict`: then the window waits for `workspace/settle`, for as long as that takes. */
  shape.closed({ kind: shape.literal('workspace/write'), ...place, content: shape.text(length.text) }),
  /** Of the request with the id `write`. Answered by `written`. */
  shape.closed({ kind: shape.literal('workspace/settle'), write: shape.count, settlement }),
  /** Answered by `values`. */
  shape.closed({ kind: shape.literal('secrets/of'), agent: word }),
  /** A rule of every folder, which stands in the person's settings. Answered by `said`. */
  shape.closed({
    kind: shape.literal('rule/keep'),
    rule: shape.closed({
      id: word,
      scope: shape.literal('machine'),
      tool: word,
      match: shape.optional(shape.where(shape.anything, isMatch)),
      decision: shape.oneOf(['allow', 'ask', 'deny']),
    }),
  }),
  /** Whether the program of an agent may be started, which is another one than when it last ran. Answered by `said`. */
  shape.closed({
    kind: shape.literal('program/ask'),
    label: shape.text(length.title),
    before: print,
    now: print,
  }),
  /** A device has shown the code of a pairing that this window began, and wants to do as much. Answered by `admitted`. */
  shape.closed({ kind: shape.literal('device/admit'), name: deviceName, want: capability }),
  /** A device wants to change a protected file, or to make it where there is no text before. Answered by `said`. */
  shape.closed({
    kind: shape.literal('change/ask'),
    device: deviceName,
    path,
    before: shape.optional(shape.text(length.text)),
    after: shape.text(length.text),
  }),
  /** Answered by `entered`. */
  shape.closed({
    kind: shape.literal('secrets/ask'),
    agent: shape.closed({ id: word, label: shape.text(length.title) }),
    values: shape.list(
      shape.closed({
        name: word,
        label: shape.optional(shape.text(length.title)),
        secret: shape.flag,
        optional: shape.flag,
      }),
      most,
    ),
  }),
]);

const result = shape.tagged('kind', [
  shape.closed({ kind: shape.literal('text'), text: shape.text(length.text) }),
  shape.closed({
    kind: shape.literal('written'),
    how: shape.oneOf(['written', 'unchanged', 'reworked', 'kept', 'merging']),
  }),
  shape.closed({ kind: shape.literal('conflict'), mine: shape.text(length.text) }),
  shape.closed({ kind: shape.literal('values'), values: shape.record(word, shape.text(length.text)) }),
  shape.closed({ kind: shape.literal('entered'), entered: shape.flag }),
  shape.closed({ kind: shape.literal('said'), yes: shape.flag }),
  /** What the person lets the device do, no more than it wants; absent: it is not let in. */
  shape.closed({ kind: shape.literal('admitted'), capability: shape.optional(capability) }),
  /** To any. `stopped`: its deadline has passed or it was called off; `refused`, `unsupported`: it is not done here at all. */
  shape.closed({
    kind: shape.literal('failure'),
    code: shape.text(length.word),
    message: shape.text(length.path),
    next: shape.optional(shape.text(length.path)),
  }),
]);

export type WindowRequest = shape.Meant<typeof request>;
export type WindowResult = shape.Meant<typeof result>;

/** What a window can be asked for: files in `roots`, absolute folders, and secrets. A later offer replaces it. */
const offer = shape.closed({
  type: shape.literal('offer'),
  roots: shape.list(path, most),
  secrets: shape.flag,
});
const answer = shape.closed({ type: shape.literal('answer'), id: shape.count, result });

export type Offer = shape.Meant<typeof offer>;
export type Answer = shape.Meant<typeof answer>;

/** Of a window. */
export const answering = [offer, answer] as const;

/** Of a host. `deadline`: milliseconds. */
export type Asking =
  | { readonly type: 'request'; readonly id: number; readonly deadline?: number; readonly request: WindowRequest }
  /** Nobody waits for it any more. */
  | { readonly type: 'request/over'; readonly id: number };

/** Undefined: nothing that this version knows. */
export const readRequest = (value: unknown): WindowRequest | undefined =>
  shape.fits(request, value) ? value : undefined;

/** A text that fits into a request and into an answer. */
export const fitsRequest = (content: string): boolean => content.length <= length.text;
