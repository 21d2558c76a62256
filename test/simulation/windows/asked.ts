import type { SessionKey } from '../../../src/model/session.ts';
import { Failure } from '../../../src/base/failure.ts';
import type { Command, SessionEvent } from '../../../src/model/event.ts';
import type { FromWindow, HostAction } from '../../../src/protocol/view/messages.ts';
import { wordsOf } from '../line.ts';
import type { Watch } from '../violation.ts';

interface Prompt {
  /** Lines with it on any wire, as a window said them. */
  said: number;
  outcome: 'open' | 'accepted' | 'refused' | 'unknown';
  /** It stands in the log of the session. */
  logged: boolean;
  /** The turns with it that an agent has got. */
  readonly reached: Set<string>;
}

/** Codes of those who know that nothing was done: all others leave it open. */
const REFUSALS: ReadonlySet<string> = new Set(['refused', 'offline', 'gone', 'invalid', 'full', 'locked']);

/** What people ask in windows, what is said of it on wires, and what becomes of it: each asked once, each known once. */
export class Asked {
  readonly #watch: Watch;
  readonly #prompts = new Map<string, Prompt>();
  /** By the process of the window: what was asked in it, and what was said on its wires of that. */
  readonly #counts = new Map<number, { asked: number; said: number; open: number }>();

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  /** Runs what a person asked for in a window. */
  async during<T>(window: number, what: Command | HostAction, run: () => Promise<T>): Promise<T> {
    const counts = this.#countsOf(window);
    counts.asked += 1;
    counts.open += 1;
    const prompt = what.kind === 'prompt' ? this.#promptOf(wordsOf(what.prompt)) : undefined;
    try {
      const result = await run();
      this.#settle(prompt, 'accepted');
      return result;
    } catch (failure) {
      const known = failure instanceof Failure && REFUSALS.has(failure.code);
      this.#settle(prompt, known ? 'refused' : 'unknown');
      throw failure;
    } finally {
      counts.open -= 1;
    }
  }

  /** A window has said a line. What was asked before a cut is never asked again by itself (M3). */
  said(window: number, line: string): void {
    const message = JSON.parse(line) as Partial<FromWindow>;
    if (message.type !== 'command' && message.type !== 'host' && message.type !== 'do') return;
    const counts = this.#countsOf(window);
    counts.said += 1;
    this.#watch.check('M3', counts.said <= counts.asked, () => `a window asks by itself: ${line.slice(0, 200)}`);
    if (message.type !== 'command' || message.command?.kind !== 'prompt') return;
    const prompt = this.#promptOf(wordsOf(message.command.prompt));
    prompt.said += 1;
    this.#watch.check('M3', prompt.said === 1, () => `a window asks again: ${line.slice(0, 200)}`);
  }

  /** Something new stands in the log of a session. */
  logged(_key: SessionKey, event: SessionEvent): void {
    const all = event.kind === 'turn/started' ? [event] : event.kind === 'queue/changed' ? event.queue : [];
    for (const { prompt: blocks } of all) {
      const prompt = this.#prompts.get(wordsOf(blocks));
      if (prompt === undefined || prompt.logged) continue;
      prompt.logged = true;
      this.#watch.check('I7', prompt.outcome !== 'refused', () => `“${wordsOf(blocks)}” was refused, and is sent`);
    }
  }

  /** An agent has got a prompt. */
  reached(words: string, turn: string): void {
    const prompt = this.#prompts.get(words);
    if (prompt === undefined) return;
    prompt.reached.add(turn);
    this.#watch.check('I7', prompt.reached.size === 1, () => `“${words}” was sent as ${[...prompt.reached].join()}`);
  }

  /** A process that ended is not answered any more. */
  ended(window: number): void {
    this.#counts.delete(window);
  }

  /** All is well, and nothing moves: nobody waits for an answer any more. */
  rest(): void {
    for (const { open } of this.#counts.values())
      this.#watch.check('I14', open === 0, () => `${open} wait for an answer that never comes`);
  }

  #settle(prompt: Prompt | undefined, outcome: Prompt['outcome']): void {
    if (prompt === undefined) return;
    // A page may say twice what a person said once; what was done stays done.
    if (prompt.outcome !== 'accepted') prompt.outcome = outcome;
    if (outcome === 'accepted')
      this.#watch.check('I7', prompt.logged, () => 'a prompt was accepted and stands nowhere');
    if (outcome === 'refused') this.#watch.check('I7', !prompt.logged, () => 'a prompt was refused and is there');
  }

  #countsOf(window: number): { asked: number; said: number; open: number } {
    const known = this.#counts.get(window);
    if (known !== undefined) return known;
    const counts = { asked: 0, said: 0, open: 0 };
    this.#counts.set(window, counts);
    return counts;
  }

  #promptOf(words: string): Prompt {
    const known = this.#prompts.get(words);
    if (known !== undefined) return known;
    const prompt: Prompt = { said: 0, outcome: 'open', logged: false, reached: new Set() };
    this.#prompts.set(words, prompt);
    return prompt;
  }
}
