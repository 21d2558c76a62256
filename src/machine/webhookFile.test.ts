import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readWebhookFile, webhooksOf } from './webhookFile.ts';

const hook = { url: 'https://example.org/hook', secret: 's' };
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webhooks-'));
});
afterEach(() => rm(folder, { recursive: true }));

const file = async (text: string, mode = 0o600): Promise<string> => {
  const path = join(folder, 'webhooks.json');
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
};

describe('the file of webhooks', () => {
  test('[flamecast 9] holds them by name', async () => {
    const path = await file(JSON.stringify({ a: hook, b: { ...hook, events: ['error', 'end_turn'] } }));
    expect(await readWebhookFile(path)).toEqual([
      { name: 'a', ...hook },
      { name: 'b', ...hook, events: ['end_turn', 'error'] },
    ]);
  });

  test('[flamecast 9] that is not there holds none', async () => {
    expect(await readWebhookFile(join(folder, 'none.json'))).toEqual([]);
  });

  test('[S50] that others can read is not used', async () => {
    for (const mode of [0o640, 0o604, 0o644, 0o620])
      await expect(readWebhookFile(await file(JSON.stringify({ a: hook }), mode))).rejects.toThrow('chmod 600');
  });

  test('[S50] that is wrong is told without what stands in it', async () => {
    await expect(readWebhookFile(await file('{"a": {"secret": "rosebud"'))).rejects.toThrow('it is no JSON');
    const wrong = await readWebhookFile(await file('{"a": {"url": "ftp://rosebud@x/", "secret": "rosebud"}}')).catch(
      String,
    );
    expect(wrong).toContain('a.url');
    expect(wrong).not.toContain('rosebud');
  });

  test.each([
    ['no object', [], 'they must be an object'],
    ['an unknown key', { a: { ...hook, sekret: 's' } }, '“a.sekret”'],
    ['no secret', { a: { url: hook.url } }, 'a.secret'],
    ['an empty secret', { a: { ...hook, secret: '' } }, 'a.secret'],
    ['no address', { a: { secret: 's' } }, 'a.url'],
    ['http to another machine', { a: { ...hook, url: 'http://example.org/' } }, 'a.url'],
    ['a password in the address', { a: { ...hook, url: 'https://me:pass@example.org/' } }, 'a.url'],
    ['an event that nobody knows', { a: { ...hook, events: ['agent_message'] } }, 'a.events'],
    ['events that are no list', { a: { ...hook, events: 'error' } }, 'a.events'],
  ])('[flamecast 9] with %s is told', (_, value, words) => {
    expect(() => webhooksOf(value)).toThrow(words);
  });

  test('[flamecast 9] may name this machine without https', () => {
    expect(webhooksOf({ a: { ...hook, url: 'http://127.0.0.1:8080/' } })).toHaveLength(1);
  });
});
