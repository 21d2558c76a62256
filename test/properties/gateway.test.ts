import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCursor, writeCursor } from '../../src/backends/gateway/cursor.ts';
import { readHistory } from '../../src/backends/gateway/history.ts';
import { changesOf } from '../../src/backends/gateway/patch.ts';
import { Sequence } from '../../src/backends/gateway/sequence.ts';
import { GatewayTranscript } from '../../src/backends/gateway/transcript.ts';
import { type Logged, type SessionEvent } from '../../src/model/event.ts';
import { eachEntry } from '../../src/model/entry.ts';
import { reduce } from '../../src/model/reduce.ts';
import { emptySession, type Cursor, type SessionKey } from '../../src/model/session.ts';
import { formatKey, parseKey, wholeKey } from '../../src/protocol/gateway/keys.ts';
import { readGateway } from '../../src/protocol/gateway/read.ts';
import { draftParams, readMethods, wrongParams } from '../../src/protocol/gateway/schema.ts';

const key = fc.oneof(fc.string(), fc.stringMatching(/^[a-z:+0-9]{0,12}$/u));

test('[gateway 9 session keys] a key in its whole form stays as it is, and means the same whatever the default app', () => {
  fc.assert(
    fc.property(key, key, key, (name, app, other) => {
      const whole = wholeKey(name, app);
      expect(wholeKey(whole, other)).toBe(whole);
      expect(formatKey(parseKey(whole, other))).toBe(whole);
      // Only an app with a colon in its name cannot be told from an app and a name.
      if (!app.includes(':') && !name.includes(':')) expect(parseKey(whole, other)).toEqual({ app, name });
    }),
  );
});

test('[gateway 9 sequence] whatever is lost on the way is told as lost, number by number, and nothing twice', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 80 }), (arrives) => {
      const sequence = new Sequence();
      let [lost, heard] = [0, 0];
      const first = arrives.indexOf(true);
      for (const [at, comes] of arrives.entries()) {
        if (!comes) continue;
        const taken = sequence.take(at + 1, 'content_delta');
        expect(taken.kind).not.toBe('known');
        if (taken.kind === 'hole') lost += taken.lost;
        heard += 1;
        expect(sequence.take(at + 1, 'content_delta').kind).toBe('known');
      }
      const last = arrives.lastIndexOf(true);
      expect(lost).toBe(first < 0 ? 0 : last - first + 1 - heard);
    }),
  );
});

interface Told {
  readonly event: string;
  readonly data: unknown;
}

/** All that the recorded conversations have. */
const recorded: readonly Told[] = readdirSync(new URL('../golden/data/', import.meta.url))
  .filter((name) => name.startsWith('gateway-'))
  .flatMap((name) =>
    readFileSync(new URL(`../golden/data/${name}`, import.meta.url), 'utf8')
      .trim()
      .split('\n'),
  )
  .flatMap((line) => {
    const read = readGateway(line);
    return read.kind === 'event' ? [{ event: read.event, data: read.data }] : [];
  });

/** One of them, with something else in the place of one of its values. */
const mutated: fc.Arbitrary<Told> = fc
  .tuple(fc.constantFrom(...recorded), fc.nat(20), fc.oneof(fc.anything(), fc.constantFrom(null, '', -1, '__proto__')))
  .map(([{ event, data }, at, value]) => {
    const fields = Object.entries(data as object);
    const changed = fields.map(([name, held], index): [string, unknown] => [name, index === at ? value : held]);
    return { event, data: Object.fromEntries(changed) };
  });

/** What happens on this side. */
type Here = 'cut' | 'sent' | 'idle' | 'active' | 'reset';

test('[S15] whatever a gateway says of a session, in whatever order, is folded, and a turn that began ends once', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...recorded) },
    { weight: 4, arbitrary: mutated },
    { weight: 1, arbitrary: fc.record({ event: fc.string(), data: fc.anything() }) },
    { weight: 1, arbitrary: fc.constantFrom<Here>('cut', 'sent', 'idle', 'active', 'reset') },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const transcript = new GatewayTranscript({ device: 'd', clock: { now: () => 0 }, canConfirm: () => true });
      const owns = { history: 'us', queue: 'us', questions: 'them' } as const;
      const about = { key: 'k' as SessionKey, backend: 'g', agentLabel: '', title: '', cwd: '/', createdAt: 0, owns };
      let session = emptySession({ ...about, epoch: 'e' });
      let turns = 0;
      const tell = (events: readonly SessionEvent[]): void => {
        const logged = events.map((event, at): Logged => ({ seq: session.at.seq + at + 1, at: 0, event }));
        session = reduce(session, logged);
        // What is kept of it survives the disk.
        expect(() => JSON.stringify(logged)).not.toThrow();
      };
      for (const each of steps) {
        if (typeof each === 'object') tell(transcript.hear(each.event, jsonOf(each.data)));
        else if (each === 'cut') transcript.cut();
        else if (each === 'reset') tell(transcript.reset());
        else if (each === 'sent') {
          if (session.turn.state === 'running') continue;
          const turn = `sent-${(turns += 1)}`;
          tell([{ kind: 'turn/started', turn, prompt: [], device: 'd' }]);
          transcript.sent(turn);
        } else tell(transcript.settle(transcript.mark, each === 'active'));
      }
      // Once nothing runs there nothing is open here.
      tell(transcript.settle(transcript.mark, false));
      expect(session.turn.state).toBe('idle');
      expect(session.questions).toEqual([]);
      expect([...eachEntry(session.entries)].every(({ kind }) => typeof kind === 'string')).toBe(true);
      expect(readCursor(transcript.cursor).sequence).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 400 },
  );
});

test('[S15] what is read of a history, a schema, a patch and a cursor is read whatever it is', () => {
  fc.assert(
    fc.property(fc.anything(), fc.string(), (value, text) => {
      const json = jsonOf(value);
      expect(Array.isArray(readHistory(json).messages)).toBe(true);
      const methods = readMethods({ methods: { one: { params: json }, two: json } });
      for (const method of methods) {
        wrongParams(json, method);
        wrongParams(draftParams(method, {}), method);
      }
      expect(Array.isArray(changesOf(text))).toBe(true);
      expect(readCursor(text as Cursor).open.every((call) => typeof call === 'string')).toBe(true);
    }),
  );
});

test('[gateway 9 reconnect] a cursor says what was written into it', () => {
  fc.assert(
    fc.property(fc.nat(), fc.option(fc.nat(), { nil: undefined }), fc.array(fc.string()), (sequence, at, open) => {
      expect(readCursor(writeCursor({ sequence, at, open }))).toEqual({ sequence, at, open });
    }),
  );
});

/** As it comes off a wire. */
const jsonOf = (value: unknown): unknown => {
  try {
    return JSON.parse(JSON.stringify(value) ?? 'null') as unknown;
  } catch {
    return null;
  }
};
