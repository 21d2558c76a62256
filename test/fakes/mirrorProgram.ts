/**
 * Stands for the extension host of a window whose sessions live in a background host: the store, the router and the mirror
 * as a window composes them. `node mirrorProgram.js OPTIONS`, where OPTIONS is the JSON of {@link MirrorOptions}. Its input
 * are lines of {@link Order}, its output lines of {@link Told}; it ends with its input, as a window that is closed.
 */
import process from 'node:process';
import { HostBackend, type HostState } from '../../src/backends/host.ts';
import type { HostLine } from '../../src/backends/host/connection.ts';
import { Failure, sentence } from '../../src/base/failure.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { hostLine } from '../../src/machine/hostLine.ts';
import { BRIDGED, connectStdio } from '../../src/machine/stdioHost.ts';
import type { Position, Session, SessionKey } from '../../src/model/session.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal } from '../../src/router/testing.ts';
import { linesOf } from './wire.ts';

export interface MirrorOptions {
  /** A socket and where its token is, or a program and its arguments. */
  readonly way: { readonly view: string; readonly tokenFile: string } | { readonly argv: readonly string[] };
}

export type Order = { readonly number: number } & (
  | { readonly do: 'open'; readonly cwd: string; readonly agent?: string }
  | { readonly do: 'prompt'; readonly key: SessionKey; readonly text: string }
  /** The first question that waits, by the name of an option; a form is declined. */
  | { readonly do: 'answer'; readonly key: SessionKey; readonly option: string }
  | { readonly do: 'tell'; readonly key: SessionKey }
  | { readonly do: 'retry' }
);

export type Told =
  | { readonly kind: 'state'; readonly state: HostState; readonly trouble?: string }
  /** The session has changed: by the events from `first` to `last`, or it was taken as it is. */
  | {
      readonly kind: 'news';
      readonly key: SessionKey;
      readonly at: Position;
      readonly seqs: readonly number[];
      /** Pages that are not here yet. */
      readonly older: number;
      readonly link: Session['link']['state'];
      /** Those that wait. */
      readonly questions: readonly string[];
      readonly turn: Session['turn']['state'];
    }
  | { readonly kind: 'done'; readonly order: number; readonly text?: string; readonly session?: Session }
  | { readonly kind: 'failed'; readonly order: number; readonly code: string; readonly message: string };

const never = new AbortController().signal;

const tell = (told: Told): void => void process.stdout.write(`${JSON.stringify(told)}\n`);

const connectBy = async (way: MirrorOptions['way'], signal: AbortSignal): Promise<HostLine> => {
  if ('view' in way) return await hostLine(way, systemClock, signal);
  const connection = await connectStdio(invocationOf(way.argv), process.cwd(), systemClock, signal);
  connection.keepAlive();
  return { lines: connection.lines, token: BRIDGED, close: () => connection.dispose() };
};

const invocationOf = ([file = '', ...args]: readonly string[]) => {
  const variables = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  return { file, args, env: Object.fromEntries(variables) as Record<string, string>, verbatim: false };
};

async function main({ way }: MirrorOptions): Promise<void> {
  const store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
  store.onAppended(({ key, session, logged }) => {
    const { at, older, link, questions, turn } = session;
    const waiting = questions.map(({ id }) => id);
    const seqs = logged.map(({ seq }) => seq);
    const pages = older?.pages ?? 0;
    tell({ kind: 'news', key, at, seqs, older: pages, link: link.state, questions: waiting, turn: turn.state });
  });
  const host = new HostBackend({
    store,
    clock: systemClock,
    log: silent,
    app: 'test',
    device: 'window',
    follows: () => true,
    connect: (signal) => connectBy(way, signal),
  });
  const router = new Router({ store, clock: systemClock, log: silent });
  router.addRemote(host);
  let said: string | undefined;
  host.onChanged(() => {
    const { state, trouble } = host;
    const told = JSON.stringify([state, trouble?.message]);
    if (told === said) return;
    said = told;
    tell({ kind: 'state', state, ...(trouble === undefined ? {} : { trouble: trouble.message }) });
  });
  const obey = async (order: Order): Promise<{ readonly text?: string; readonly session?: Session }> => {
    switch (order.do) {
      case 'open': {
        const { cwd, agent } = order;
        return { text: await host.open({ cwd, roots: [cwd], ...(agent === undefined ? {} : { agent }) }, never) };
      }
      case 'prompt': {
        const { key, text } = order;
        await router.perform(key, { kind: 'prompt', prompt: [{ type: 'text', text }] }, 'window', never);
        return {};
      }
      case 'answer':
        return await answer(order.key, order.option);
      case 'tell': {
        const session = store.get(order.key);
        return session === undefined ? {} : { session };
      }
      case 'retry':
        host.retry();
        return {};
    }
  };
  const answer = async (key: SessionKey, name: string) => {
    const question = store.get(key)?.questions[0];
    if (question === undefined) throw new Failure('none', 'No question waits.');
    const option = question.options.find((each) => each.name === name)?.id;
    const outcome = option === undefined ? ({ kind: 'declined' } as const) : ({ kind: 'selected', option } as const);
    await router.perform(
      key,
      { kind: 'question/answer', question: question.id, hash: question.hash, outcome },
      'window',
      never,
    );
    return {};
  };
  for await (const line of linesOf(process.stdin)) {
    const order = JSON.parse(line) as Order;
    obey(order).then(
      (done) => tell({ kind: 'done', order: order.number, ...done }),
      (failure: unknown) =>
        tell({
          kind: 'failed',
          order: order.number,
          code: failure instanceof Failure ? failure.code : '',
          message: sentence(failure),
        }),
    );
  }
  await host[Symbol.asyncDispose]();
  process.exit(0);
}

await main(JSON.parse(process.argv[2] ?? '') as MirrorOptions);
