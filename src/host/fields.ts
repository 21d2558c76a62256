/** What a person wrote into a configuration, read strictly: what is wrong is named by its key. */
import { Failure } from '../base/failure.ts';
import { isFields } from '../model/fold/read.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** @throws Failure `usage`, where there are any */
export const refuseOthers = (others: Fields, prefix: string): void => {
  const [first] = Object.keys(others);
  if (first === undefined) return;
  throw wrong(`nobody knows the key “${prefix}${first}”.`);
};

/** @throws Failure `usage` */
export const fieldsOf = (value: unknown, what: string): Fields => {
  if (isFields(value)) return value;
  throw wrong(`${what} must be an object.`);
};

/** @throws Failure `usage` */
export const optional = <T>(value: unknown, is: (value: unknown) => value is T, message: string): T | undefined => {
  if (value === undefined || is(value)) return value;
  throw wrong(message);
};

export const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
export const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
export const isPositive = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;

export const wrong = (message: string): Failure => new Failure('usage', message);
