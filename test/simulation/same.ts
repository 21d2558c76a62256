import type { Session } from '../../src/model/session.ts';

/**
 * Whether two values are the same once they were written as JSON: a field that is undefined is one that is not there,
 * and the order of fields does not count. Whatever is shared between the two is not looked at twice.
 */
export const same = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, at) => same(item, b[at]));
  if (Array.isArray(b)) return false;
  const [left, right] = [a as Fields, b as Fields];
  for (const name in left) if (!same(left[name], right[name])) return false;
  for (const name in right) if (right[name] !== undefined && left[name] === undefined) return false;
  return true;
};

type Fields = Readonly<Record<string, unknown>>;

/** The first field that is not the same. */
export const different = (a: Session | undefined, b: Session): string => {
  const fields = { ...b, ...a };
  const name = (Object.keys(fields) as (keyof Session)[]).find((one) => !same(a?.[one], b[one]));
  if (name === undefined) return 'only the order of the fields';
  return `${name} ${JSON.stringify(a?.[name])?.slice(-200)} and not ${JSON.stringify(b[name])?.slice(-200)}`;
};
