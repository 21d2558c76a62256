import type { RequestHandler } from '../../base/rpc.ts';
import { isFields, isText } from '../../model/fold/read.ts';
import { declaredNames } from '../../protocol/acp/declared.ts';

/** More kinds than anybody has; one that invents them may not fill the memory. */
const MOST_KINDS = 100;

/** What an agent says that it can, and what it has really been seen to do. */
export class Observation {
  readonly #seen = new Set<string>();
  #declared: readonly string[] = [];

  /** Names as in the answer to `initialize`, such as `promptCapabilities.image`. */
  get declared(): readonly string[] {
    return this.#declared;
  }

  /** Methods that it called, and kinds of `session/update` that it sent, in the order of their first appearance. */
  get seen(): readonly string[] {
    return [...this.#seen];
  }

  introduced(answer: unknown): void {
    this.#declared = isFields(answer) ? declaredNames(answer['agentCapabilities']) : [];
  }

  /** On the path of every update, so it does no more than it must. */
  update(payload: unknown): void {
    if (isFields(payload) && isText(payload['sessionUpdate'])) this.#note(payload['sessionUpdate']);
  }

  /** The same handlers, of which each call is noted. */
  watching(handlers: ReadonlyMap<string, RequestHandler>): ReadonlyMap<string, RequestHandler> {
    const noting =
      (method: string, handler: RequestHandler): RequestHandler =>
      (params, call, raw) => {
        this.#note(method);
        return handler(params, call, raw);
      };
    return new Map([...handlers].map(([method, handler]) => [method, noting(method, handler)]));
  }

  #note(kind: string): void {
    if (this.#seen.size < MOST_KINDS) this.#seen.add(kind.length > 60 ? `${kind.slice(0, 60)}…` : kind);
  }
}
