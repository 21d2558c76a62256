/** The switches of a session in ACP's words, the older ones and the newer: a client uses those that it knows. */
import type { Choice, SessionOption } from '../model/session.ts';

type Select = SessionOption & { readonly control: Extract<SessionOption['control'], { kind: 'select' }> };

export const configOptionsOf = (options: readonly SessionOption[]): readonly object[] =>
  options.map(({ id, name, description, category, control }) => ({
    id,
    name,
    ...(description === undefined ? {} : { description }),
    ...(category === undefined ? {} : { category }),
    ...(control.kind === 'boolean'
      ? { type: 'boolean', currentValue: control.value }
      : { type: 'select', currentValue: control.value, options: choicesOf(control.choices) }),
  }));

/** Undefined: the agent has no modes. */
export const modesOf = (options: readonly SessionOption[]): object | undefined => {
  const mode = modeOption(options);
  if (mode === undefined) return undefined;
  return { currentModeId: mode.control.value, availableModes: mode.control.choices.map((each) => named(each, 'id')) };
};

/** As in ACP's legacy `models`. Undefined: the agent has none to choose from. */
export const modelsOf = (options: readonly SessionOption[]): object | undefined => {
  const model = modelOption(options);
  if (model === undefined) return undefined;
  const availableModels = model.control.choices.map((each) => named(each, 'modelId'));
  return { currentModelId: model.control.value, availableModels };
};

export const modeOption = (options: readonly SessionOption[]): Select | undefined => selectFor(options, 'mode');

export const modelOption = (options: readonly SessionOption[]): Select | undefined => selectFor(options, 'model');

const selectFor = (options: readonly SessionOption[], what: 'mode' | 'model'): Select | undefined => {
  const selects = options.filter((option): option is Select => option.control.kind === 'select');
  return (
    selects.find(({ source }) => source === what) ??
    selects.find(({ category }) => category === what) ??
    selects.find(({ id }) => id === what)
  );
};

const named = ({ value, name, description }: Choice, id: 'id' | 'modelId'): object => ({
  [id]: value,
  name,
  ...(description === undefined ? {} : { description }),
});

/** Choices of a group stand together in ACP; where some have a group, the others get one without a name. */
const choicesOf = (choices: readonly Choice[]): readonly object[] => {
  const bare = ({ value, name, description }: Choice): object => ({
    value,
    name,
    ...(description === undefined ? {} : { description }),
  });
  if (choices.every(({ group }) => group === undefined)) return choices.map(bare);
  const groups = [...new Set(choices.map(({ group = '' }) => group))];
  return groups.map((group) => ({
    group,
    name: group,
    options: choices.filter((choice) => (choice.group ?? '') === group).map(bare),
  }));
};
