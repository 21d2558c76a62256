import { describe, expect, test } from 'vitest';
import { silent } from '../base/log.ts';
import { errno, MemoryDisk } from '../../test/fakes/disk.ts';
import { FakeMachine, JournalProcess, KEY, ROOT } from '../../test/fakes/journal.ts';
import { entriesOf, says } from '../../test/tools/sessions.ts';
import type { SessionEvent } from '../model/event.ts';
import { largeIn, shortText, wholeText } from '../model/large.ts';
import type { Session } from '../model/session.ts';
import { namesIn } from './journalLine.ts';
import { restore } from './restore.ts';
import { SessionStore } from './store.ts';

const LONG = 'a line of some length\n'.repeat(20_000);
const PICTURE = 'iVBORw0KGgo'.repeat(40_000);
const never = new AbortController().signal;
const about = {
  key: KEY,
  backend: 'demo',
  agentLabel: 'Demo',
  title: '',
  cwd: '/w',
  owns: { history: 'us', queue: 'us', questions: 'us' },
} as const;

const output = (text: string, call = 'c'): SessionEvent => ({
  kind: 'update',
  update: {
    sessionUpdate: 'tool_call',
    toolCallId: call,
    title: 'Read',
    content: [{ type: 'content', content: { type: 'text', text } }],
    rawOutput: { deep: [text] },
  },
});
const picture: SessionEvent = {
  kind: 'update',
  update: { sessionUpdate: 'agent_message_chunk', content: { type: 'image', mimeType: 'image/png', data: PICTURE } },
};

const window = (disk: MemoryDisk, machine: FakeMachine) => {
  const process = new JournalProcess(disk, machine);
  const { journal, clock, sessions } = process;
  let ids = 0;
  const store = new SessionStore({
    clock: { ...clock, now: () => 5, id: () => `${process.pid}.${(ids += 1)}` },
    journal,
    log: silent,
  });
  sessions.get = (key) => store.get(key);
  const session = (): Session => {
    const found = store.get(KEY);
    if (found === undefined) throw new Error('It is not open.');
    return found;
  };
  const load = async (): Promise<void> => {
    const { session: read, events } = restore(await journal.load(KEY, never));
    store.adopt(read, events);
  };
  return { process, journal, store, session, load };
};
const world = () => {
  const disk = new MemoryDisk();
  const machine = new FakeMachine();
  const blobs = (): number => [...disk.files.keys()].filter((path) => path.includes('/blobs/')).length;
  return { disk, blobs, start: () => window(disk, machine) };
};

/** The text of the first entry that is a tool call. */
const shown = (session: Session): string => {
  for (const entry of entriesOf(session)) {
    const [first] = entry.kind === 'tool' ? entry.content : [];
    if (first?.type === 'content' && 'content' in first && first.content.type === 'text') return first.content.text;
  }
  throw new Error('There is no tool call.');
};

describe('what an agent says at once and is large', () => {
  test('[I3 limits] is kept apart once: the session is small and the same after a restart, and the whole can be had', async () => {
    const { disk, blobs, start } = world();
    const first = start();
    first.store.open(about);
    const raw = JSON.stringify({ params: { update: output(LONG) } });
    first.store.append(KEY, [{ event: says('Reading') }, { event: output(LONG), raw }, { event: picture }]);
    expect(JSON.stringify(first.session()).length).toBeLessThan(40_000);
    expect(JSON.stringify(first.store.held(KEY, { ...first.session().at, seq: 0 })).length).toBeLessThan(40_000);
    const large = largeIn(shown(first.session()));
    if (large === undefined) throw new Error('It has no mark.');
    // Before it is on the disk, too.
    expect(await first.journal.readLarge(KEY, large.name)).toBe(LONG);
    await first.journal.flush();
    expect(blobs()).toBe(2);
    const before = first.session();
    await first.journal.close(KEY);
    const second = start();
    await second.load();
    expect(second.session().entries).toEqual(before.entries);
    expect(wholeText(shown(second.session()), large, await second.journal.readLarge(KEY, large.name))).toBe(LONG);
    await second.journal.flush();
    second.journal.checkpoint(KEY);
    await second.process.pass(100);
    expect(disk.files.get(`${ROOT}/session-k/snapshot.jsonl`)).toBeLessThan(40_000);
    expect(blobs()).toBe(2);
    await second.journal.close(KEY);
    const third = start();
    await third.load();
    expect(third.session().entries).toEqual(before.entries);
    expect(await third.journal.readLarge(KEY, large.name)).toBe(LONG);
  });

  test('[J5] is removed when nothing shows it any more', async () => {
    const { blobs, start } = world();
    const first = start();
    first.store.open(about);
    first.store.append(KEY, [{ event: output(LONG) }, { event: picture }]);
    await first.journal.flush();
    expect(blobs()).toBe(2);
    first.store.append(KEY, [{ event: output('short') }]);
    for (let round = 0; round < 2; round += 1) {
      first.journal.checkpoint(KEY);
      await first.process.pass(100);
    }
    expect(blobs()).toBe(1);
    await first.journal.close(KEY);
    await first.journal.trim(1, never);
    expect(blobs()).toBe(0);
  });

  test('[J5] survives a disk that fails between its coming and its being written; meanwhile nothing is kept apart', async () => {
    const { disk, start } = world();
    const first = start();
    first.store.open(about);
    await first.journal.flush();
    disk.fault = (call) => {
      if (!['read', 'list', 'size'].includes(call)) throw errno('ENOSPC');
      return undefined;
    };
    first.store.append(KEY, [{ event: output(LONG) }]);
    await first.journal.flush();
    expect(first.journal.state.kind).toBe('memory only');
    const large = largeIn(shown(first.session()));
    expect(await first.journal.readLarge(KEY, large?.name ?? '')).toBe(LONG);
    first.store.append(KEY, [{ event: picture }]);
    expect(JSON.stringify(first.session().entries)).toContain(PICTURE);
    disk.fault = () => undefined;
    await first.process.pass(31_000, 1000);
    expect(first.journal.state.kind).toBe('ok');
    const before = first.session();
    await first.journal.close(KEY);
    const second = start();
    await second.load();
    expect(second.session().entries).toEqual(before.entries);
    expect(await second.journal.readLarge(KEY, large?.name ?? '')).toBe(LONG);
  });

  test('[limits] stays whole where nothing is kept, and so does what a person said or is asked', () => {
    const { start } = world();
    const first = start();
    first.store.open(about);
    const prompt = [{ type: 'text' as const, text: LONG }];
    first.store.append(KEY, [{ event: { kind: 'turn/started', turn: 't', prompt, device: 'd' } }]);
    expect(JSON.stringify(first.session().entries)).toContain(JSON.stringify(LONG));
    const other = new SessionStore({
      clock: { ...first.process.clock, now: () => 5, id: () => 'e' },
      journal: { begin: () => undefined, keepLarge: () => undefined, append: () => undefined, close: async () => {} },
      log: silent,
    });
    other.open(about);
    other.append(KEY, [{ event: output(LONG) }]);
    expect(JSON.stringify(other.get(KEY)?.entries)).toContain(JSON.stringify(LONG));
  });

  test('[J5] is found by its name in any line that tells of it', () => {
    const name = 'ab'.repeat(32);
    const short = shortText(LONG, name);
    expect(namesIn(JSON.stringify({ a: [short, { b: short }] }))).toEqual([name, name]);
    expect(namesIn('{"a":"wheelhouse:large/ab"}')).toEqual([]);
  });

  test('[J8] a mark that names nothing is told', async () => {
    const { start } = world();
    const first = start();
    first.store.open(about);
    for (const name of ['f'.repeat(64), '../summary.json', ''])
      await expect(first.journal.readLarge(KEY, name)).rejects.toMatchObject({ code: 'missing' });
  });
});
