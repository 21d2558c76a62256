/** The fields of a form that an agent asks to be filled in (ACP, elicitation): what they are, and what may stand in them. */
import type { ElicitationForm } from '../src/model/question.ts';
import type { Translate } from './l10n.ts';

export interface Field {
  readonly name: string;
  readonly title: string;
  readonly description: string | undefined;
  readonly required: boolean;
  readonly control: Control;
}
export type Control =
  | {
      readonly kind: 'text';
      readonly format: string | undefined;
      readonly min: number | undefined;
      readonly max: number | undefined;
      readonly pattern: string | undefined;
      readonly initial: string;
    }
  | {
      readonly kind: 'number';
      readonly whole: boolean;
      readonly min: number | undefined;
      readonly max: number | undefined;
      readonly initial: string;
    }
  | { readonly kind: 'boolean'; readonly initial: boolean }
  | { readonly kind: 'choice'; readonly choices: readonly Choice[]; readonly initial: string }
  | {
      readonly kind: 'choices';
      readonly choices: readonly Choice[];
      readonly min: number | undefined;
      readonly max: number | undefined;
      readonly initial: readonly string[];
    };
export interface Choice {
  readonly value: string;
  readonly title: string;
  readonly description: string | undefined;
}
export type Value = string | boolean | readonly string[];

type Loose = Readonly<Record<string, unknown>>;
const isLoose = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

export const fieldsOf = (schema: ElicitationForm['schema']): readonly Field[] => {
  const required = texts(schema.required);
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const loose: Loose = isLoose(property) ? property : {};
    return {
      name,
      title: text(loose['title']) ?? name,
      description: text(loose['description']),
      required: required.includes(name),
      control: controlOf(loose),
    };
  });
};

/** A type that nobody knows is asked for as text. */
const controlOf = (property: Loose): Control => {
  const limits = { min: number(property['minimum']), max: number(property['maximum']) };
  switch (property['type']) {
    case 'boolean':
      return { kind: 'boolean', initial: property['default'] === true };
    case 'number':
    case 'integer':
      return {
        kind: 'number',
        whole: property['type'] === 'integer',
        ...limits,
        initial: String(number(property['default']) ?? ''),
      };
    case 'array': {
      const items: Loose = isLoose(property['items']) ? property['items'] : {};
      const choices = choicesOf(items['enum'], items['anyOf'] ?? items['oneOf']);
      return {
        kind: 'choices',
        choices,
        min: number(property['minItems']),
        max: number(property['maxItems']),
        initial: texts(property['default']),
      };
    }
    default: {
      const initial = text(property['default']) ?? '';
      const choices = choicesOf(property['enum'], property['oneOf']);
      if (choices.length > 0) return { kind: 'choice', choices, initial };
      return {
        kind: 'text',
        format: text(property['format']),
        min: number(property['minLength']),
        max: number(property['maxLength']),
        pattern: text(property['pattern']),
        initial,
      };
    }
  }
};

const choicesOf = (names: unknown, titled: unknown): readonly Choice[] => {
  if (!Array.isArray(titled)) return texts(names).map((value) => ({ value, title: value, description: undefined }));
  return titled.filter(isLoose).flatMap((choice) => {
    const value = text(choice['const']);
    return value === undefined
      ? []
      : [{ value, title: text(choice['title']) ?? value, description: text(choice['description']) }];
  });
};

/** What is wrong with a value, in a sentence; undefined when nothing is. */
export const complaint = ({ control, required }: Field, value: Value, t: Translate): string | undefined => {
  switch (control.kind) {
    case 'boolean':
      return undefined;
    case 'choice':
      return required && value === '' ? t('Choose one.') : undefined;
    case 'choices': {
      const count = Array.isArray(value) ? value.length : 0;
      const least = Math.max(control.min ?? 0, required ? 1 : 0);
      if (count < least && (required || count > 0)) return t('Choose at least {0}.', least);
      return control.max !== undefined && count > control.max ? t('Choose at most {0}.', control.max) : undefined;
    }
    case 'number':
      return numberComplaint(control, required, String(value).trim(), t);
    case 'text':
      return textComplaint(control, required, String(value), t);
  }
};

const numberComplaint = (
  control: Extract<Control, { kind: 'number' }>,
  required: boolean,
  value: string,
  t: Translate,
): string | undefined => {
  if (value === '') return required ? t('A number is needed here.') : undefined;
  const found = Number(value);
  if (!Number.isFinite(found)) return t('This is not a number.');
  if (control.whole && !Number.isInteger(found)) return t('A whole number is needed here.');
  if (control.min !== undefined && found < control.min) return t('At least {0}.', control.min);
  return control.max !== undefined && found > control.max ? t('At most {0}.', control.max) : undefined;
};

const textComplaint = (
  control: Extract<Control, { kind: 'text' }>,
  required: boolean,
  value: string,
  t: Translate,
): string | undefined => {
  if (value === '') return required ? t('Something is needed here.') : undefined;
  if (control.min !== undefined && value.length < control.min) return t('At least {0} characters.', control.min);
  if (control.max !== undefined && value.length > control.max) return t('At most {0} characters.', control.max);
  if (control.pattern !== undefined && !matches(control.pattern, value))
    return t('This must match {0}.', control.pattern);
  return fitsFormat(control.format, value) ? undefined : t('This is not a valid {0}.', control.format ?? '');
};

/** A pattern that is none complains about nothing: the agent checks again. Long ones and long texts could take for ever. */
const matches = (pattern: string, value: string): boolean => {
  if (pattern.length > 200 || value.length > 1_000) return true;
  try {
    return new RegExp(pattern, 'u').test(value);
  } catch {
    return true;
  }
};

const fitsFormat = (format: string | undefined, value: string): boolean => {
  switch (format) {
    case 'email':
      return /^[^\s@]+@[^\s@]+\.[^\s@]+$/u.test(value);
    case 'uri':
      return URL.canParse(value);
    case 'date':
      return /^\d{4}-\d{2}-\d{2}$/u.test(value) && !Number.isNaN(Date.parse(value));
    case 'date-time':
      return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/u.test(value) && !Number.isNaN(Date.parse(value));
    default:
      return true;
  }
};

/** The answer in the types of the schema; what was left empty is left out. */
export const contentOf = (
  fields: readonly Field[],
  values: Readonly<Record<string, Value>>,
): Readonly<Record<string, unknown>> => {
  const answers: (readonly [string, unknown])[] = [];
  for (const { name, control } of fields) {
    const value = (Object.hasOwn(values, name) ? values[name] : undefined) ?? initialOf(control);
    if (control.kind === 'number') {
      if (String(value).trim() !== '') answers.push([name, Number(value)]);
    } else if (control.kind === 'choices') {
      if (Array.isArray(value) && value.length > 0) answers.push([name, value]);
    } else if (value !== '') {
      answers.push([name, value]);
    }
  }
  // Whatever the fields are called, they are only names.
  return Object.fromEntries(answers);
};

export const initialOf = (control: Control): Value => control.initial;
