import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eachEntry, type ToolEntry } from '../../src/model/entry.ts';
import type { Logged, SessionEvent } from '../../src/model/event.ts';
import { reduce } from '../../src/model/reduce.ts';
import type { Session } from '../../src/model/session.ts';
import { since } from '../../src/model/since.ts';
import { blank, number } from '../tools/sessions.ts';
import { someEvent } from './events.ts';

const rule = { id: 'r', scope: 'session', tool: 'edit', decision: 'allow' };
const byRule = fc.constantFrom('1', '2', '3').map((question) => ({
  kind: 'question/settled',
  question,
  by: { kind: 'rule', rule },
  outcome: { kind: 'selected', option: 'yes' },
}));
const exit = fc.constantFrom(0, 1).map((code) => ({
  kind: 'terminal/changed',
  terminal: { id: '1', command: 'ls', tail: '', bytes: 1, released: true, exit: { code, signal: null } },
}));
const event: fc.Arbitrary<SessionEvent> = fc.oneof(
  { weight: 20, arbitrary: someEvent },
  { weight: 1, arbitrary: byRule.map((one) => one as SessionEvent) },
  { weight: 1, arbitrary: exit.map((one) => one as SessionEvent) },
);
const log = fc.array(event, { maxLength: 120, size: 'max' }).map((events) => number(events));

const isOver = ({ status }: ToolEntry): boolean => status === 'completed' || status === 'failed';
const calls = (session: Session): readonly ToolEntry[] =>
  [...eachEntry(session.entries)].filter((entry) => entry.kind === 'tool');

/** What somebody would count who watched every event, and wrote down only what came after the place. */
const watched = (logged: readonly Logged[], place: number) => {
  let session = blank();
  const over = new Set<string>();
  let asked: string[] = [];
  let ends: string[] = [];
  for (const one of logged) {
    const before = session;
    session = reduce(before, [one]);
    const { event: what } = one;
    // What was before is replaced, and nothing of it is there to be told of.
    if (what.kind === 'reset') {
      over.clear();
      [asked, ends] = [[], []];
    }
    if (one.seq <= place) continue;
    const known = new Map(calls(before).map((call) => [call.id, call.status]));
    for (const call of calls(session)) if (isOver(call) && known.get(call.id) !== call.status) over.add(call.id);
    if (what.kind === 'question/asked' && session.questions.length > before.questions.length)
      asked.push(what.question.id);
    const isSettled = what.kind === 'question/settled' && session.questions.length < before.questions.length;
    if (isSettled && what.by.kind === 'rule' && asked.includes(what.question))
      asked.splice(asked.lastIndexOf(what.question), 1);
    if (what.kind === 'turn/ended' && session.turn !== before.turn) ends.push(what.reason);
  }
  const ended = calls(session).filter(({ id }) => over.has(id));
  const ran = ended.filter(
    ({ toolKind, content, decision }) =>
      (toolKind === 'execute' || content.some(({ type }) => type === 'terminal')) &&
      (decision?.outcome ?? 'allowed') === 'allowed',
  );
  const code = session.terminals['1']?.exit?.code ?? 0;
  const failed = ran.filter(
    ({ status, content }) => status === 'failed' || (code !== 0 && content.some(({ type }) => type === 'terminal')),
  );
  const paths = ended
    .filter(({ status }) => status === 'completed')
    .flatMap(({ toolKind, content, locations }) => {
      const diffs = content.flatMap((item) => (item.type === 'diff' ? [item.path] : []));
      return diffs.length === 0 && toolKind === 'edit' ? locations.map(({ path }) => path) : diffs;
    });
  return {
    files: new Set(paths).size,
    commands: ran.length,
    failed: failed.length,
    asked: asked.length,
    waiting: session.questions.map(({ id }) => id).filter((id) => asked.includes(id)),
    ends,
  };
};

describe('what happened since', () => {
  test('[since] is what somebody counts who watches every event after the place', () => {
    const seen = { files: 0, commands: 0, failed: 0, asked: 0, ends: 0 };
    fc.assert(
      fc.property(log, fc.nat(), (logged, where) => {
        const place = where % (logged.length + 1);
        const { edits, ends, ...counts } = since(reduce(blank(), logged), place);
        expect({ ...counts, ends: ends.map(({ reason }) => reason) }).toEqual(watched(logged, place));
        expect(new Set(edits.map(({ path }) => path)).size).toBe(Math.min(50, counts.files));
        for (const name of ['files', 'commands', 'failed', 'asked'] as const) seen[name] += counts[name];
        seen.ends += ends.length;
      }),
      { numRuns: 500 },
    );
    // What is never met is not proved.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(50);
  });

  test('[since] each of its edits is where it says it is', () => {
    fc.assert(
      fc.property(log, fc.nat(), (logged, where) => {
        const session = reduce(blank(), logged);
        for (const { path, entry, kind, index } of since(session, where % (logged.length + 1)).edits) {
          const call = calls(session).find(({ id }) => id === entry);
          const place = kind === 'diff' ? call?.content[index] : call?.locations[index];
          expect(place).toMatchObject({ path });
        }
      }),
    );
  });
});
