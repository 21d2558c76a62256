import type { Choice, SessionOption } from '../session.ts';
import { defined, type Fields, isFields, isText, listOf, textOf } from './read.ts';

/**
 * ACP's `configOptions` (protocol §7) in our shape, in the agent's order. An option of a type that nobody knows is left
 * out: there is nothing to show it with, and no value that could be set.
 */
export const readConfigOptions = (list: readonly unknown[]): readonly SessionOption[] =>
  list.flatMap((item) => {
    if (!isFields(item) || !isText(item['id'])) return [];
    const control = readControl(item);
    if (control === undefined) return [];
    const { id, name, description, category } = item;
    const told = defined({ description: textOf(description), category: textOf(category) });
    return [{ id, name: textOf(name) ?? id, ...told, source: 'config', control }];
  });

const readControl = ({ type, currentValue, options }: Fields): SessionOption['control'] | undefined => {
  if (type === 'boolean' && typeof currentValue === 'boolean') return { kind: 'boolean', value: currentValue };
  if (type !== 'select' || !isText(currentValue)) return undefined;
  return { kind: 'select', value: currentValue, choices: (listOf(options) ?? []).flatMap((item) => readChoices(item)) };
};

/** A choice, or a group of them. */
const readChoices = (item: unknown, group?: string): readonly Choice[] => {
  if (!isFields(item)) return [];
  const { value, name, description } = item;
  if (isText(value)) {
    return [{ value, name: textOf(name) ?? value, ...defined({ description: textOf(description), group }) }];
  }
  if (group !== undefined) return [];
  const label = textOf(name) ?? textOf(item['group']) ?? '';
  return (listOf(item['options']) ?? []).flatMap((inner) => readChoices(inner, label));
};

const sources: ReadonlySet<unknown> = new Set<SessionOption['source']>(['config', 'mode', 'model']);

/**
 * The options after the agent has told all of its `configOptions`. They stand for modes and models of the older kind
 * (protocol §7): those stay only where nothing new takes their place.
 */
export const withConfig = (
  options: readonly SessionOption[],
  config: readonly SessionOption[],
): readonly SessionOption[] => [
  ...config,
  ...options.filter(({ source }) =>
    source === 'mode' ? config.length === 0 : source === 'model' && !config.some(isAboutModels),
  ),
];

const isAboutModels = ({ id, category }: SessionOption): boolean => category === 'model' || id === 'model';

export const isSessionOption = (value: unknown): value is SessionOption => {
  if (!isFields(value) || !isText(value['id']) || !isText(value['name'])) return false;
  const { control } = value;
  if (!isFields(control) || !sources.has(value['source'])) return false;
  if (control['kind'] === 'boolean') return typeof control['value'] === 'boolean';
  return (
    control['kind'] === 'select' && isText(control['value']) && (listOf(control['choices'])?.every(isChoice) ?? false)
  );
};

const isChoice = (value: unknown): value is Choice =>
  isFields(value) && isText(value['value']) && isText(value['name']);

/** The mode that a `current_mode_update` names; older agents say `modeId`. Empty where it names none. */
export const modeOf = (update: Fields): string => textOf(update['currentModeId'] ?? update['modeId']) ?? '';

/**
 * The options with the mode changed, whichever method sets it; the same list when none is about modes, when it was so
 * already, or when the option does not offer that mode (some agents have modes that are no option).
 */
export const withMode = (options: readonly SessionOption[], mode: string): readonly SessionOption[] => {
  const option = options.find((one) => one.source === 'mode') ?? options.find((one) => one.category === 'mode');
  if (option?.control.kind !== 'select' || option.control.value === mode) return options;
  if (option.source === 'config' && option.control.choices.every(({ value }) => value !== mode)) return options;
  const changed: SessionOption = { ...option, control: { ...option.control, value: mode } };
  return options.map((one) => (one === option ? changed : one));
};
