import { readConfigOptions, withConfig } from '../../model/fold/options.ts';
import { defined, isFields, isText, textOf, type Fields, listOf } from '../../model/fold/read.ts';
import type { Choice, SessionOption } from '../../model/session.ts';

/**
 * The switches of a session, from the answer to session/new, load or resume (protocol §7). Where an agent has both
 * kinds, `configOptions` wins: its `modes` are then the same thing again, and so are its `models` where one of the
 * options is about models.
 */
export const readOptions = (answer: Fields): readonly SessionOption[] =>
  withConfig(
    [...readModes(answer['modes']), ...readModels(answer['models'])],
    readConfigOptions(listOf(answer['configOptions']) ?? []),
  );

const readModes = (modes: unknown): readonly SessionOption[] => {
  if (!isFields(modes) || !isText(modes['currentModeId'])) return [];
  const control = selectOf(modes['currentModeId'], modes['availableModes'], 'id');
  return control === undefined ? [] : [{ id: 'mode', name: 'Mode', category: 'mode', source: 'mode', control }];
};

/** In no schema any more, and the only way to change the model of some agents (protocol §7). */
const readModels = (models: unknown): readonly SessionOption[] => {
  if (!isFields(models) || !isText(models['currentModelId'])) return [];
  const control = selectOf(models['currentModelId'], models['availableModels'], 'modelId');
  return control === undefined ? [] : [{ id: 'model', name: 'Model', category: 'model', source: 'model', control }];
};

const selectOf = (value: string, list: unknown, key: string): SessionOption['control'] | undefined => {
  if (!Array.isArray(list)) return undefined;
  const choices = list.flatMap((item: unknown): Choice[] => {
    const id = isFields(item) ? item[key] : undefined;
    return isFields(item) && isText(id)
      ? [{ value: id, ...defined({ name: textOf(item['name']) ?? id, description: textOf(item['description']) }) }]
      : [];
  });
  return { kind: 'select', value, choices };
};

/** The option with another value; one that does not fit its kind changes nothing. */
export const withValue = (option: SessionOption, value: string | boolean): SessionOption => {
  const { control } = option;
  if (control.kind === 'boolean')
    return typeof value === 'boolean' ? { ...option, control: { ...control, value } } : option;
  return typeof value === 'string' ? { ...option, control: { ...control, value } } : option;
};
