/** The webhooks of a host that has no window: a file that only its user can read, since it holds their secrets. */
import { lstat, readFile } from 'node:fs/promises';
import { Failure, sentence } from '../base/failure.ts';
import { type Webhook, WEBHOOK_EVENTS } from '../relay/webhook.ts';
import { isMissing } from './place.ts';
import { checkAddress } from './download.ts';

type Fields = Readonly<Record<string, unknown>>;

/** By their names: `{"phone": {"url": "https://…", "secret": "…", "events": ["end_turn"]}}`. @throws Failure `usage` */
export const readWebhookFile = async (path: string): Promise<readonly Webhook[]> => {
  try {
    const about = await lstat(path).catch((failure: unknown) => {
      if (isMissing(failure)) return undefined;
      throw failure;
    });
    if (about === undefined) return [];
    if (process.platform !== 'win32' && (about.mode & 0o077) !== 0)
      throw new Failure('usage', 'others can read it; run chmod 600 on it');
    return webhooksOf(JSON.parse(await readFile(path, 'utf8')));
  } catch (failure) {
    // What stands in it is secret: no reason repeats it.
    const why = failure instanceof SyntaxError ? 'it is no JSON' : sentence(failure);
    throw new Failure('usage', `The webhooks of ${path} cannot be used: ${why}.`);
  }
};

/** @throws Failure `usage`, which repeats no secret */
export const webhooksOf = (value: unknown): readonly Webhook[] =>
  Object.entries(fieldsOf(value, 'they')).map(([name, entry]) => webhookOf(name, entry));

/** @throws Failure `usage`, which repeats no secret */
export const webhookOf = (name: string, value: unknown): Webhook => {
  const { url, secret, events, ...others } = fieldsOf(value, name);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw wrong(`nobody knows the key “${name}.${unknown}”`);
  if (typeof secret !== 'string' || secret === '') throw wrong(`${name}.secret must be a text that is not empty`);
  if (typeof url !== 'string' || !isAddress(url))
    throw wrong(`${name}.url must be an https address without a password`);
  return { name, url, secret, ...(events === undefined ? {} : { events: eventsOf(name, events) }) };
};

/** `https`, or `http` of this very machine. */
export const isAddress = (url: string): boolean => {
  try {
    checkAddress(url);
    return true;
  } catch {
    return false;
  }
};

/** @throws Failure `usage` */
const eventsOf = (name: string, value: unknown): NonNullable<Webhook['events']> => {
  const known = WEBHOOK_EVENTS.filter((event) => Array.isArray(value) && value.includes(event));
  if (Array.isArray(value) && known.length === new Set(value).size) return known;
  throw wrong(`${name}.events must be a list of ${WEBHOOK_EVENTS.join(', ')}`);
};

const fieldsOf = (value: unknown, what: string): Fields => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw wrong(`${what} must be an object`);
};

const wrong = (message: string): Failure => new Failure('usage', message);
