/* oxlint-disable no-control-regex -- control characters are what this file is about */
/**
 * A stream of terminal output, taken apart as a terminal does it: by the state machine that xterm and VS Code's
 * xterm.js follow (P. Williams, "A parser for DEC's ANSI-compatible video terminals"), eight-bit controls included.
 *
 * Not by patterns over a whole text: a sequence is torn between two chunks at any place, and what a pattern takes out
 * lets its neighbours grow together into a new sequence.
 */

/** What is kept of each kind. What is returned goes on as it is; an empty string drops it. */
export interface Keeps {
  /** Global: the characters that end a run of text. All that begin a sequence must be among them. */
  readonly stops: RegExp;
  text(run: string): string;
  /** A single control character of `stops`. */
  control(character: string): string;
  /** `ESC`, intermediates, final. */
  escape(sequence: string): string;
  /** `ESC [`, parameters, intermediates, final; also where it began with the eight-bit control. */
  csi(sequence: string): string;
  /** What stands between `ESC ]` and its end. Other control strings are never kept. */
  osc(payload: string): string;
}

/** Nothing that anybody draws with is longer. What is, is read to its end and dropped, so that memory stays bounded. */
const LONGEST = 256;

const ESC = '\u001b';
const INTERMEDIATES = '[ -/]*';
const ESCAPE = new RegExp(`^${ESC}${INTERMEDIATES}[0-~]$`, 'u');
/** What ends a control string. Line feeds do not: a terminal goes on reading. */
const STRING_END = /[\u0018\u001a\u001b\u009c]/gu;
const OSC_END = /[\u0007\u0018\u001a\u001b\u009c]/gu;
/** Eight-bit controls that begin something, as what they stand for. */
const EIGHT_BIT: Readonly<Record<string, string>> = {
  '\u0090': 'P',
  '\u0098': 'X',
  '\u009b': '[',
  '\u009d': ']',
  '\u009e': '^',
  '\u009f': '_',
};

type State = 'text' | 'escape' | 'csi' | 'osc' | 'string';

/** Lets through what is kept, in whole sequences: whatever was pushed so far, the end of what came out tears none. */
export class EscapeFilter {
  readonly #keeps: Keeps;
  #state: State = 'text';
  /** Of the sequence that is being read; `undefined` once it was too long or malformed. */
  #sequence: string | undefined;

  constructor(keeps: Keeps) {
    this.#keeps = keeps;
  }

  /** No sequence is torn: what is pushed next begins as text. */
  get isBetween(): boolean {
    return this.#state === 'text';
  }

  push(chunk: string): string {
    let out = '';
    for (let at = 0; at < chunk.length;) {
      if (this.#state === 'text') {
        const stop = nextOf(this.#keeps.stops, chunk, at);
        if (stop > at) out += this.#keeps.text(chunk.slice(at, stop));
        at = stop;
        if (at >= chunk.length) break;
        const whole = endOfCsi(chunk, at);
        if (whole > at) out += this.#keeps.csi(chunk.slice(at, whole));
        else out += this.#control(chunk.charAt(at));
        at = Math.max(whole, at + 1);
      } else if (this.#state === 'osc' || this.#state === 'string') {
        const end = nextOf(this.#state === 'osc' ? OSC_END : STRING_END, chunk, at);
        if (this.#state === 'osc') this.#gather(chunk.slice(at, end));
        if (end < chunk.length) out += this.#endString(chunk.charAt(end));
        at = end + 1;
      } else {
        out += this.#step(chunk.charAt(at));
        at += 1;
      }
    }
    return out;
  }

  /** A control character, wherever it stands. */
  #control(character: string): string {
    const begins = character === ESC ? '' : EIGHT_BIT[character];
    if (begins === undefined) return this.#keeps.control(character);
    this.#begin('escape', ESC);
    return begins === '' ? '' : this.#step(begins);
  }

  #begin(state: State, sequence = ''): void {
    this.#state = state;
    this.#sequence = sequence;
  }

  #gather(more: string): void {
    if (this.#sequence === undefined || this.#sequence.length + more.length > LONGEST) this.#sequence = undefined;
    else this.#sequence += more;
  }

  #endString(end: string): string {
    const payload =
      this.#state === 'osc' && (end === '\u0007' || end === '\u009c' || end === ESC) ? this.#sequence : undefined;
    if (end === ESC) this.#begin('escape', ESC);
    else this.#begin('text');
    return payload === undefined ? '' : this.#keeps.osc(payload);
  }

  /** The next character of an escape or control sequence. */
  #step(character: string): string {
    const code = character.charCodeAt(0);
    if (code < 0x20 || (code >= 0x80 && code < 0xa0)) {
      // Controls of one character act where they stand, and the sequence goes on; these end it.
      if (character === '\u0018' || character === '\u001a' || code >= 0x80) this.#begin('text');
      return nextOf(this.#keeps.stops, character, 0) === 0 ? this.#control(character) : this.#keeps.text(character);
    }
    if (code === 0x7f) return '';
    if (code >= 0xa0) {
      // No sequence holds it: what a terminal does with it differs, so that all of it goes.
      this.#begin('text');
      return '';
    }
    return this.#state === 'csi' ? this.#csi(character, code) : this.#escape(character, code);
  }

  #escape(character: string, code: number): string {
    if (this.#sequence === ESC && '[]PX^_'.includes(character)) {
      this.#begin(character === '[' ? 'csi' : character === ']' ? 'osc' : 'string', character === '[' ? `${ESC}[` : '');
      return '';
    }
    this.#gather(character);
    if (code < 0x30) return '';
    const sequence = this.#sequence;
    this.#begin('text');
    return sequence !== undefined && ESCAPE.test(sequence) ? this.#keeps.escape(sequence) : '';
  }

  #csi(character: string, code: number): string {
    // A parameter after an intermediate makes all of it void, up to its end.
    if (code >= 0x30 && code < 0x40 && this.#sequence !== undefined && /[ -/]$/u.test(this.#sequence))
      this.#sequence = undefined;
    this.#gather(character);
    if (code < 0x40) return '';
    const sequence = this.#sequence;
    this.#begin('text');
    return sequence === undefined ? '' : this.#keeps.csi(sequence);
  }
}

/** A colour is the most usual of all sequences, and whole nearly always: no state is needed for it. */
const WHOLE_CSI = /\u001b\[[0-?]*[ -/]*[@-~]/uy;

/** Where a whole one that begins here ends; 0 when there is none. */
const endOfCsi = (text: string, at: number): number => {
  WHOLE_CSI.lastIndex = at;
  return WHOLE_CSI.test(text) && WHOLE_CSI.lastIndex - at <= LONGEST ? WHOLE_CSI.lastIndex : 0;
};

const nextOf = (pattern: RegExp, text: string, from: number): number => {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
};

const SGR = /^\u001b\[[\d;:]*m$/u;

/**
 * Colours and weights (SGR), without the one that makes text invisible: what can be copied must be what can be seen.
 * The numbers behind 38, 48 and 58 are colours and no weights.
 */
export const visibleSgr = (sequence: string): string => {
  if (!SGR.test(sequence)) return '';
  if (!sequence.includes('8')) return sequence;
  const numbers = sequence.slice(2, -1).split(';');
  const kept: string[] = [];
  for (let at = 0; at < numbers.length; at += 1) {
    const number = numbers[at] ?? '';
    const length = /^[345]8$/u.test(number) ? (numbers[at + 1] === '5' ? 3 : numbers[at + 1] === '2' ? 5 : 1) : 1;
    // `8:…` is no form of it, and what a terminal makes of it is not known.
    if (!/^0*8(?::|$)/u.test(number)) kept.push(...numbers.slice(at, at + length));
    at += length - 1;
  }
  return kept.length === 0 ? '' : `${ESC}[${kept.join(';')}m`;
};
