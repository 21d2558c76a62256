import { describe, expect, expectTypeOf, test } from 'vitest';
import * as shape from './shape.ts';

const some = shape.closed({ kind: shape.literal('some'), id: shape.text(3, 1), of: shape.optional(shape.count) });
const other = shape.closed({ kind: shape.oneOf(['other', 'none']), names: shape.list(shape.text(3), 2) });
const either = shape.tagged('kind', [some, other]);

describe('shapes', () => {
  test('[S44] what a value is follows from its shape', () => {
    expectTypeOf<shape.Meant<typeof either>>().toEqualTypeOf<
      | { readonly kind: 'some'; readonly id: string; readonly of?: number }
      | { readonly kind: 'other' | 'none'; readonly names: readonly string[] }
    >();
  });

  test.each<[unknown, shape.Path | undefined]>([
    [{ kind: 'some', id: 'a' }, undefined],
    [{ kind: 'some', id: 'a', of: 0 }, undefined],
    [{ kind: 'none', names: ['a', 'b'] }, undefined],
    [{ kind: 'some', id: 'a', of: undefined }, ['of']],
    [{ kind: 'some', id: 'a', of: -1 }, ['of']],
    [{ kind: 'some', id: 'a', of: 2 ** 60 }, ['of']],
    [{ kind: 'some', id: '' }, ['id']],
    [{ kind: 'some', id: 'long' }, ['id']],
    [{ kind: 'some' }, ['id']],
    [{ kind: 'some', id: 'a', more: 1 }, ['more']],
    [JSON.parse('{ "kind": "some", "id": "a", "__proto__": {} }'), ['__proto__']],
    [Object.create({ kind: 'some', id: 'a' }), ['kind']],
    [{ kind: 'toString' }, ['kind']],
    [{ kind: 'other', names: ['a', 'b', 'c'] }, ['names']],
    [{ kind: 'other', names: ['a', 5] }, ['names', '1']],
    [{ kind: 'other', names: { length: 0 } }, ['names']],
    [[], []],
    [null, []],
    ['some', []],
  ])('[S44] %j: where it does not fit', (value, path) => {
    expect(either(value)).toEqual(path);
  });

  test('[S44] any names have limits, too, and one of them is no name', () => {
    const names = shape.record(shape.text(2), shape.either([shape.flag, shape.number]));
    expect(names({ a: true, b: 0.5 })).toBeUndefined();
    expect(names({ a: Number.NaN })).toEqual(['a']);
    expect(names({ abc: 1 })).toEqual(['abc']);
    expect(shape.record(shape.text(20), shape.anything)(JSON.parse('{ "__proto__": {} }'))).toEqual(['__proto__']);
  });

  test('[host] an open object passes over what it does not know', () => {
    const open = shape.open({ id: shape.text(3) });
    expect(shape.fits(open, { id: 'a', later: true })).toBe(true);
    expect(open({ later: true })).toEqual(['id']);
  });
});
