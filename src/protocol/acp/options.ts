import { readConfigOptions } from '../../model/fold/options.ts';
import { defined, isFields, isText, listOf, textOf, type Fields } from '../../model/fold/read.ts';
import type { Choice, SessionOption } from '../../model/session.ts';

/**
 * The switches of a session, from the answer to session/new, load or resume (protocol §7). Where an agent has both
 * kinds, `configOptions` wins: its `modes` are then the same thing again.
 */
export const readOptions = (answer: Fields): readonly SessionOption[] => {
  const options = readConfigOptions(listOf(answer['configOptions']) ?? []);
  return options.length > 0 ? options : readModes(answer['modes']);
};

const readModes = (modes: unknown): readonly SessionOption[] => {
  if (!isFields(modes) || !isText(modes['currentModeId']) || !Array.isArray(modes['availableModes'])) return [];
  const choices = modes['availableModes'].flatMap((mode: unknown): Choice[] =>
    isFields(mode) && isText(mode['id']) ? [{ ...named(mode, mode['id']), value: mode['id'] }] : [],
  );
  const control = { kind: 'select', value: modes['currentModeId'], choices } as const;
  return [{ id: 'mode', name: 'Mode', category: 'mode', source: 'mode', control }];
};

const named = (item: Fields, id: string) =>
  defined({ name: textOf(item['name']) ?? id, description: textOf(item['description']) });

/** The option with another value; one that does not fit its kind changes nothing. */
export const withValue = (option: SessionOption, value: string | boolean): SessionOption => {
  const { control } = option;
  if (control.kind === 'boolean')
    return typeof value === 'boolean' ? { ...option, control: { ...control, value } } : option;
  return typeof value === 'string' ? { ...option, control: { ...control, value } } : option;
};
