/**
 * A session of a relay, as events of ours.
 *
 * T1 What has a number enters once, in the order of the numbers; a group of lines under one number enters whole.
 * T2 Responses of others end their turns and nothing of ours.
 * T3 A question is one as long as the far side says so: what was asked and settled before we came is never a card.
 * T4 The wheel of an older epoch is no news.
 */
import type { ContentBlock } from '@agentclientprotocol/sdk';
import type { Clock } from '../../base/clock.ts';
import type { PeerError } from '../../base/failure.ts';
import type { SessionEvent } from '../../model/event.ts';
import { type Fields, isFields, isText } from '../../model/fold/read.ts';
import type { Outcome, Settler } from '../../model/question.ts';
import type { Control, Cursor, Link } from '../../model/session.ts';
import { turnError } from '../../protocol/acp/errors.ts';
import { isToolCall, readUpdate } from '../../protocol/acp/update.ts';
import { baseOf, CODE } from '../../protocol/relay/names.ts';
import { type Asker, type Heard, idText, type Waiting, type Welcome, type WheelTold } from '../../relay/decode.ts';
import { SeenCalls } from '../acp/seenCalls.ts';
import { ReplayCursor } from './cursor.ts';
import { type Asked, type OpenRequest, questionOf, signInNotice } from './requests.ts';
import type { Attach } from './socket.ts';
import { promptBlock, turnOf } from './turns.ts';

export interface TranscriptParts {
  /** Of the far side. */
  readonly session: string;
  /** Our whole `client_id`. */
  readonly client: string;
  /** What this device is called here. */
  readonly device: string;
  readonly clock: Pick<Clock, 'now'>;
}

/** `again`: attach again. `elsewhere`: what comes is of another session; ours is not there. */
export type Verdict = 'on' | 'again' | 'elsewhere';

export interface Told {
  readonly events: readonly SessionEvent[];
  readonly verdict: Verdict;
  /** Answers of ours that were not taken. */
  readonly refused: readonly { readonly question: string; readonly error: PeerError }[];
}

interface Turn extends Asker {
  readonly id: string;
  /** It came with a replay: the welcome knows whether it still runs. */
  readonly replayed: boolean;
}

type Update = Extract<Heard, { kind: 'update' }>;

export class Transcript {
  readonly #parts: TranscriptParts;
  readonly #cursor = new ReplayCursor();
  readonly #calls = new SeenCalls();
  readonly #open = new Map<string, OpenRequest>();
  /** Of the replay, and no longer open there: what became of them may follow. */
  readonly #past = new Map<string, Asked>();
  /** Open there: those of the welcome, and those that were asked since. */
  #pending = new Set<string>();
  #wheel: WheelTold = { lease: false, epoch: 0 };
  #turn: Turn | undefined;
  #welcome: Welcome | undefined;
  #replaying = false;
  /** The replay is over when this is answered. */
  #endsWith: string | undefined;
  #link: Link = { state: 'ready' };
  #events: SessionEvent[] = [];
  #refused: { readonly question: string; readonly error: PeerError }[] = [];
  #verdict: Verdict = 'on';

  constructor(parts: TranscriptParts) {
    this.#parts = parts;
  }

  get query(): Attach {
    return this.#cursor.query;
  }

  get cursor(): Cursor {
    return this.#cursor.token;
  }

  /** How many events we know we lack. */
  get behind(): number {
    return this.#replaying ? this.#cursor.behind : 0;
  }

  /** The number that the last replay has led to. */
  get head(): number {
    return this.#cursor.head;
  }

  get replaying(): boolean {
    return this.#replaying;
  }

  /** Whether the far side has its agent, as it told last. */
  get link(): Link {
    return this.#link;
  }

  get wheel(): WheelTold {
    return this.#wheel;
  }

  /** Whether we hold the wheel under that name: older servers tell every connection of ours from the others. */
  isOurs(holder: string): boolean {
    return holder === this.#parts.client || holder === baseOf(this.#parts.client);
  }

  question(id: string): OpenRequest | undefined {
    return this.#open.get(id);
  }

  /** The replay that is told now, or next, is over when the request with this id is answered. */
  endsWith(request: string): void {
    this.#endsWith = request;
  }

  /** The lines of one message, in their order. */
  hear(heard: readonly Heard[]): Told {
    this.#events = [];
    this.#refused = [];
    this.#verdict = 'on';
    let loose: Update[] = [];
    for (const each of heard) {
      // The lines before it in this message are of the same number.
      if (each.kind === 'update' && each.rseq === undefined) loose.push(each);
      else if (each.rseq === undefined || this.#isNew(each, each.rseq)) {
        this.#take(each, each.rseq === undefined ? [] : loose.splice(0));
      } else loose = [];
      if (this.#verdict !== 'on') break;
    }
    if (this.#verdict === 'on') this.#update(loose, false);
    return { events: this.#events, verdict: this.#verdict, refused: this.#refused };
  }

  /** A prompt of ours runs, at a server that does not say so. */
  began(requestId: string, prompt: readonly ContentBlock[]): readonly SessionEvent[] {
    const { client, device } = this.#parts;
    const id = turnOf({ client, requestId });
    this.#turn = { id, client, requestId, replayed: false };
    return [{ kind: 'turn/started', turn: id, prompt, device }];
  }

  /** An answer of ours was taken, at a server that does not say so. */
  answered(question: string, outcome: Outcome): readonly SessionEvent[] {
    if (!this.#open.delete(question)) return [];
    const by = { kind: 'person', device: this.#parts.device } as const;
    return [{ kind: 'question/settled', question, by, outcome }];
  }

  /** @returns whether what has the number is to be looked at */
  #isNew(heard: Heard, rseq: number): boolean {
    const taken = this.#cursor.take(rseq);
    if (taken === 'again') this.#verdict = 'again';
    else if (typeof taken === 'number')
      this.#events.push({ kind: 'gap', why: 'The relay does not have this part any more.', lost: taken });
    // Open questions are asked again under their old numbers.
    else if (taken === 'known') return heard.kind === 'asked';
    return taken !== 'again';
  }

  #take(heard: Heard, before: readonly Update[]): void {
    switch (heard.kind) {
      case 'welcome':
        return this.#greet(heard.welcome);
      case 'update':
        return this.#update([...before, heard], this.#isPast(heard));
      case 'asked':
        return this.#ask(heard);
      case 'answered':
        return this.#answered(heard);
      case 'control':
        return this.#drive(heard.wheel);
      case 'settled':
        return this.#settle(heard);
      case 'queue':
        return this.#queue(heard.items, heard.paused);
      case 'event':
        return this.#tell(heard.event);
      default:
    }
  }

  #greet(welcome: Welcome): void {
    const { sessionId } = welcome;
    if (sessionId !== undefined && sessionId !== this.#parts.session) {
      this.#verdict = 'elsewhere';
      return;
    }
    const greeted = this.#cursor.welcome(welcome);
    if (greeted === 'again') {
      this.#verdict = 'again';
      return;
    }
    this.#welcome = welcome;
    this.#pending = new Set(welcome.pending);
    this.#past.clear();
    if (greeted === 'afresh') this.#forget();
    if (this.#turn !== undefined) this.#turn = { ...this.#turn, replayed: true };
    this.#replaying = true;
    this.#drive(welcome.wheel);
  }

  #forget(): void {
    this.#events.push({ kind: 'reset', why: 'The relay tells this session anew.' });
    this.#events.push({ kind: 'queue/changed', queue: [], paused: false });
    this.#open.clear();
    this.#calls.clear();
    this.#turn = undefined;
    this.#link = { state: 'ready' };
  }

  #isPast({ rseq }: Heard): boolean {
    return rseq !== undefined && this.#replaying && rseq <= this.#cursor.head;
  }

  #update(updates: readonly Update[], past: boolean): void {
    let begun: { readonly turn: Turn; readonly prompt: ContentBlock[] } | undefined;
    for (const { session, update, asker } of updates) {
      if (session !== undefined && session !== this.#parts.session) {
        this.#verdict = 'elsewhere';
        return;
      }
      const block = asker === undefined ? undefined : promptBlock(update);
      if (asker !== undefined && block !== undefined) {
        const id = turnOf(asker);
        if (begun?.turn.id === id) begun.prompt.push(block);
        else {
          this.#begin(begun);
          begun = { turn: { id, ...asker, replayed: past }, prompt: [block] };
        }
        continue;
      }
      this.#begin(begun);
      begun = undefined;
      if (isFields(update) && isToolCall(update)) this.#calls.note(update);
      this.#events.push(readUpdate(update));
    }
    this.#begin(begun);
    this.#afterReplay();
  }

  #begin(begun: { readonly turn: Turn; readonly prompt: readonly ContentBlock[] } | undefined): void {
    if (begun === undefined || this.#turn?.id === begun.turn.id) return;
    this.#turn = begun.turn;
    const { id, client } = begun.turn;
    this.#events.push({ kind: 'turn/started', turn: id, prompt: begun.prompt, device: this.#deviceOf(client) });
  }

  #ask(asked: Asked): void {
    const id = idText(asked.id);
    if (!this.#open.has(id)) {
      if (this.#isPast(asked) && !this.#pending.has(id)) this.#past.set(id, asked);
      else this.#put(asked);
    }
    this.#afterReplay();
  }

  #put(asked: Asked): void {
    const question = questionOf(asked, this.#calls, this.#parts.clock);
    if (question === undefined) {
      this.#events.push({ kind: 'unknown', name: asked.method, value: asked.params });
      return;
    }
    this.#open.set(question.id, { id: asked.id, question });
    if (!this.#isPast(asked)) this.#pending.add(question.id);
    this.#events.push({ kind: 'question/asked', question });
  }

  #settle({ request, outcome, by }: Extract<Heard, { kind: 'settled' }>): void {
    const past = this.#past.get(request);
    this.#past.delete(request);
    // So that it stands with the call what became of it.
    if (past !== undefined) this.#put(past);
    if (this.#open.delete(request)) {
      const settler: Settler =
        by === undefined ? { kind: 'turn cancelled' } : { kind: 'person', device: this.#deviceOf(by) };
      this.#events.push({ kind: 'question/settled', question: request, by: settler, outcome });
    }
    this.#afterReplay();
  }

  #answered({ id, result, error }: Extract<Heard, { kind: 'answered' }>): void {
    const name = idText(id);
    if (error !== undefined && this.#open.has(name)) this.#refused.push({ question: name, error });
    if (this.#turn?.requestId === name) this.#endTurn(this.#turn.id, result, error);
    if (name === this.#endsWith) this.#caughtUp();
    else this.#afterReplay();
  }

  #endTurn(turn: string, result: unknown, error: PeerError | undefined): void {
    this.#turn = undefined;
    if (error === undefined) {
      const stop = isFields(result) ? result['stopReason'] : undefined;
      this.#events.push({ kind: 'turn/ended', turn, reason: isText(stop) ? stop : 'unknown' });
    } else if (error.code === CODE.cancelled) this.#events.push({ kind: 'turn/ended', turn, reason: 'cancelled' });
    else this.#events.push({ kind: 'turn/ended', turn, reason: 'failed', error: turnError(error) });
  }

  #drive(wheel: WheelTold): void {
    if (wheel.epoch < this.#wheel.epoch && this.#welcome?.wheel !== wheel) return;
    this.#wheel = wheel;
    this.#events.push({ kind: 'control', control: this.#controlOf(wheel) });
    this.#afterReplay();
  }

  #controlOf({ lease, holder, name, epoch }: WheelTold): Control {
    if (holder === undefined) return { epoch, ...(lease ? { lease } : {}) };
    const driver = this.isOurs(holder) ? this.#parts.device : holder;
    return { epoch, driver, name: name ?? driver, ...(lease ? { lease } : {}) };
  }

  #queue(items: readonly Waiting[], paused: boolean): void {
    const queue = items.map(({ prompt, ...asker }) => ({
      id: turnOf(asker),
      prompt: prompt as readonly ContentBlock[],
      device: this.#deviceOf(asker.client),
      at: this.#parts.clock.now(),
      state: 'waiting' as const,
    }));
    this.#events.push({ kind: 'queue/changed', queue, paused });
    this.#afterReplay();
  }

  #tell(event: Fields): void {
    const { kind, link } = event;
    if (kind === 'link') {
      if (isFields(link) && isText(link['state'])) this.#link = link as unknown as Link;
      if (!this.#replaying) this.#events.push({ kind: 'link', link: this.#link });
    } else if (isText(kind) && PASSED.has(kind)) {
      const { turn } = event;
      if (kind === 'turn/started' && isText(turn))
        this.#turn = { id: turn, client: '', requestId: turn, replayed: this.#replaying };
      // There a turn has another name than on the wire.
      const named = kind === 'cancel/requested' ? { ...event, turn: this.#turn?.id ?? turn } : event;
      // The fold reads whatever stands in it, as it reads a journal of another version.
      this.#events.push(named as unknown as SessionEvent);
    } else if (kind === 'question/asked') {
      const notice = signInNotice(event);
      if (notice !== undefined) this.#events.push(notice);
    }
    this.#afterReplay();
  }

  /** A server that does not answer in between has told it all when its last number is there. */
  #afterReplay(): void {
    if (this.#replaying && this.#endsWith === undefined && this.#cursor.behind === 0) this.#caughtUp();
  }

  #caughtUp(): void {
    this.#endsWith = undefined;
    if (!this.#replaying) return;
    this.#replaying = false;
    this.#cursor.caughtUp();
    this.#past.clear();
    for (const id of [...this.#open.keys()]) {
      if (this.#pending.has(id)) continue;
      this.#open.delete(id);
      const by = { kind: 'agent gone' } as const;
      this.#events.push({ kind: 'question/settled', question: id, by, outcome: { kind: 'cancelled' } });
    }
    const turn = this.#turn;
    if (turn?.replayed === true && this.#welcome?.busy === false) {
      this.#turn = undefined;
      this.#events.push({ kind: 'turn/ended', turn: turn.id, reason: 'unknown' });
    }
  }

  #deviceOf(client: string): string {
    const base = baseOf(client);
    return base === baseOf(this.#parts.client) ? this.#parts.device : base;
  }
}

/** Events of the model that have no frame of their own; the others come in the wire's words, or are the connection's. */
const PASSED: ReadonlySet<string> = new Set<SessionEvent['kind']>([
  'session/opened',
  'session/renamed',
  'options/changed',
  'cancel/requested',
  'question/changed',
  'terminal/changed',
  'call/noted',
  'subagent/said',
  'turn/started',
  'turn/ended',
  'reset',
  'gap',
  'notice',
  'unknown',
]);
