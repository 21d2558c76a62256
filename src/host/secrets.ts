import { Failure, sentence } from '../base/failure.ts';
import type { Log } from '../base/log.ts';
import type { AskedValue } from '../protocol/acp/authMethods.ts';
import { LIMITS } from '../router/limits.ts';
import type { Secrets, Whose } from '../router/ports.ts';
import type { Windows } from './windows.ts';

type Values = Readonly<Record<string, string>>;

/**
 * What a person entered for agents, as their windows keep it. Here it is only in memory, for an agent that is started again
 * while no window is there: as a window told it last, so that what was forgotten there is forgotten here.
 */
export class HostSecrets implements Secrets {
  readonly #windows: Windows;
  readonly #log: Log;
  readonly #conceal: (value: string) => void;
  readonly #told = new Map<string, Values>();

  constructor(parts: { readonly windows: Windows; readonly log: Log; conceal(value: string): void }) {
    this.#windows = parts.windows;
    this.#log = parts.log;
    this.#conceal = (value) => parts.conceal(value);
  }

  async of(agent: string): Promise<Values> {
    const window = this.#windows.forPerson();
    if (window === undefined) return this.#told.get(agent) ?? {};
    try {
      const options = { deadline: LIMITS.windowRead };
      const { signal } = new AbortController();
      const { result } = await window.ask({ kind: 'secrets/of', agent }, ['values'], options, signal);
      for (const value of Object.values(result.values)) this.#conceal(value);
      this.#told.set(agent, result.values);
    } catch (failure) {
      this.#log.warn(`What was entered for ${agent} could not be asked for: ${sentence(failure)}`);
    }
    return this.#told.get(agent) ?? {};
  }

  async ask(agent: Whose, values: readonly AskedValue[], signal: AbortSignal): Promise<boolean> {
    const window = this.#windows.forPerson();
    if (window === undefined)
      throw new Failure(
        'no window',
        'No window is connected in which anything could be entered.',
        'Open the session in a window, then sign in there.',
      );
    const request = { kind: 'secrets/ask', agent, values } as const;
    return (await window.ask(request, ['entered'], {}, signal)).result.entered;
  }
}
