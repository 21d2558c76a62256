/**
 * What became of a session after an event: edits, commands, questions, ends of turns. Of the whole of it only: what a
 * surface does not hold of the beginning would not be counted.
 *
 * A history that an agent tells anew has happened when it was told: nobody knows its times.
 */
import { eachEntry, type ToolEntry } from './entry.ts';
import type { Milestone, Session } from './session.ts';

export interface Since {
  /** How many files were changed. */
  readonly files: number;
  /** The first of these, each once, with where its last change stands. */
  readonly edits: readonly FileEdit[];
  /** How many commands came to their end, and how many of these without success. */
  readonly commands: number;
  readonly failed: number;
  /** How many questions were put to a person, and the ids of those that still wait. */
  readonly asked: number;
  readonly waiting: readonly string[];
  /** Turns that ended, oldest first. */
  readonly ends: readonly Extract<Milestone, { kind: 'ended' }>[];
}

/** A diff in the content of an entry, or a place among its locations, by its index. */
export interface FileEdit {
  readonly path: string;
  readonly entry: string;
  readonly kind: 'diff' | 'location';
  readonly index: number;
}

/** So many are named: the others are counted. */
const NAMED = 50;

/** @param seq the number of the last event that is known already */
export const since = ({ entries, milestones, questions, terminals }: Session, seq: number): Since => {
  const edits = new Map<string, FileEdit>();
  let [commands, failed] = [0, 0];
  for (const entry of eachEntry(entries)) {
    if (entry.kind !== 'tool' || (entry.ended ?? entry.seq) <= seq) continue;
    if (entry.status !== 'completed' && entry.status !== 'failed') continue;
    if (isCommand(entry)) {
      commands += 1;
      if (entry.status === 'failed' || exitedBadly(entry, terminals)) failed += 1;
    }
    if (entry.status === 'completed') for (const edit of editsOf(entry)) edits.set(edit.path, edit);
  }
  const news = milestones.filter((one) => one.seq > seq);
  const asked = news.flatMap((one) => (one.kind === 'asked' ? [one.question] : []));
  return {
    files: edits.size,
    edits: [...edits.values()].slice(0, NAMED),
    commands,
    failed,
    asked: asked.length,
    waiting: questions.map(({ id }) => id).filter((id) => asked.includes(id)),
    ends: news.filter((one) => one.kind === 'ended'),
  };
};

export const isNews = ({ files, commands, asked, ends }: Since): boolean => files + commands + asked + ends.length > 0;

/** One that was not allowed did not run, whatever the agent calls its end. */
const isCommand = ({ toolKind, content, decision }: ToolEntry): boolean =>
  (toolKind === 'execute' || content.some(({ type }) => type === 'terminal')) &&
  (decision === undefined || decision.outcome === 'allowed');

const exitedBadly = ({ content }: ToolEntry, terminals: Session['terminals']): boolean =>
  content.some((item) => {
    const exit = item.type === 'terminal' ? terminals[item.terminalId]?.exit : undefined;
    return exit !== undefined && exit.code !== 0;
  });

const EDITING: ReadonlySet<string> = new Set(['edit', 'delete', 'move']);

/** Where it shows no diff, the places that it names. */
const editsOf = ({ id, toolKind, content, locations }: ToolEntry): readonly FileEdit[] => {
  const diffs = content.flatMap((item, index) =>
    item.type === 'diff' ? [{ path: item.path, entry: id, kind: 'diff' as const, index }] : [],
  );
  if (diffs.length > 0 || !EDITING.has(toolKind)) return diffs;
  return locations.map(({ path }, index) => ({ path, entry: id, kind: 'location', index }));
};
