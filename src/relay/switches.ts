/** The switches of a session, by each of the methods that set one. Source: ACP, and the relay protocol, §9, "source's extras". */
import { isFields, isText } from '../model/fold/read.ts';
import type { Session, SessionOption } from '../model/session.ts';
import { type Call, sessionOf, textIn } from './call.ts';
import type { Hub } from './hub.ts';
import { configOptionsOf, modelOption, modelsOf, modeOption } from './options.ts';
import { invalid } from './refusal.ts';

export class Switches {
  readonly #hub: Hub;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  async setMode(call: Call): Promise<object> {
    const session = await this.#session(call);
    await this.#set(call, session, modeOption(session.options), textIn(call.params, 'modeId'));
    return {};
  }

  async setModel(call: Call): Promise<object> {
    const session = await this.#session(call);
    await this.#set(call, session, modelOption(session.options), textIn(call.params, 'modelId'));
    return {};
  }

  async setConfigOption(call: Call): Promise<object> {
    const session = await this.#session(call);
    const id = textIn(call.params, 'configId');
    await this.#set(call, session, optionOf(session, id), call.params['value']);
    return { configOptions: configOptionsOf(this.#hub.world.store.get(session.key)?.options ?? []) };
  }

  async setOptions(call: Call): Promise<object> {
    const session = await this.#session(call);
    const { options } = call.params;
    if (!isFields(options)) throw invalid('“options” is missing.');
    // All of them or none, as far as that can be known beforehand.
    const wanted = Object.entries(options).map(
      ([id, value]) => [checked(optionOf(session, id), value), value] as const,
    );
    for (const [option, value] of wanted) await this.#set(call, session, option, value);
    return {};
  }

  async models(call: Call): Promise<object> {
    return { models: modelsOf((await this.#session(call)).options) ?? null };
  }

  async #session(call: Call): Promise<Session> {
    return await this.#hub.wake(sessionOf(this.#hub, call));
  }

  async #set({ client }: Call, { key }: Session, option: SessionOption | undefined, value: unknown): Promise<void> {
    const { id } = checked(option, value);
    const command = { kind: 'option/set', option: id, value: value as string | boolean } as const;
    await this.#hub.world.router.perform(key, command, client.device.name, new AbortController().signal);
  }
}

const optionOf = ({ options }: Session, id: string): SessionOption | undefined =>
  options.find((option) => option.id === id);

/** @throws PeerError */
const checked = (option: SessionOption | undefined, value: unknown): SessionOption => {
  if (option === undefined) throw invalid('The agent has no such option.');
  const { control } = option;
  const fits =
    control.kind === 'boolean'
      ? typeof value === 'boolean'
      : isText(value) && control.choices.some((choice) => choice.value === value);
  if (!fits) throw invalid(`“${option.id}” does not take this value.`);
  return option;
};
