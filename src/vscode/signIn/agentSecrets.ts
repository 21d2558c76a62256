import type * as vscode from 'vscode';
import { sentence } from '../../base/failure.ts';
import type { Log } from '../../base/log.ts';
import type { AskedValue } from '../../protocol/acp/authMethods.ts';
import type { Secrets, Whose } from '../../router/ports.ts';

type Values = Readonly<Record<string, string>>;

/** How a person is asked. */
export interface SecretsUi {
  /** `step` of `steps`, from 1 on. Undefined: the person thought better of it. Empty: nothing is to be set. */
  enter(agent: Whose, value: AskedValue, step: number, steps: number, signal: AbortSignal): Promise<string | undefined>;
  /** It could not be stored, for this reason: whether it is used as long as the window is open. */
  useOnce(agent: Whose, why: string, signal: AbortSignal): Promise<boolean>;
}

export interface AgentSecretsParts {
  readonly storage: Pick<vscode.SecretStorage, 'get' | 'store' | 'delete'>;
  readonly ui: SecretsUi;
  readonly log: Log;
  /** What must not be said in any log from then on. */
  conceal(value: string): void;
}

/**
 * What a person entered for agents, in the secret storage of the editor: under one key for each agent, a record of names
 * and values. Where that storage fails nothing is written anywhere else.
 */
export class AgentSecrets implements Secrets {
  readonly #parts: AgentSecretsParts;
  /** Those that could not be stored. */
  readonly #once = new Map<string, Values>();

  constructor(parts: AgentSecretsParts) {
    this.#parts = parts;
  }

  async of(agent: string): Promise<Values> {
    const stored = await this.#read(agent).catch((failure: unknown): Values => {
      this.#parts.log.warn(`What was entered for ${agent} cannot be read: ${sentence(failure)}`);
      return {};
    });
    const values = { ...stored, ...this.#once.get(agent) };
    for (const value of Object.values(values)) this.#parts.conceal(value);
    return values;
  }

  async ask(agent: Whose, values: readonly AskedValue[], signal: AbortSignal): Promise<boolean> {
    const { ui, conceal } = this.#parts;
    const entered: Record<string, string> = {};
    for (const [index, value] of values.entries()) {
      const text = await ui.enter(agent, value, index + 1, values.length, signal);
      if (text === undefined) return false;
      if (text === '') continue;
      conceal(text);
      entered[value.name] = text;
    }
    return await this.#keep(agent, entered, signal);
  }

  /** Whether anything was entered for the agent. */
  async has(agent: string): Promise<boolean> {
    return Object.keys(await this.of(agent)).length > 0;
  }

  /** Deletes what was entered for the agent. @throws why it could not be deleted */
  async forget(agent: string): Promise<void> {
    this.#once.delete(agent);
    await this.#parts.storage.delete(keyOf(agent));
  }

  async #keep(agent: Whose, entered: Values, signal: AbortSignal): Promise<boolean> {
    try {
      const before = await this.#read(agent.id);
      await this.#parts.storage.store(keyOf(agent.id), JSON.stringify({ ...before, ...entered }));
      this.#once.delete(agent.id);
      return true;
    } catch (failure) {
      this.#parts.log.warn(`What was entered for ${agent.id} could not be stored: ${sentence(failure)}`);
      if (!(await this.#parts.ui.useOnce(agent, sentence(failure), signal))) return false;
      this.#once.set(agent.id, { ...this.#once.get(agent.id), ...entered });
      return true;
    }
  }

  async #read(agent: string): Promise<Values> {
    const text = await this.#parts.storage.get(keyOf(agent));
    const value = text === undefined ? {} : parsed(text);
    if (typeof value !== 'object' || value === null) {
      this.#parts.log.warn(`What is stored for ${agent} is nothing that was entered for it.`);
      return {};
    }
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, each]) => (typeof each === 'string' ? [[name, each]] : [])),
    );
  }
}

/** Undefined where it is no JSON: the reason would hold some of the text. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const keyOf = (agent: string): string => `agent:${agent}`;
