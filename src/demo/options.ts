import type { SessionConfigOption, SessionModeState } from '@agentclientprotocol/sdk';

export type SelectId = 'mode' | 'model' | 'style';

/** The choices of one session, as data that survives JSON. */
export interface Settings {
  readonly selected: Readonly<Record<SelectId, string>>;
  readonly confirm: boolean;
}

interface Choice {
  readonly value: string;
  readonly name: string;
  readonly description: string;
}

interface Select {
  readonly name: string;
  readonly category: string;
  readonly description: string;
  readonly choices: readonly Choice[];
}

const selects: Readonly<Record<SelectId, Select>> = {
  mode: {
    name: 'Mode',
    category: 'mode',
    description: 'Whether the agent may change anything.',
    choices: [
      { value: 'ask', name: 'Ask', description: 'Answers only: /edit and /run do nothing.' },
      { value: 'code', name: 'Code', description: 'May edit files and run commands.' },
    ],
  },
  model: {
    name: 'Model',
    category: 'model',
    description: 'There is no model behind the demo: this changes the size of the context that is shown.',
    choices: [
      { value: 'small', name: 'Small', description: '32,000 tokens' },
      { value: 'large', name: 'Large', description: '200,000 tokens' },
    ],
  },
  style: {
    name: 'Style',
    category: 'other',
    description: 'How much the agent says about itself.',
    choices: [
      { value: 'brief', name: 'Brief', description: 'One paragraph' },
      { value: 'verbose', name: 'Verbose', description: 'With the session as the agent sees it' },
    ],
  },
};

const contextSizes: Readonly<Record<string, number>> = { small: 32_000, large: 200_000 };

export const initialSettings: Settings = {
  selected: { mode: 'code', model: 'small', style: 'brief' },
  confirm: true,
};

export function contextSize(settings: Settings): number {
  return contextSizes[settings.selected.model] ?? 32_000;
}

function isSelectId(id: string): id is SelectId {
  return Object.hasOwn(selects, id);
}

/** The settings after one change, or undefined when the option or its value does not exist. */
export function changed(settings: Settings, id: string, value: unknown): Settings | undefined {
  if (id === 'confirm') return typeof value === 'boolean' ? { ...settings, confirm: value } : undefined;
  if (!isSelectId(id) || typeof value !== 'string') return undefined;
  if (!selects[id].choices.some((choice) => choice.value === value)) return undefined;
  return { ...settings, selected: { ...settings.selected, [id]: value } };
}

/** Settings from a stored file: whatever does not fit falls back to its initial value. */
export function parseSettings(stored: unknown): Settings {
  if (typeof stored !== 'object' || stored === null) return initialSettings;
  const found = stored as { selected?: unknown; confirm?: unknown };
  const pairs = Object.entries(typeof found.selected === 'object' && found.selected !== null ? found.selected : {});
  return [...pairs, ['confirm', found.confirm] as const].reduce<Settings>(
    (settings, [id, value]) => changed(settings, id, value) ?? settings,
    initialSettings,
  );
}

export function modes(settings: Settings): SessionModeState {
  return {
    currentModeId: settings.selected.mode,
    availableModes: selects.mode.choices.map(({ value, name, description }) => ({ id: value, name, description })),
  };
}

/** The whole state as config options. `boolean` = the client said that it knows options of type boolean. */
export function configOptions(settings: Settings, boolean: boolean): SessionConfigOption[] {
  const options: SessionConfigOption[] = (Object.keys(selects) as SelectId[]).map((id) => {
    const { name, category, description, choices } = selects[id];
    const currentValue = settings.selected[id];
    return { type: 'select', id, name, category, description, currentValue, options: [...choices] };
  });
  if (!boolean) return options;
  const description = 'Ask before every edit and every command.';
  return [...options, { type: 'boolean', id: 'confirm', name: 'Confirm', description, currentValue: settings.confirm }];
}
