// What 100,000 updates leave in memory, against the text that they said.
//   node test/bench/updates.ts
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { eachEntry } from '../../src/model/entry.ts';
import type { Emitted } from '../../src/model/event.ts';
import type { Session, SessionKey } from '../../src/model/session.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal } from '../../src/router/testing.ts';
import { collected, heap } from './heap.ts';
import { report, type Row, rounded } from './row.ts';

const UPDATES = 100_000;
const BOUND = 1.5;

/** Shapes of the same text: one endless answer, and answers of the length that agents write. */
const shapes = [
  { name: 'heap after 100,000 updates', messages: 400, batch: 1 },
  { name: 'heap after 100,000 updates in batches', messages: 400, batch: 64 },
  { name: 'heap after 100,000 updates of one message', messages: 1, batch: 1 },
] as const;

const update = (index: number, messages: number): Emitted => {
  const text = `${String(index).padStart(8, '0')} has forty characters, all told.`;
  const messageId = `m${Math.floor((index * messages) / UPDATES)}`;
  const payload = { sessionUpdate: 'agent_message_chunk', messageId, content: { type: 'text', text } };
  // Read back from its line, as it comes from an agent: nothing is shared between two updates.
  const raw = JSON.stringify({ jsonrpc: '2.0', method: 'session/update', params: { sessionId: 's', update: payload } });
  return { raw, event: { kind: 'update', update: (JSON.parse(raw) as { params: { update: never } }).params.update } };
};

const textOf = (session: Session): number => {
  let length = 0;
  for (const entry of eachEntry(session.entries)) {
    if (entry.kind === 'agent') for (const part of entry.parts) length += part.type === 'text' ? part.text.length : 0;
  }
  return length;
};

const key = 'k' as SessionKey;

const filled = ({ messages, batch }: (typeof shapes)[number]): SessionStore => {
  const store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
  const owns = { history: 'us', queue: 'us', questions: 'us' } as const;
  store.open({ key, backend: 'a', agentLabel: 'Agent', title: '', cwd: '/w', owns });
  for (let from = 0; from < UPDATES; from += batch) {
    const indexes = Array.from({ length: Math.min(batch, UPDATES - from) }, (_, index) => from + index);
    store.append(
      key,
      indexes.map((index) => update(index, messages)),
    );
  }
  return store;
};

/** Once for what is made once: compiled code, and shapes of objects. In a frame of its own, which keeps nothing alive. */
const warmUp = (): void => shapes.forEach((shape) => void filled(shape));

const measure = (shape: (typeof shapes)[number]): Row => {
  const before = heap();
  const store = filled(shape);
  const bytes = heap() - before;
  const session = store.get(key);
  const text = session === undefined ? 0 : textOf(session);
  if (text !== UPDATES * 40) throw new Error(`${text} characters were folded.`);
  const ratio = bytes / text;
  const megabytes = (count: number): number => rounded(count / 1e6);
  const { name } = shape;
  return {
    name,
    value: megabytes(bytes),
    unit: 'MB',
    anchor: megabytes(text),
    ratio: rounded(ratio),
    bound: BOUND,
    ok: ratio <= BOUND,
  };
};

export const updateRows = (): Promise<readonly Row[]> => collected(import.meta.filename, shapes.length);

if (import.meta.main) {
  if (globalThis.gc !== undefined) warmUp();
  report(globalThis.gc === undefined ? await updateRows() : shapes.map(measure));
}
