/**
 * What goes over a wire, for the eyes of a person: one line a frame, shortened, without secrets.
 *
 * W1 A secret is taken out before anything is cut, so that no half of one is left. What comes in pieces, as an answer
 *    does, may hide one at their edges: who shows the log to others is told to look through it.
 * W2 It never fails, and never grows beyond its size: what is oldest goes first, and its number is told.
 */
import type { Clock } from '../base/clock.ts';
import { MASK } from '../base/mask.ts';
import type { Redact } from '../base/redact.ts';
import { readFrame, type RpcId, type WireLine } from '../base/rpcFrame.ts';
import type { WireTap } from '../base/wireTap.ts';
import { isFields } from '../model/fold/read.ts';
import { CLIENT } from '../protocol/acp/methods.ts';
import { masked, redactValue } from './redactValue.ts';

/** Characters of one text in a frame, of one frame, and of all that is kept. */
const TEXT = 400;
const FRAME = 4000;
const KEPT = 4 * 1024 * 1024;
/** Of a text so much is looked through; longer than any secret that is cut off behind what is shown. */
const LOOKED_THROUGH = 4096;
/** Of one list so many are shown. */
const ITEMS = 50;
/** Requests that wait for their answer; whoever leaves more than that unanswered gets no names for them. */
const OPEN = 1000;

interface Asked {
  readonly method: string;
  /** Monotonic, ms. */
  readonly at: number;
}

type Side = '→' | '←';

export interface WireLogParts {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly redact: Redact;
  /** Shown as it comes; without its time, which whoever shows it knows. */
  show(line: string): void;
}

export class WireLog implements WireTap {
  readonly on = true;
  readonly #parts: WireLogParts;
  readonly #redact: Redact;
  /** By who asked, and the id. */
  readonly #open = new Map<string, Asked>();
  #lines: string[] = [];
  #characters = 0;
  #dropped = 0;

  constructor(parts: WireLogParts) {
    this.#parts = parts;
    this.#redact = (text) => cut(parts.redact(text.slice(0, LOOKED_THROUGH)), TEXT, text.length);
  }

  heard(line: WireLine): void {
    this.#note('←', line);
  }

  said(line: string): void {
    this.#note('→', line);
  }

  /** All that is kept, as a file. */
  text(): string {
    const before = this.#dropped === 0 ? [] : [`… ${this.#dropped} earlier frames are not kept.`];
    return [...before, ...this.#lines, ''].join('\n');
  }

  #note(side: Side, line: WireLine): void {
    let told: string | undefined;
    try {
      told = this.#tell(side, line);
    } catch {
      // Nested so deeply that it cannot be written again, and no more is to be said of it.
      told = 'a frame that cannot be shown';
    }
    if (told === undefined) return;
    const whole = `${side} ${cut(told, FRAME)}`;
    this.#parts.show(whole);
    this.#keep(`${new Date(this.#parts.clock.now()).toISOString()} ${whole}`);
  }

  #tell(side: Side, line: WireLine): string | undefined {
    const frame = readFrame(line);
    switch (frame.kind) {
      case 'blank':
        return undefined;
      case 'garbage':
        return `${frame.what}: ${this.#redact(frame.excerpt).replace(/\s+/gu, ' ')}`;
      case 'notification':
        return `${this.#redact(frame.method)} ${this.#json(frame.params)}`;
      case 'request':
        this.#asked(side, frame.id, frame.method);
        return `#${String(frame.id)} ${this.#redact(frame.method)} ${this.#json(bareParams(frame.method, frame.params))}`;
      case 'response': {
        const asked = this.#answered(side, frame.id);
        const took = asked === undefined ? '' : ` ${((this.#parts.clock.monotonic() - asked.at) / 1000).toFixed(3)} s`;
        const to = `#${String(frame.id)} ${asked === undefined ? 'answer' : this.#redact(asked.method)}${took}`;
        if (!('error' in frame)) return `${to} ${this.#json(bareResult(asked?.method, frame.result))}`;
        const { code, message, data } = frame.error;
        return `${to} error ${this.#json({ code, message, ...(data === undefined ? {} : { data }) })}`;
      }
    }
  }

  #json(value: unknown): string {
    return value === undefined ? '' : JSON.stringify(redactValue(shortLists(value), this.#redact));
  }

  #asked(side: Side, id: RpcId, method: string): void {
    if (this.#open.size < OPEN) this.#open.set(`${side}${String(id)}`, { method, at: this.#parts.clock.monotonic() });
  }

  #answered(side: Side, id: RpcId): Asked | undefined {
    const key = `${side === '→' ? '←' : '→'}${String(id)}`;
    const asked = this.#open.get(key);
    this.#open.delete(key);
    return asked;
  }

  #keep(line: string): void {
    this.#lines.push(line);
    this.#characters += line.length;
    if (this.#characters <= KEPT) return;
    // A quarter at once: one at a time, each frame would cost a walk through all of them.
    let drop = 0;
    while (this.#characters > (KEPT / 4) * 3 && drop < this.#lines.length) {
      this.#characters -= this.#lines[drop]?.length ?? 0;
      drop += 1;
    }
    this.#lines = this.#lines.slice(drop);
    this.#dropped += drop;
  }
}

/** What a person is asked for by a sign-in or a form is nobody else's business, whatever its name. */
const bareParams = (method: string, params: unknown): unknown =>
  method === 'authenticate' && isFields(params) ? { ...params, ...('_meta' in params ? { _meta: MASK } : {}) } : params;

const bareResult = (method: string | undefined, result: unknown): unknown =>
  method === CLIENT.elicit && isFields(result) && 'content' in result
    ? { ...result, content: masked(result['content']) }
    : result;

const shortLists = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    const kept = value.slice(0, ITEMS).map(shortLists);
    return value.length > ITEMS ? [...kept, `… ${value.length - ITEMS} more`] : kept;
  }
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shortLists(inner)]));
};

const cut = (text: string, length: number, was = text.length): string =>
  text.length > length || was > LOOKED_THROUGH ? `${text.slice(0, length)}… (${was} characters)` : text;
