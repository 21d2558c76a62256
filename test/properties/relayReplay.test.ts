import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eachEntry } from '../../src/model/entry.ts';
import type { SessionEvent } from '../../src/model/event.ts';
import { isFields } from '../../src/model/fold/read.ts';
import type { Session, SessionKey } from '../../src/model/session.ts';
import { RelayRoom, type TestClient, type Message } from '../tools/relay.ts';
import { says, update } from '../tools/sessions.ts';

/**
 * A client that knows the relay document and no more: it keeps a cursor, drops what it has, and begins anew on a reset.
 * Whatever the ring holds, wherever its socket is cut and however slowly it reads: it has what the session has.
 */
class ModelClient {
  items: Item[] = [];
  cursor = 0;
  host: string | undefined;
  /** The next stamped frame after a welcome may be any; then they are dense. */
  #replaying = false;
  #head = 0;
  holes = 0;

  /** One WebSocket message, whole or not at all. */
  hear(lines: readonly Message[]): void {
    const stamp = lines.findLast(({ rseq }) => typeof rseq === 'number')?.['rseq'];
    if (typeof stamp === 'number') {
      if (stamp <= this.cursor) return;
      if (!this.#replaying && stamp !== this.cursor + 1) this.holes += 1;
      this.cursor = stamp;
      if (stamp >= this.#head) this.#replaying = false;
    }
    for (const line of lines) this.#take(line);
  }

  #take(message: Message): void {
    if (message['type'] === 'relay_welcome') return this.#welcome(message);
    const { params } = message;
    if (!isFields(params) || !isFields(params['update'])) return;
    const { sessionUpdate, content, toolCallId, title } = params['update'];
    switch (sessionUpdate) {
      case 'user_message_chunk':
      case 'agent_message_chunk':
        this.items.push({ kind: sessionUpdate, text: isFields(content) ? String(content['text']) : '' });
        return;
      case 'tool_call':
      case 'tool_call_update': {
        const kind = `tool ${String(toolCallId)}`;
        const known = this.items.find((item) => item.kind === kind);
        if (known === undefined) this.items.push({ kind, text: typeof title === 'string' ? title : '' });
        else if (typeof title === 'string') known.text = title;
        return;
      }
      default:
    }
  }

  #welcome({ reset, headSeq, hostId }: Message): void {
    if (reset === true) {
      this.items = [];
      this.cursor = 0;
    }
    this.host = String(hostId);
    this.#head = Number(headSeq);
    this.#replaying = this.cursor < this.#head;
  }
}

interface Item {
  readonly kind: string;
  text: string;
}

/** What is said by one side in a row is one text here: where one message ends is told by what this test leaves out. */
const transcript = (items: readonly Item[]): readonly string[] => {
  const joined: Item[] = [];
  for (const item of items) {
    const last = joined.at(-1);
    if (last?.kind === item.kind) last.text += item.text;
    else joined.push({ ...item });
  }
  return joined.map(({ kind, text }) => `${kind}: ${text}`);
};

const itemsOf = (session: Session): readonly Item[] =>
  [...eachEntry(session.entries)].flatMap((entry) => {
    if (entry.kind === 'tool') return [{ kind: `tool ${entry.call}`, text: entry.title }];
    if (entry.kind !== 'user' && entry.kind !== 'agent') return [];
    return [
      {
        kind: `${entry.kind}_message_chunk`,
        text: entry.parts.map((part) => ('text' in part ? part.text : '')).join(''),
      },
    ];
  });

type Step =
  | { readonly do: 'turn' | 'say' | 'call' | 'title' | 'fact'; readonly of: number }
  | { readonly do: 'cut' | 'stall' | 'drain' | 'sleep'; readonly of: number };

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom<Step['do'][]>(
    'turn',
    'say',
    'say',
    'say',
    'call',
    'title',
    'fact',
    'cut',
    'stall',
    'drain',
    'sleep',
  ),
  of: fc.nat(5),
});

class World {
  readonly room: RelayRoom;
  readonly key: SessionKey;
  readonly model = new ModelClient();
  #client: TestClient;
  #turns = 0;
  #said = 0;

  constructor(room: RelayRoom, key: SessionKey) {
    this.room = room;
    this.key = key;
    this.#client = room.client({ client: 'web', session: key });
  }

  async take({ do: what, of }: Step): Promise<void> {
    const { room, key } = this;
    switch (what) {
      case 'turn': {
        const { turn } = room.get(key);
        if (turn.state === 'running') return room.end(key);
        this.#turns += 1;
        const prompt = [{ type: 'text', text: `p${this.#turns}` }] as const;
        return this.#append({ kind: 'turn/started', turn: `t${this.#turns}`, prompt, device: 'd' });
      }
      case 'say':
        this.#said += 1;
        return this.#append(says(`w${this.#said} `));
      case 'call':
      case 'title': {
        // A call has a name of its own in each turn, as the agents that are known have.
        const toolCallId = `c${this.#turns}-${of}`;
        const sessionUpdate = what === 'call' ? 'tool_call' : 'tool_call_update';
        this.#said += 1;
        return this.#append(update({ sessionUpdate, toolCallId, title: `title ${this.#said}` }));
      }
      case 'fact': {
        // No entry tells of a link, and of a note only where there is its call.
        const facts = Array.from({ length: of }, (): SessionEvent => ({ kind: 'link', link: { state: 'ready' } }));
        return this.#append({ kind: 'call/noted', call: `c${this.#turns}-${of}`, note: 'n' }, ...facts);
      }
      case 'cut':
        return this.#cut(of);
      case 'stall':
        return this.#client.socket.stall();
      case 'drain':
        return this.#client.socket.drain();
      case 'sleep':
        if (room.store.get(key) !== undefined) await room.router.perform(key, { kind: 'close' }, 'd', never);
        await room.catalogue.wake(key, never);
        await room.router.resume(key, never);
        await room.settled();
    }
  }

  /** The model hears all that is left, and is where the session is. */
  async end(): Promise<void> {
    this.#client.socket.drain();
    await this.room.settled();
    this.#hearAll(Infinity);
  }

  #append(...events: readonly SessionEvent[]): void {
    this.room.append(this.key, ...events);
  }

  /** Of what is on its way some messages arrive, and the rest is lost with the socket. */
  #cut(some: number): void {
    this.#hearAll(some);
    this.#client.leave();
    const { cursor: lastSeq, host } = this.model;
    this.#client = this.room.client({
      client: 'web',
      session: this.key,
      lastSeq,
      stalled: some > 3,
      ...(host === undefined ? {} : { host }),
    });
  }

  #hearAll(most: number): void {
    const texts = this.#client.takeTexts().slice(0, most);
    for (const text of texts)
      this.model.hear(
        text
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as Message),
      );
  }
}

const never = new AbortController().signal;

describe('whoever follows a session over the relay', () => {
  test('[relay 8 disjoint replay+live] has it as it is, wherever it was cut off, slow, asleep or told anew', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 60 }),
        fc.constantFrom(3, 8, 1000),
        fc.constantFrom(2, 1000),
        async (steps, ringFrames, unsentFrames) => {
          const room = new RelayRoom({ limits: { ringFrames, unsentFrames } });
          try {
            const world = new World(room, await room.session());
            for (const each of steps) await world.take(each);
            await world.end();
            expect(transcript(world.model.items)).toEqual(transcript(itemsOf(room.get(world.key))));
            expect(world.model.cursor).toBe(room.get(world.key).at.seq);
            expect(world.model.holes).toBe(0);
          } finally {
            await room.close();
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
