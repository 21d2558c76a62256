/**
 * Terminals of a host, as a window draws them. What a command says has no number of a session: it is counted by itself,
 * in UTF-16 units from the command's start.
 *
 * T1 A window hears each unit once and in order, from where it says that it is; where the host does not have that any more,
 *    `at` of the next piece tells how many are missing.
 * T2 What is sent and not acknowledged is bounded for each terminal: for a window that takes nothing nothing is kept.
 * T3 A window that goes away ends nothing: a command ends by itself, by `kill`, by its agent or with the host.
 */
import * as shape from './shape.ts';
import { isCount, isFields, isText } from '../../model/fold/read.ts';
import type { SessionKey } from '../../model/session.ts';

/** UTF-16 units of one input: what a person pastes at once. */
const INPUT = 1024 * 1024;

export type TerminalNews =
  /** There it is. Said unasked of those that run, and before its `terminal/show` is answered. */
  | {
      readonly kind: 'opened';
      /** None: a person is to sign in there. */
      readonly session?: SessionKey;
      readonly name: string;
      /** See `Terminal.kind`. */
      readonly way: 'pty' | 'pipes';
      /** The person of this window works in it. */
      readonly front?: true;
    }
  /** `at`: the number of its first unit. */
  | { readonly kind: 'data'; readonly at: number; readonly text: string }
  /** After all that it said. */
  | { readonly kind: 'exited'; readonly code: number | null; readonly signal: string | null }
  /** The host does not know it, or not any more. */
  | { readonly kind: 'closed' };

const wish = shape.tagged('kind', [
  /** What comes from this unit on is wanted. */
  shape.closed({ kind: shape.literal('attach'), at: shape.count }),
  /** All before this unit has come. */
  shape.closed({ kind: shape.literal('ack'), at: shape.count }),
  /** `number` rises within a connection, over all terminals: a line that comes twice is typed once. */
  shape.closed({ kind: shape.literal('input'), number: shape.count, text: shape.text(INPUT) }),
  shape.closed({ kind: shape.literal('resize'), columns: shape.count, rows: shape.count }),
  shape.closed({ kind: shape.literal('kill') }),
]);

export type TerminalWish = shape.Meant<typeof wish>;

/** Of a window. */
export const terminalWish = shape.closed({
  type: shape.literal('terminal'),
  terminal: shape.text(512),
  wish,
});

/** Of a window. `terminal`: an id that the host gave it. */
export interface TerminalWished {
  readonly type: 'terminal';
  readonly terminal: string;
  readonly wish: TerminalWish;
}

/** Of a host. */
export interface TerminalTold {
  readonly type: 'terminal';
  readonly terminal: string;
  readonly news: TerminalNews;
}

/** As far as a window relies on it. */
export const isTerminalTold = ({ terminal, news }: Readonly<Record<string, unknown>>): boolean =>
  isText(terminal) &&
  isFields(news) &&
  (news['kind'] === 'data'
    ? isCount(news['at']) && isText(news['text'])
    : news['kind'] !== 'opened' || isText(news['name']));
