// The whole way of an agent's bytes: lines, peer, backend, store, and the door of one surface that acknowledges.
import { linkedPair } from '../../src/base/duplex.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { LineSplitter } from '../../src/machine/lines.ts';
import { entryCount } from '../../src/model/entry.ts';
import type { Emitted } from '../../src/model/event.ts';
import type { SessionKey } from '../../src/model/session.ts';
import { type ToSurface, VIEW_VERSION } from '../../src/protocol/view/messages.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { catalogueOf, noJournal } from '../../src/router/testing.ts';
import { cpuTimer } from './cpu.ts';
import { openDoor } from './openDoor.ts';
import { INTRODUCTION, scriptedAgent } from './scriptedAgent.ts';

const never = new AbortController().signal;
const turnOfTheLoop = (): Promise<void> => new Promise((done) => setImmediate(done));

/** A surface in another process: here it only says that it is there and how far it is. */
export const attach = (store: SessionStore, router: Router, key: SessionKey) => {
  const [core, page] = linkedPair<unknown, ToSurface>();
  const writer = page.writable.getWriter();
  let messages = 0;
  void writer.write([
    { type: 'hello', version: VIEW_VERSION },
    { type: 'attach', key },
  ]);
  void (async () => {
    for await (const batch of page.readable) {
      for (const message of batch) {
        if (message.type !== 'events' && message.type !== 'snapshot') continue;
        messages += 1;
        const seq = message.type === 'snapshot' ? message.session.at.seq : message.after + message.events.length;
        void writer.write([{ type: 'ack', key, seq }]);
      }
    }
  })();
  const door = openDoor({ store, router, catalogue: catalogueOf(store) }, core);
  return { door, messages: () => messages };
};

/** A call that every history of more than two entries has. */
export const CALL = 'old2';

/** Entries as a session has them: messages with some words, tool calls with an output. */
const history = (entries: number): readonly Emitted[] =>
  Array.from({ length: entries }, (_, index): Emitted => {
    const words = `Entry ${index}, with some words in it. `.repeat(4);
    if (index % 3 === 2) {
      const content = [{ type: 'content' as const, content: { type: 'text' as const, text: words } }];
      const call = { toolCallId: `old${index}`, title: 'Read a file', status: 'completed' as const, content };
      return { event: { kind: 'update', update: { sessionUpdate: 'tool_call', ...call } } };
    }
    const content = { type: 'text' as const, text: words };
    return {
      event: { kind: 'update', update: { sessionUpdate: 'agent_message_chunk', content, messageId: `old${index}` } },
    };
  });

/** A session with that many entries, open and looked at. */
export const openSpine = async (entries: number) => {
  const store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
  const router = new Router({ store, clock: systemClock, log: silent });
  const agent = scriptedAgent(({ method }) => (method === 'initialize' ? INTRODUCTION : { sessionId: 's' }));
  router.add(agent.backend(store));
  const key = await router.newSession({ backend: 'a', cwd: '/w' }, never);
  store.append(key, history(entries));
  const view = attach(store, router, key);
  while (view.messages() === 0) await turnOfTheLoop();
  const session = () => {
    const now = store.get(key);
    if (now === undefined) throw new Error('The session is gone.');
    return now;
  };
  return {
    entries: () => entryCount(session().entries),
    /** Feeds the bytes as a pipe hands them out, and says how many milliseconds of work it took until the last was folded. */
    async feed(chunks: readonly Uint8Array[], lines: number): Promise<number> {
      const splitter = new LineSplitter();
      const until = session().at.seq + lines;
      const spent = cpuTimer();
      for (const bytes of chunks) {
        agent.say(splitter.push(bytes));
        await turnOfTheLoop();
      }
      while (session().at.seq < until) await turnOfTheLoop();
      return spent();
    },
    async close(): Promise<void> {
      view.door.dispose();
      await router.dispose();
      store.dispose();
    },
  };
};
