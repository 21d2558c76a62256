/**
 * Closed schemas of plain data, for what strangers write: what is not described is refused, and nothing is made right.
 * A shape tells whether a value fits and, where it does not, at which field; it never quotes what the value holds.
 */
import { parseJson } from '../../base/json.ts';
import { type Fields, isFields } from '../../model/fold/read.ts';

declare const meaning: unique symbol;

/** Answers with the names that lead to the first field that does not fit; undefined: all of it does. */
export interface Shape<T> {
  (value: unknown): Path | undefined;
  /** Never there: what a value that fits is. */
  readonly [meaning]?: T;
}

export type Path = readonly string[];
export type Meant<Of> = Of extends Shape<infer T> ? T : never;

/** A field that may be absent, and may not be there as `undefined`. */
interface Optional<T> {
  readonly optional: Shape<T>;
}

type Described = Readonly<Record<string, Shape<unknown> | Optional<unknown>>>;
type OptionalNames<F> = { [K in keyof F]: F[K] extends Optional<unknown> ? K : never }[keyof F];
type Needed<F> = { readonly [K in Exclude<keyof F, OptionalNames<F>>]: Meant<F[K]> };
type Possible<F> = { readonly [K in OptionalNames<F>]?: F[K] extends Optional<infer T> ? T : never };
type Flat<T> = { readonly [K in keyof T]: T[K] };
type Object<F> = Shape<Flat<Needed<F> & Possible<F>>> & { readonly fields: F };

const HERE: Path = [];

export const fits = <T>(shape: Shape<T>, value: unknown): value is T => shape(value) === undefined;

/** What stands in JSON. Undefined: anything else. */
export const readJson = <T>(shape: Shape<T>, text: string): T | undefined => {
  const value = parseJson(text);
  return fits(shape, value) ? value : undefined;
};

/** @param holds whether a value is such a one */
export const such =
  <T>(holds: (value: unknown) => boolean): Shape<T> =>
  (value) =>
    holds(value) ? undefined : HERE;

/** Of that which has the shape already. */
export const where =
  <T>(shape: Shape<T>, holds: (value: T) => boolean): Shape<T> =>
  (value) =>
    shape(value) ?? (holds(value as T) ? undefined : HERE);

/** At most and at least so many UTF-16 units. */
export const text = (most: number, least = 0): Shape<string> =>
  such((value) => typeof value === 'string' && value.length <= most && value.length >= least);

export const number: Shape<number> = such(Number.isFinite);
export const integer: Shape<number> = such(Number.isSafeInteger);
/** From zero on. */
export const count: Shape<number> = where(integer, (value) => value >= 0);
export const flag: Shape<boolean> = such((value) => typeof value === 'boolean');
export const anything: Shape<unknown> = () => undefined;

export const oneOf = <const T extends readonly (string | boolean)[]>(values: T): Shape<T[number]> =>
  such((value) => values.some((one) => one === value));

export const literal = <const T extends string | boolean>(value: T): Shape<T> => oneOf([value]);

export const optional = <T>(shape: Shape<T>): Optional<T> => ({ optional: shape });

/** An object with these fields; what else it holds is passed over. */
export const open = <F extends Described>(fields: F): Object<F> => {
  const misfit = (value: unknown): Path | undefined => {
    if (!isFields(value)) return HERE;
    for (const [name, field] of Object.entries(fields)) {
      const isThere = Object.hasOwn(value, name);
      if ('optional' in field && !isThere) continue;
      const inside = isThere ? ('optional' in field ? field.optional : field)(value[name]) : HERE;
      if (inside !== undefined) return [name, ...inside];
    }
    return undefined;
  };
  return Object.assign(misfit, { fields });
};

/** An object with these fields and no others. */
export const closed = <F extends Described>(fields: F): Object<F> => {
  const held = open(fields);
  const misfit = (value: unknown): Path | undefined => {
    if (!isFields(value)) return HERE;
    const other = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
    return other === undefined ? held(value) : [other];
  };
  return Object.assign(misfit, { fields });
};

/** The one of several objects that the field `tag` tells. */
export const tagged =
  <const All extends readonly (Shape<unknown> & { readonly fields: Described })[]>(
    tag: string,
    all: All,
  ): Shape<Meant<All[number]>> =>
  (value) => {
    if (!isFields(value)) return HERE;
    const meant = all.find(({ fields }) => {
      const field = fields[tag];
      return field !== undefined && !('optional' in field) && fits(field, value[tag]);
    });
    return meant === undefined ? [tag] : meant(value);
  };

export const either =
  <const All extends readonly Shape<unknown>[]>(all: All): Shape<Meant<All[number]>> =>
  (value) =>
    all.some((one) => fits(one, value)) ? undefined : HERE;

export const list =
  <T>(item: Shape<T>, most: number, least = 0): Shape<readonly T[]> =>
  (value) => {
    if (!Array.isArray(value) || value.length > most || value.length < least) return HERE;
    return firstMisfit(value.entries(), item);
  };

/** An object of any names. */
export const record =
  <T>(name: Shape<string>, item: Shape<T>): Shape<Readonly<Record<string, T>>> =>
  (value) => {
    if (!isFields(value)) return HERE;
    const odd = Object.keys(value).find((each) => each === '__proto__' || !fits(name, each));
    return odd === undefined ? firstMisfit(Object.entries(value), item) : [odd];
  };

const firstMisfit = (
  items: Iterable<readonly [string | number, Fields[string]]>,
  item: Shape<unknown>,
): Path | undefined => {
  for (const [name, value] of items) {
    const inside = item(value);
    if (inside !== undefined) return [`${name}`, ...inside];
  }
  return undefined;
};
