import { defined, isFields, isText, textOf, type Fields } from '../../model/fold/read.ts';
import type { Choice, SessionOption } from '../../model/session.ts';

/**
 * The switches of a session, from the answer to session/new, load or resume (protocol §7). Where an agent has both
 * kinds, `configOptions` wins: its `modes` are then the same thing again.
 */
export const readOptions = (answer: Fields): readonly SessionOption[] => {
  const options = readConfigOptions(answer['configOptions']);
  return options !== undefined && options.length > 0 ? options : readModes(answer['modes']);
};

/** Undefined where it is no list. An option of a type that nobody knows cannot be drawn or set, and is left out. */
export const readConfigOptions = (value: unknown): readonly SessionOption[] | undefined =>
  Array.isArray(value) ? value.flatMap((item) => readConfigOption(item) ?? []) : undefined;

const readConfigOption = (item: unknown): SessionOption | undefined => {
  if (!isFields(item) || !isText(item['id'])) return undefined;
  const control = readControl(item);
  return control && defined({ ...named(item, item['id']), id: item['id'], category: textOf(item['category']), source: 'config' as const, control });
};

const readControl = (item: Fields): SessionOption['control'] | undefined => {
  const value = item['currentValue'];
  if (item['type'] === 'boolean') return typeof value === 'boolean' ? { kind: 'boolean', value } : undefined;
  if (item['type'] !== 'select' || !isText(value) || !Array.isArray(item['options'])) return undefined;
  return { kind: 'select', value, choices: item['options'].flatMap((choice) => readChoices(choice)) };
};

const readChoices = (item: unknown): readonly Choice[] => {
  if (!isFields(item)) return [];
  if (Array.isArray(item['options'])) {
    const group = textOf(item['name']) ?? textOf(item['group']);
    return item['options'].flatMap((choice) => readChoices(choice)).map((choice) => defined({ ...choice, group }));
  }
  return isText(item['value']) ? [{ ...named(item, item['value']), value: item['value'] }] : [];
};

const readModes = (modes: unknown): readonly SessionOption[] => {
  if (!isFields(modes) || !isText(modes['currentModeId']) || !Array.isArray(modes['availableModes'])) return [];
  const choices = modes['availableModes'].flatMap((mode: unknown): Choice[] =>
    isFields(mode) && isText(mode['id']) ? [{ ...named(mode, mode['id']), value: mode['id'] }] : [],
  );
  const control = { kind: 'select', value: modes['currentModeId'], choices } as const;
  return [{ id: 'mode', name: 'Mode', category: 'mode', source: 'mode', control }];
};

const named = (item: Fields, id: string) => defined({ name: textOf(item['name']) ?? id, description: textOf(item['description']) });

/** The options after the agent said which mode it is in; undefined where none of them is about modes. */
export const withMode = (options: readonly SessionOption[], mode: string): readonly SessionOption[] | undefined => {
  const isMode = (option: SessionOption): boolean =>
    option.source === 'mode' ||
    (option.category === 'mode' && option.control.kind === 'select' && option.control.choices.some(({ value }) => value === mode));
  return options.some(isMode) ? options.map((option) => (isMode(option) ? withValue(option, mode) : option)) : undefined;
};

/** The option with another value; one that does not fit its kind changes nothing. */
export const withValue = (option: SessionOption, value: string | boolean): SessionOption => {
  const { control } = option;
  if (control.kind === 'boolean') return typeof value === 'boolean' ? { ...option, control: { ...control, value } } : option;
  return typeof value === 'string' ? { ...option, control: { ...control, value } } : option;
};
