/** Answers that are remembered for an agent that says back what it hears; it is behind by that many at the most. */
const MAX_ANSWERS = 256;

/**
 * Some agents, wrapped in a script or set to log, write what they read to their output. A request of ours that comes back
 * would be answered by us, and that answer, coming back as well, be taken for the agent's own. It is known by its id and
 * its method: what the two sides of a connection may ask of each other differs.
 */
export class EchoWatch {
  #heard = false;
  /** Lines of answers that we sent since the first echo, in their order. */
  readonly #answers: string[] = [];

  /** `open`: the method of our own open request with the id of the request that came. */
  isEchoOfRequest(method: string, open: string | undefined): boolean {
    if (open !== method) return false;
    this.#heard = true;
    return true;
  }

  /** An answer of ours is sent. */
  note(line: string): void {
    if (!this.#heard) return;
    this.#answers.push(line);
    if (this.#answers.length > MAX_ANSWERS) this.#answers.shift();
  }

  /** Each line that we sent comes back once: the same line again is the agent's own. */
  isEchoOfAnswer(line: string): boolean {
    const at = this.#answers.indexOf(line);
    if (at < 0) return false;
    this.#answers.splice(at, 1);
    return true;
  }
}
