import { describe, expect, test } from 'vitest';
import { PAGE, type Entry } from '../src/model/entry.ts';
import type { Session } from '../src/model/session.ts';
import { TranscriptLayout } from './layout.ts';
import type { Unit } from './units.ts';

const agent = (seq: number, text: string): Entry => ({
  kind: 'agent',
  id: `e${seq}`,
  seq,
  changed: seq,
  at: seq,
  parts: [{ type: 'text', text }],
});
const paged = (entries: readonly Entry[]): Session['entries'] => {
  const pages: Entry[][] = [];
  for (const [index, entry] of entries.entries()) {
    if (index % PAGE === 0) pages.push([]);
    pages.at(-1)?.push(entry);
  }
  return pages;
};
const running = (entries: readonly Entry[]): Pick<Session, 'entries' | 'turn'> => ({
  entries: paged(entries),
  turn: { state: 'running', id: 't', at: 0, cancelling: false },
});
const idle = (entries: readonly Entry[]): Pick<Session, 'entries' | 'turn'> => ({
  entries: paged(entries),
  turn: { state: 'idle' },
});
const layoutOf = (session: Pick<Session, 'entries' | 'turn'>): TranscriptLayout => {
  const layout = new TranscriptLayout(() => 0);
  layout.sync(session);
  return layout;
};
const nodesOf = (units: readonly Unit[]): number => units.reduce((sum, unit) => sum + unit.nodes, 0);

describe('the layout of a transcript', () => {
  test('[P7] mounts a window of five thousand entries, and the spacers make up for the rest', () => {
    const layout = layoutOf(
      idle(Array.from({ length: 5_000 }, (_, index) => agent(index + 1, `Message ${index}\n\nwith two paragraphs`))),
    );
    const { units, before, after } = layout.around(layout.end, 700, 0, 500);
    expect(units.at(-1)?.entry.id).toBe('e5000');
    expect(units.length).toBeLessThan(80);
    expect(after).toBe(0);
    const mounted = units.reduce((sum, unit) => sum + unit.owner.heightOf(unit.index), 0);
    expect(before + mounted).toBeCloseTo(layout.height, 3);
    expect(mounted).toBeGreaterThanOrEqual(1_200);
  });

  test.each([
    ['paragraphs', 'A paragraph with *some* emphasis and `code`.\n\n'],
    ['one list', '- item with a few **words** and `code`\n'],
    ['one table', '| a | b |\n'],
    ['one fence', 'const a = 1;\n'],
    ['one paragraph', 'words and *more* words '],
  ])('[P7] mounts few nodes of a message of 800 KB: %s', (name, part) => {
    const head = name === 'one table' ? '| a | b |\n|---|---|\n' : name === 'one fence' ? '```ts\n' : '';
    const layout = layoutOf(running([agent(1, head + part.repeat(Math.ceil(800_000 / part.length)))]));
    const { units, before } = layout.around(layout.end, 700, 0, 500);
    expect(nodesOf(units)).toBeLessThan(1_300);
    expect(units.length).toBeGreaterThan(1);
    expect(before).toBeGreaterThan(10_000);
  });

  test('[P6] what is frozen stays the same unit while the message grows', () => {
    let text = 'First paragraph.\n\nSecond paragraph.\n\nThird';
    const layout = layoutOf(running([agent(1, text)]));
    const first = layout.around(layout.end, 500, 0, 1).units;
    for (let step = 0; step < 20; step += 1) {
      text += ' and more';
      layout.sync(running([{ ...agent(1, text), changed: step + 2 }]));
    }
    const now = layout.around(layout.end, 500, 0, 1).units;
    expect(now[0]).toBe(first[0]);
    expect(now.at(-1)).not.toBe(first.at(-1));
    expect(now.at(-1)?.key).toBe(first.at(-1)?.key);
  });

  test('[P7] a session of which only the end is seen is read only there', () => {
    const entries = Array.from({ length: 1_000 }, (_, index) => agent(index + 1, 'One.\n\nTwo.\n\nThree.'));
    const layout = layoutOf(idle(entries));
    const guessed = layout.height;
    layout.around(layout.end, 600, 0, 1);
    // Every entry that was read has another height than its guess.
    expect(layout.height).not.toBe(guessed);
    expect(Math.abs(layout.height - guessed)).toBeLessThan(3_000);
  });

  test('[layout] reading stops when the frame is due and goes on with the next one', () => {
    let now = 0;
    const layout = new TranscriptLayout(() => (now += 2));
    const session = running([agent(1, 'word '.repeat(40_000))]);
    let frames = 0;
    do {
      layout.sync(session);
      layout.around(layout.end, 600, 0, 1);
      frames += 1;
    } while (layout.behind && frames < 1_000);
    expect(frames).toBeGreaterThan(5);
    expect(layout.behind).toBe(false);
  });

  test('[layout] a measured height moves what is below, and a position finds its unit again', () => {
    const layout = layoutOf(idle(Array.from({ length: 300 }, (_, index) => agent(index + 1, `Message ${index}`))));
    const [unit] = layout.around({ entry: 100, unit: 0 }, 0, 10, 0).units;
    if (unit === undefined) throw new Error('no unit');
    const before = layout.height - unit.owner.heightOf(unit.index);
    unit.owner.measured(unit.index, 500);
    expect(layout.height).toBe(before + 500);
    const found = layout.at(layout.around({ entry: 101, unit: 0 }, 0, 1, 0).before + 1);
    expect(found.cursor).toEqual({ entry: 101, unit: 0 });
    expect(layout.find(unit.key)).toEqual({ entry: 100, unit: 0 });
  });

  test('[layout] text that follows after the turn has ended is not lost', () => {
    const layout = layoutOf(running([agent(1, 'A first part')]));
    layout.around(layout.end, 500, 0, 1);
    layout.sync(idle([agent(1, 'A first part')]));
    layout.around(layout.end, 500, 0, 1);
    layout.sync(idle([{ ...agent(1, 'A first part and a late one'), changed: 9 }]));
    const [unit] = layout.around(layout.end, 500, 0, 1).units;
    expect(unit?.piece).toMatchObject({ type: 'block', block: { token: { text: 'A first part and a late one' } } });
  });

  test('[layout] a reset leaves nothing of what was there', () => {
    const layout = layoutOf(idle([agent(1, 'old'), agent(2, 'old too')]));
    layout.sync(idle([agent(7, 'new')]));
    expect(layout.count).toBe(1);
    expect(layout.around(layout.end, 500, 0, 100).units.map((unit) => unit.entry.id)).toEqual(['e7']);
  });
});
