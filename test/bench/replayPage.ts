// A surface in a process of its own, as the chat's page is: a JSON array a line both ways, with messages of the view door
// and of the bench. It follows a session from nothing until it holds all of it.
import process from 'node:process';
import { LineSplitter } from '../../src/machine/lines.ts';
import { entryCount } from '../../src/model/entry.ts';
import type { SessionKey } from '../../src/model/session.ts';
import { Follower } from '../../src/protocol/view/follower.ts';
import { type FromSurface, type ToSurface, VIEW_VERSION } from '../../src/protocol/view/messages.ts';
import { cpuTimer } from './cpu.ts';

/** What it is asked for besides: to follow a session from nothing, to read messages and no more, or to collect new garbage. */
export type Ask =
  | { readonly type: 'bench/collect' }
  | { readonly type: 'bench/replay'; readonly key: SessionKey }
  | { readonly type: 'bench/read'; readonly messages: readonly unknown[] };

/** The answer, when all is there. */
export interface Done {
  readonly type: 'bench/done';
  /** Entries, or messages. */
  readonly count: number;
  /** Milliseconds that this process has worked in its life. */
  readonly worked: number;
}

const say = (message: FromSurface | Done): void => void process.stdout.write(`${JSON.stringify([message])}\n`);

const worked = cpuTimer();
const done = (count: number): void => say({ type: 'bench/done', count, worked: worked() });

let follower: Follower | undefined;

const take = (message: ToSurface | Ask): void => {
  switch (message.type) {
    case 'bench/replay':
      follower = new Follower(message.key, say);
      return follower.attach();
    case 'bench/read':
      return done(message.messages.length);
    case 'bench/collect':
      globalThis.gc?.({ type: 'minor' });
      return done(0);
    case 'snapshot':
    case 'events':
    case 'page':
      if (follower?.receive(message) === true) goOn(follower);
      return;
    default:
  }
};

const goOn = (current: Follower): void => {
  const { session } = current;
  current.acknowledge();
  if (session?.older === undefined) done(entryCount(session?.entries ?? []));
  else current.wantOlder();
};

const splitter = new LineSplitter();
process.stdin.on('data', (bytes: Buffer) => {
  for (const line of splitter.push(bytes)) {
    if (typeof line === 'string') for (const message of JSON.parse(line) as (ToSurface | Ask)[]) take(message);
  }
});
say({ type: 'hello', version: VIEW_VERSION });
