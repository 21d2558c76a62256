/**
 * What an agent may do to files and where it may run commands.
 *
 * G1 Inside of the workspace an agent reads and writes freely, unless a rule says otherwise.
 * G2 Outside of it the person is asked, unless a rule names the very place.
 * G3 What programs obey without asking is written with the person's yes to this very change, whatever rules say.
 * G4 Edits of the person that are not saved are theirs: what becomes of them they say themselves, and so they do where nobody
 *    knows what a write has left.
 * G5 What was asked about is looked at again before it is done: a yes to one thing is no yes to another.
 * G6 A refusal is an answer, in words that an agent can go on with; a cancelled turn is one as well.
 */
import { Failure } from '../base/failure.ts';
import type { ToolContent } from '../model/entry.ts';
import { allows, type Outcome, type QuestionGuard, type QuestionOption, type QuestionTool } from '../model/question.ts';
import type { Rule } from '../model/rule.ts';
import { GATE_WORDS } from './gateWords.ts';
import type { Conflict, LineRange, Place, Settlement, Workspace } from './ports.ts';
import type { Decided, RuledAction } from './rules.ts';

/** What a person is asked by us, or what a rule decided. `action` is what a rule would be made of. */
export interface GateDraft {
  readonly title: string;
  readonly tool: QuestionTool;
  readonly options: readonly QuestionOption[];
  readonly action: RuledAction;
  readonly guard?: QuestionGuard;
}

/** How a session asks, and how it is told. */
export interface GateParts {
  readonly workspace: Workspace;
  decide(action: RuledAction): Decided;
  ask(draft: GateDraft & { readonly guard: QuestionGuard }, signal: AbortSignal): Promise<Outcome>;
  /** A rule answered. */
  ruled(draft: GateDraft, rule: Rule, option: QuestionOption): void;
  /** What was allowed came to its end. */
  ended(call: string, well: boolean): void;
  /** The editor made another text of what was written. */
  reworked(path: string): void;
  /** A new id, for a call that the agent never told of. */
  id(): string;
}

/** A command to be run: its arguments, or a line for a shell; `argv` is known of a line that is one literal command. */
export interface CommandRequest {
  readonly shown: string;
  readonly argv?: readonly string[];
  /** Absolute. */
  readonly cwd: string;
}

const ALLOW: QuestionOption = { id: 'allow', name: GATE_WORDS.allow, kind: 'allow_once' };
const REJECT: QuestionOption = { id: 'reject', name: GATE_WORDS.reject, kind: 'reject_once' };
/** A merge writes nothing by itself, and yet lets the agent's text in. */
const SETTLEMENTS: readonly (QuestionOption & { readonly id: Settlement })[] = [
  { id: 'mine', name: GATE_WORDS.mine, kind: 'reject_once' },
  { id: 'theirs', name: GATE_WORDS.theirs, kind: 'allow_once' },
  { id: 'merge', name: GATE_WORDS.merge, kind: 'allow_once' },
];
const AFTER_LOSS: typeof SETTLEMENTS = [
  { id: 'mine', name: GATE_WORDS.leave, kind: 'reject_once' },
  { id: 'theirs', name: GATE_WORDS.writeAgain, kind: 'allow_once' },
];

/** What is about to be done. */
interface Request {
  readonly tool: 'read' | 'edit' | 'execute';
  readonly place: Place;
  readonly argv?: readonly string[];
  readonly rawInput?: unknown;
  /** What would be changed, read only where it is shown. */
  readonly content?: () => Promise<readonly ToolContent[]>;
}

/** The gate of one session. */
export class Gate {
  readonly #parts: GateParts;
  /** The last write of each path that is under way. */
  readonly #writes = new Map<string, Promise<void>>();

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  async read(path: string, range: LineRange, signal: AbortSignal): Promise<string> {
    const place = await this.#parts.workspace.place(path, signal);
    return await this.#pass({ tool: 'read', place }, signal, (admitted) =>
      this.#parts.workspace.readText(admitted, range, signal),
    );
  }

  /** Of one path in the order in which they came, whatever has to be looked up or asked for each of them. */
  async write(path: string, content: string, signal: AbortSignal): Promise<void> {
    const before = this.#writes.get(path) ?? Promise.resolve();
    const writing = before.catch(() => undefined).then(() => this.#write(path, content, signal));
    this.#writes.set(path, writing);
    try {
      await writing;
    } finally {
      if (this.#writes.get(path) === writing) this.#writes.delete(path);
    }
  }

  async #write(path: string, content: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { workspace } = this.#parts;
    const place = await workspace.place(path, signal);
    let shown: string | null | undefined;
    const diff = async (): Promise<readonly ToolContent[]> => {
      shown = await this.#textOf(place, signal);
      return [{ type: 'diff', path: place.path, oldText: shown, newText: content }];
    };
    await this.#pass({ tool: 'edit', place, content: diff }, signal, async (admitted) => {
      if (shown !== undefined && (await this.#textOf(admitted, signal)) !== shown) throw changed(place);
      const settle = (conflict: Conflict): Promise<Settlement> => this.#settle(admitted, conflict, signal);
      const what = await workspace.writeText(admitted, content, settle, signal);
      if (what === 'kept') throw kept(place);
      if (what === 'merging') throw merging(place);
      if (what === 'reworked') this.#parts.reworked(place.path);
    });
  }

  /** @returns the folder that the command may be run in, with every link followed */
  async run({ shown, argv, cwd }: CommandRequest, signal: AbortSignal): Promise<string> {
    const place = await this.#parts.workspace.place(cwd, signal);
    const rawInput = { command: shown, cwd: place.real };
    const request: Request = { tool: 'execute', place, rawInput, ...(argv === undefined ? {} : { argv }) };
    return await this.#pass(request, signal, ({ kind, real }) => {
      if (kind === undefined) throw new Failure('not found', `There is no folder ${cwd} to run a command in.`);
      if (kind !== 'folder') throw new Failure('invalid', `${cwd} is not a folder: no command can run in it.`);
      return Promise.resolve(real);
    });
  }

  async #pass<T>(request: Request, signal: AbortSignal, act: (place: Place) => Promise<T>): Promise<T> {
    const { place } = request;
    const call = await this.#admit(request, signal);
    if (call === undefined) return await act(place);
    let well = false;
    try {
      const result = await act(await this.#again(place, signal));
      well = true;
      return result;
    } finally {
      this.#parts.ended(call, well);
    }
  }

  /** @returns the call under which it was asked for; undefined where nobody was. @throws Failure `refused`, `cancelled` */
  async #admit(request: Request, signal: AbortSignal): Promise<string | undefined> {
    const { tool, place, argv } = request;
    const action: RuledAction = { tool, places: [place], ...(argv === undefined ? {} : { argv }) };
    const { decision, rule } = this.#parts.decide(action);
    const denied = decision === 'deny' && rule !== undefined;
    const guard = denied
      ? undefined
      : guardOf(tool, place, decision === 'allow', decision === 'ask' ? rule : undefined);
    if (!denied && guard === undefined && (place.inside || rule === undefined)) return undefined;
    const draft: GateDraft = {
      title: titleOf(tool, guard),
      tool: await this.#toolOf(request),
      options: [ALLOW, REJECT],
      action,
      ...(guard === undefined ? {} : { guard }),
    };
    if (guard === undefined && rule !== undefined) {
      this.#parts.ruled(draft, rule, denied ? REJECT : ALLOW);
      if (denied) throw refusedByRule(place);
    } else if (guard !== undefined) {
      const option = await this.#ask({ ...draft, guard }, place, signal);
      if (!allows(option)) throw refused(place, guard);
    }
    return draft.tool.call;
  }

  async #settle(place: Place, { mine, theirs, lost }: Conflict, signal: AbortSignal): Promise<Settlement> {
    const tool = await this.#toolOf({
      tool: 'edit',
      place,
      content: () => Promise.resolve([{ type: 'diff', path: place.path, oldText: mine, newText: theirs }]),
    });
    const kind = lost === true ? 'lost' : 'unsaved';
    const options = lost === true ? AFTER_LOSS : SETTLEMENTS;
    const draft = {
      title: GATE_WORDS[kind],
      tool,
      options,
      action: { tool: 'edit', places: [place] },
      guard: { kind, detail: place.path },
    } as const;
    const { id } = await this.#ask(draft, place, signal);
    const settlement = options.find((offered) => offered.id === id)?.id ?? 'mine';
    this.#parts.ended(tool.call, settlement !== 'mine');
    return settlement;
  }

  async #ask(
    draft: GateDraft & { readonly guard: QuestionGuard },
    place: Place,
    signal: AbortSignal,
  ): Promise<QuestionOption> {
    const outcome = await this.#parts.ask(draft, signal);
    const chosen = outcome.kind === 'selected' ? draft.options.find(({ id }) => id === outcome.option) : undefined;
    if (chosen !== undefined && !allows(chosen)) this.#parts.ended(draft.tool.call, false);
    if (chosen !== undefined) return chosen;
    throw new Failure('cancelled', `The turn was cancelled before ${place.path} was allowed.`);
  }

  async #toolOf({ tool, place, rawInput, content }: Request): Promise<QuestionTool> {
    return {
      call: this.#parts.id(),
      toolKind: tool,
      content: (await content?.()) ?? [],
      locations: [{ path: place.path }],
      ...(rawInput === undefined ? {} : { rawInput }),
    };
  }

  /** Null where there is none that could be shown. */
  async #textOf(place: Place, signal: AbortSignal): Promise<string | null> {
    if (place.kind !== 'file') return null;
    try {
      return await this.#parts.workspace.readText(place, {}, signal);
    } catch (failure) {
      if (failure instanceof Failure && !signal.aborted) return null;
      throw failure;
    }
  }

  async #again(place: Place, signal: AbortSignal): Promise<Place> {
    const now = await this.#parts.workspace.place(place.path, signal);
    if (now.real !== place.real || now.inside !== place.inside || now.protectedBy !== place.protectedBy)
      throw changed(place);
    return now;
  }
}

const guardOf = (
  tool: Request['tool'],
  { inside, real, protectedBy }: Place,
  allowed: boolean,
  asks: Rule | undefined,
): QuestionGuard | undefined => {
  if (tool === 'edit' && protectedBy !== undefined) return { kind: 'protected', detail: protectedBy };
  if (!inside && !allowed) return { kind: 'outside', detail: real };
  return asks && { kind: 'rule', detail: asks.id };
};

const TITLES = {
  read: { outside: GATE_WORDS.readOutside, other: GATE_WORDS.read },
  edit: { outside: GATE_WORDS.writeOutside, other: GATE_WORDS.write },
  execute: { outside: GATE_WORDS.runOutside, other: GATE_WORDS.run },
} as const;

const titleOf = (tool: Request['tool'], guard: QuestionGuard | undefined): string =>
  guard?.kind === 'protected' ? GATE_WORDS.protected : TITLES[tool][guard?.kind === 'outside' ? 'outside' : 'other'];

const refused = ({ path }: Place, { kind, detail }: QuestionGuard): Failure => {
  const why =
    kind === 'outside'
      ? `it leads out of the workspace, to ${detail}`
      : kind === 'protected'
        ? `it is protected (${detail})`
        : 'a rule wants them to be asked';
  return new Failure(
    'refused',
    `The person did not allow ${path}: ${why}.`,
    'Go on without it, or ask the person what to do.',
  );
};

const refusedByRule = ({ path }: Place): Failure =>
  new Failure(
    'refused',
    `A rule of the person forbids this for ${path}.`,
    'Go on without it, or ask the person what to do.',
  );

const changed = ({ path }: Place): Failure =>
  new Failure('changed', `${path} changed while the person was asked.`, 'Read it again, then write.');

const kept = ({ path }: Place): Failure =>
  new Failure(
    'kept',
    `${path} was not written: the person has edits in it that are not saved, and kept them.`,
    'Read it again before you change it.',
  );

const merging = ({ path }: Place): Failure =>
  new Failure(
    'merging',
    `${path} was not written: the person puts your text and their own edits together by hand.`,
    'Do not write it again; read it when they are done.',
  );
