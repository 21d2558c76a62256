import { describe, expect, test } from 'vitest';
import { silent } from '../../base/log.ts';
import { FarSecrets, type SecretOwner } from './farSecrets.ts';

const SECRET = 'wholly-unrecognizable-90ab12';
const BOX: SecretOwner = { kind: 'relay', id: 'box', url: 'wss://box.example.net:8443/acp' };

class Storage {
  readonly kept = new Map<string, string>();
  broken = false;

  get(key: string): Promise<string | undefined> {
    return this.broken ? Promise.reject(new Error('locked')) : Promise.resolve(this.kept.get(key));
  }

  store(key: string, value: string): Promise<void> {
    if (this.broken) return Promise.reject(new Error('locked'));
    this.kept.set(key, value);
    return Promise.resolve();
  }

  delete(key: string): Promise<void> {
    this.kept.delete(key);
    return Promise.resolve();
  }
}

const open = (storage = new Storage()) => {
  const concealed: string[] = [];
  const logged: string[] = [];
  const log = { ...silent, warn: (message: string) => void logged.push(message) };
  const secrets = new FarSecrets({ storage, log, conceal: (secret) => void concealed.push(secret) });
  return { secrets, storage, concealed, logged };
};

describe('the secrets of environments', () => {
  test('[S15] a secret is of the origin that it was entered for, and there is none at any other', async () => {
    const { secrets } = open();
    await secrets.keep(BOX, SECRET);
    expect(await secrets.of({ ...BOX, url: 'wss://box.example.net:8443/other?x=1' })).toBe(SECRET);
    for (const url of [
      'wss://box.example.net/acp',
      'wss://box.example.net:8444/acp',
      'ws://box.example.net:8443/acp',
      'wss://box.example.net.evil.io:8443/acp',
      'wss://evil.io:8443/box.example.net',
      'wss://box.example.net.:8443/acp',
      'wss://box.example.net:8443@evil.io/acp',
      'wss://bоx.example.net:8443/acp',
    ])
      expect([url, await secrets.of({ ...BOX, url })]).toEqual([url, undefined]);
    expect(await secrets.of(BOX)).toBe(SECRET);
  });

  test('[S15] nor for another environment, or for what has another kind under the same name', async () => {
    const { secrets } = open();
    await secrets.keep(BOX, SECRET);
    expect(await secrets.of({ ...BOX, id: 'other' })).toBeUndefined();
    expect(await secrets.of({ ...BOX, kind: 'acp' })).toBeUndefined();
  });

  test('[S50] a new one takes the place of the old, and nothing is left of one that is forgotten', async () => {
    const { secrets, storage } = open();
    await secrets.keep(BOX, SECRET);
    await secrets.keep({ ...BOX, url: 'wss://elsewhere.example/acp' }, 'another');
    expect([...storage.kept.values()].join()).not.toContain(SECRET);
    await secrets.forget(BOX);
    expect(storage.kept.size).toBe(0);
    expect(await secrets.of({ ...BOX, url: 'wss://elsewhere.example/acp' })).toBeUndefined();
  });

  test('[relay 9] what was kept by the name of a relay alone is of the address that the relay has now', async () => {
    const storage = new Storage();
    storage.kept.set('wheelhouse.relay.box', SECRET);
    const { secrets, concealed } = open(storage);
    expect(await secrets.of(BOX)).toBe(SECRET);
    expect(concealed).toContain(SECRET);
    expect([...storage.kept.keys()]).toEqual(['wheelhouse.environment.relay.box']);
    expect(await secrets.of({ ...BOX, url: 'wss://evil.io/acp' })).toBeUndefined();
  });

  test('[S50] where nothing can be stored it is of this window, and no word of it is logged', async () => {
    const { secrets, storage, concealed, logged } = open();
    storage.broken = true;
    expect(await secrets.keep(BOX, SECRET)).toBe(false);
    expect(await secrets.of(BOX)).toBe(SECRET);
    expect(concealed[0]).toBe(SECRET);
    expect(logged.join()).toContain('locked');
    expect(logged.join()).not.toContain(SECRET);
  });

  test('[S50] what stands there and is nothing of ours is nobody’s secret', async () => {
    const storage = new Storage();
    for (const text of ['', 'null', '{', '"x"', '{"origin":1,"secret":2}', '[]', '{"secret":"x"}']) {
      storage.kept.set('wheelhouse.environment.relay.box', text);
      expect(await open(storage).secrets.of(BOX)).toBeUndefined();
    }
  });
});
