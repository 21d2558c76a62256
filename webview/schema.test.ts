import { describe, expect, test } from 'vitest';
import { createLanguage } from './l10n.ts';
import { complaint, contentOf, type Field, fieldsOf, initialOf } from './schema.ts';

const { t } = createLanguage();
const one = (property: Record<string, unknown> & { readonly type: string }, required = true): Field => {
  const [field] = fieldsOf({ type: 'object', properties: { it: property }, required: required ? ['it'] : [] });
  if (field === undefined) throw new Error('no field');
  return field;
};

describe('a form that an agent asks for', () => {
  test.each([
    [{ type: 'string' }, '', 'Something is needed here.'],
    [{ type: 'string', minLength: 3 }, 'ab', 'At least 3 characters.'],
    [{ type: 'string', maxLength: 3 }, 'abcd', 'At most 3 characters.'],
    [{ type: 'string', pattern: '^a+$' }, 'b', 'This must match ^a+$.'],
    [{ type: 'string', pattern: '(' }, 'b', undefined],
    [{ type: 'string', format: 'email' }, 'a@b', 'This is not a valid email.'],
    [{ type: 'string', format: 'email' }, 'a@b.example', undefined],
    [{ type: 'string', format: 'uri' }, 'nowhere', 'This is not a valid uri.'],
    [{ type: 'string', format: 'date' }, '2026-13-01', 'This is not a valid date.'],
    [{ type: 'string', format: 'date-time' }, '2026-11-20T10:00:00Z', undefined],
    [{ type: 'string', enum: ['a'] }, '', 'Choose one.'],
    [{ type: 'integer', minimum: 1, maximum: 5 }, '7', 'At most 5.'],
    [{ type: 'integer' }, '1.5', 'A whole number is needed here.'],
    [{ type: 'number' }, 'x', 'This is not a number.'],
    [{ type: 'number', minimum: 0.5 }, '0.25', 'At least 0.5.'],
    [{ type: 'array', items: { type: 'string', enum: ['a', 'b'] }, minItems: 2 }, ['a'], 'Choose at least 2.'],
    [{ type: 'array', items: { anyOf: [{ const: 'a', title: 'A' }] }, maxItems: 0 }, ['a'], 'Choose at most 0.'],
    [{ type: 'boolean' }, false, undefined],
    [{ type: 'color' }, 'red', undefined],
  ])('[acp 8] %j of %j complains: %s', (property, value, expected) => {
    expect(complaint(one(property), value, t)).toBe(expected);
  });

  test('[acp 8] what is not required may stay empty', () => {
    for (const type of ['string', 'number', 'array']) {
      const field = one({ type }, false);
      expect(complaint(field, initialOf(field.control), t)).toBeUndefined();
    }
  });

  test('[acp 8] the answer has the types of the schema, the defaults, and nothing that was left empty', () => {
    const fields = fieldsOf({
      type: 'object',
      properties: {
        name: { type: 'string', default: 'fix' },
        empty: { type: 'string' },
        count: { type: 'integer', default: 2 },
        share: { type: 'number' },
        sure: { type: 'boolean', default: true },
        parts: { type: 'array', items: { type: 'string', enum: ['a', 'b'] }, default: ['a'] },
      },
    });
    expect(contentOf(fields, { share: '0.5' })).toEqual({
      name: 'fix',
      count: 2,
      share: 0.5,
      sure: true,
      parts: ['a'],
    });
  });

  test('[acp 8] a schema that is none has no fields', () => {
    expect(fieldsOf({})).toEqual([]);
  });
});
