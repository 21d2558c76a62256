import { at, type Json } from './wire.ts';

const modes = {
  currentModeId: 'default',
  availableModes: [
    { id: 'default', name: 'Default' },
    { id: 'plan', name: 'Plan' },
  ],
};
const models = {
  currentModelId: 'auto',
  availableModels: [
    { modelId: 'auto', name: 'Auto', description: 'Lets the agent choose' },
    { modelId: 'pro', name: 'Pro' },
  ],
};
const select = (id: string, category: string, currentValue: string, values: readonly string[]): Json => ({
  id,
  name: id,
  category,
  type: 'select',
  currentValue,
  options: values.map((value) => ({ value, name: value })),
});
const mode = select('mode', 'mode', 'default', ['default', 'plan']);

/** The switches of a session as real agents tell them, by who does it so. */
const tables: Readonly<Record<string, Json>> = {
  gemini: { modes, models },
  copilot: {
    modes,
    configOptions: [
      select('https://agentclientprotocol.com/protocol/session-modes#agent', 'mode', '#agent', ['#agent', '#plan']),
    ],
  },
  qwen: {
    models,
    configOptions: [mode, select('model', 'model', '$runtime|openai|x(openai)', ['$runtime|openai|x(openai)', 'y'])],
  },
  cline: {
    modes,
    models,
    configOptions: [mode, select('provider', 'model_config', 'cline', ['anthropic', 'openai'])],
  },
  codex: {
    configOptions: [
      mode,
      select('collaboration_mode', 'collaboration_mode', 'default', ['default', 'plan']),
      select('permissions', 'permissions', 'read-only', ['read-only', 'full']),
      {
        id: 'model',
        name: 'model',
        type: 'select',
        category: 'model',
        currentValue: 'b',
        options: [
          { group: 'fast', name: 'Fast', options: [{ value: 'a', name: 'A' }] },
          { group: 'slow', options: [{ value: 'b' }] },
        ],
      },
      { id: 'fast-mode', name: 'Fast mode', category: 'model_config', type: 'boolean', currentValue: false },
    ],
  },
};

/** The switches of one session, as they are set: `configOptions` are changed in place of what they were. */
export class SessionOptions {
  readonly #told: Json;

  constructor(agent: string | undefined) {
    this.#told = structuredClone(tables[agent ?? ''] ?? {});
  }

  get told(): Json {
    return this.#told;
  }

  /** All options as they are now. */
  set(id: unknown, value: unknown): readonly Json[] {
    const options = this.#options();
    for (const option of options) if (option['id'] === id) option['currentValue'] = value;
    return options;
  }

  #options(): readonly Json[] {
    const list = at(this.#told, 'configOptions');
    return Array.isArray(list) ? (list as Json[]) : [];
  }
}
