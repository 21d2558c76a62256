/** Who this device is to the host that serves the page: what pairing gave it, kept by the browser. */
import type { May } from '../chat.ts';

export interface PairedDevice {
  readonly id: string;
  readonly token: string;
  /** As the person called it. */
  readonly name: string;
  readonly may: May;
}

/** Where a browser keeps it: `localStorage`, which throws where the person allows no site data. */
export type Keeper = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const KEY = 'wheelhouse.device';
/** What a browser sends as a part of a sub-protocol, which is how the token travels. */
const TOKEN = /^[\w.~+/-]+=*$/u;

const isMay = (value: unknown): value is May => value === 'watch' || value === 'answer' || value === 'drive';

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Undefined: it was never paired, or what is kept is not to be read. */
export const readDevice = (keeper: Keeper): PairedDevice | undefined => {
  const value = readKept(keeper, KEY);
  if (!isRecord(value)) return undefined;
  const { id, token, name, may } = value;
  if (!isText(id) || !isText(token) || !TOKEN.test(token) || !isText(name) || !isMay(may)) return undefined;
  return { id, token, name, may };
};

/** Says whether it is kept: without, it holds until the page is closed. */
export const keepDevice = (keeper: Keeper, device: PairedDevice): boolean => keep(keeper, KEY, device);

export const forgetDevice = (keeper: Keeper): void => {
  try {
    keeper.removeItem(KEY);
  } catch {
    // What cannot be written was not kept.
  }
};

export const readKept = (keeper: Keeper, key: string): unknown => {
  try {
    return JSON.parse(keeper.getItem(key) ?? 'null');
  } catch {
    return undefined;
  }
};

export const keep = (keeper: Keeper, key: string, value: unknown): boolean => {
  try {
    keeper.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
};

/** What the answer to a pairing gives; undefined: it is none. */
export const readPaired = (value: unknown, name: string): PairedDevice | undefined => {
  if (!isRecord(value)) return undefined;
  const { deviceId: id, token, capabilities } = value;
  if (!isText(id) || !isText(token) || !TOKEN.test(token) || !Array.isArray(capabilities)) return undefined;
  const may = (['drive', 'answer', 'watch'] as const).find((one) => capabilities.includes(one));
  return may === undefined ? undefined : { id, token, name, may };
};

/** What a person would call the device, as far as a browser tells. */
export const guessName = (agent: string): string => {
  if (/iPhone/u.test(agent)) return 'iPhone';
  if (/iPad/u.test(agent)) return 'iPad';
  if (/Android/u.test(agent)) return /Mobile/u.test(agent) ? 'Android phone' : 'Android tablet';
  if (/Macintosh/u.test(agent)) return 'Mac';
  if (/Windows/u.test(agent)) return 'Windows PC';
  return 'Browser';
};
