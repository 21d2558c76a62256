// The whole way of an agent's bytes: lines, peer, backend, store, and the door of one surface that acknowledges.
import { AcpBackend } from '../../src/backends/acp.ts';
import { linkedPair } from '../../src/base/duplex.ts';
import { silent } from '../../src/base/log.ts';
import type { WireLine } from '../../src/base/rpcFrame.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { LineSplitter } from '../../src/machine/lines.ts';
import { entryCount } from '../../src/model/entry.ts';
import type { Emitted } from '../../src/model/event.ts';
import type { SessionKey } from '../../src/model/session.ts';
import { type ToSurface, VIEW_VERSION } from '../../src/protocol/view/messages.ts';
import { ViewDoor } from '../../src/router/door.ts';
import type { BackendContext, Process } from '../../src/router/ports.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { catalogueOf, noJournal } from '../../src/router/testing.ts';
import { cpuTimer } from './cpu.ts';

const never = new AbortController().signal;
const refuse = (): Promise<never> => Promise.reject(new Error('Not part of what is measured.'));
const turnOfTheLoop = (): Promise<void> => new Promise((done) => setImmediate(done));

/** An agent that answers what opening a session asks, and otherwise says what it is told to. */
const scriptedAgent = () => {
  const [ours, theirs] = linkedPair<WireLine, string>();
  const writer = theirs.writable.getWriter();
  const say = (lines: readonly WireLine[]): void => void writer.write(lines);
  const answer = (line: string): void => {
    const { id, method } = JSON.parse(line) as { id?: number; method?: string };
    const result = method === 'initialize' ? { protocolVersion: 1, agentCapabilities: {} } : { sessionId: 's' };
    if (id !== undefined) say([JSON.stringify({ jsonrpc: '2.0', id, result })]);
  };
  const reading = (async () => {
    for await (const lines of theirs.readable) lines.forEach(answer);
  })();
  const process: Process = {
    pid: 1,
    lines: ours,
    stderrTail: () => '',
    exited: new Promise(() => undefined),
    [Symbol.asyncDispose]: async () => {
      await writer.close().catch(() => undefined);
      await reading;
    },
  };
  return { process, say };
};

/** A surface in another process: here it only says that it is there and how far it is. */
const attach = (store: SessionStore, router: Router, key: SessionKey) => {
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
  const door = new ViewDoor({
    store,
    catalogue: catalogueOf(store),
    router,
    clock: systemClock,
    log: silent,
    device: 'editor',
    surface: core,
    strings: {},
    setup: { folder: true, trusted: true, agents: [] },
    act: refuse,
  });
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
  const agent = scriptedAgent();
  const context: BackendContext = {
    emit: (key, events, cursor) => store.append(key, events, cursor),
    workspace: { roots: () => ['/w'], readText: refuse, writeText: refuse },
    environment: { label: 'bench', spawn: () => Promise.resolve(agent.process), terminal: refuse },
    clock: systemClock,
    log: silent,
  };
  const backend = new AcpBackend({ id: 'a', label: 'Agent', command: 'agent', args: [] }, context);
  router.add(backend);
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
