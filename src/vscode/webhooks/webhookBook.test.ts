import { describe, expect, test } from 'vitest';
import { WebhookBook } from './webhookBook.ts';

const hook = { name: 'phone', url: 'https://example.org/T0/rosebud', secret: 'wholly-unrecognizable-0b77' };

/** A person's settings and the secret storage of their editor. */
const machine = (setting: Readonly<Record<string, unknown>> = {}, { broken = false } = {}) => {
  let entries: Readonly<Record<string, unknown>> | undefined = setting;
  const stored = new Map<string, string>();
  const [logged, concealed]: [string[], string[]] = [[], []];
  const log = (message: string): void => void logged.push(message);
  const refuse = (): Promise<never> => Promise.reject(new Error('There is no keyring.'));
  const book = new WebhookBook({
    storage: broken
      ? { get: refuse, store: refuse, delete: refuse }
      : {
          get: async (name) => stored.get(name),
          store: async (name, value) => void stored.set(name, value),
          delete: async (name) => void stored.delete(name),
        },
    log: { debug: log, info: log, warn: log, error: log },
    conceal: (value) => void concealed.push(value),
    read: () => entries ?? {},
    write: async (next) => void (entries = next),
  });
  return { book, stored, logged, concealed, setting: () => entries };
};

describe('the webhooks of a window', () => {
  test('[S50] have nothing in the settings but their names and events', async () => {
    const { book, setting, stored, concealed } = machine({ other: {} });
    await book.put({ ...hook, events: ['error'] });
    expect(setting()).toEqual({ other: {}, phone: { events: ['error'] } });
    expect([...stored.keys()]).toEqual(['webhook:phone']);
    expect(await book.all()).toEqual([{ ...hook, events: ['error'] }]);
    expect(concealed).toEqual([hook.url, hook.secret]);
  });

  test('[S50] are told in the log, where they cannot be used, without what is secret of them', async () => {
    const { book, logged, stored } = machine({ gone: {}, wrong: { events: ['all'] }, odd: 3 });
    for (const name of ['wrong', 'odd']) stored.set(`webhook:${name}`, JSON.stringify(hook));
    expect(await book.all()).toEqual([]);
    expect(logged).toHaveLength(3);
    expect(logged[0]).toContain('gone');
    for (const line of logged) expect(line).not.toMatch(/rosebud|0b77/u);
  });

  test('[S50] are stored nowhere else where there is no secret storage', async () => {
    const { book, setting } = machine({}, { broken: true });
    await expect(book.put(hook)).rejects.toThrow('no keyring');
    expect(setting()).toEqual({});
  });

  test('[S50] leave nothing behind when they are removed', async () => {
    const { book, setting, stored } = machine();
    await book.put(hook);
    await book.remove('phone');
    expect([setting(), stored.size]).toEqual([undefined, 0]);
  });

  test('[S50] stay as they are where their secret cannot be deleted', async () => {
    const { book, setting } = machine({ phone: {} }, { broken: true });
    await expect(book.remove('phone')).rejects.toThrow('no keyring');
    expect(setting()).toEqual({ phone: {} });
  });
});
