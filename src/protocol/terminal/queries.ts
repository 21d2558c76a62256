/* oxlint-disable no-control-regex -- control characters are what this file is about */

/** What a program asks of its terminal: what it is, where its cursor stands, its modes, colours and settings. */
const QUERY =
  /\u001b(?:\[(?:[>=?]?\d*c|\??\d+n|\??\d+\$p|>\d*q|\?u)|\][\d;]*;\?(?:\u0007|\u001b\\)|P[+$]q[^\u0007\u001b]*\u001b\\|Z)/gu;
/** What may become one with what comes next. */
const BEGUN =
  /\u001b(?:\[[0-?]*[ -/]*|\][^\u0007\u001b]{0,64}|P[^\u0007\u001b]{0,64}|[\]P][^\u0007\u001b]{0,64}\u001b)?$/u;

/**
 * Output of the past without its questions: a screen that draws it again would answer them once more, and the answer would
 * be typed into whatever runs there now.
 */
export class WithoutQueries {
  #begun = '';

  push(text: string): string {
    const whole = this.rest() + text;
    const begun = BEGUN.exec(whole)?.[0] ?? '';
    this.#begun = begun;
    return whole.slice(0, whole.length - begun.length).replace(QUERY, '');
  }

  /** What waited to be more, once. */
  rest(): string {
    const begun = this.#begun;
    this.#begun = '';
    return begun;
  }
}
