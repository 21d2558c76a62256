import { beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../base/failure.ts';
import { silent } from '../base/log.ts';
import { AskedChanges } from './askedChanges.ts';
import type { Device } from './device.ts';
import type { ProtectedChange } from './ports.ts';

const phone: Device = { id: 'd1', name: 'Phone', capability: 'drive' };
const tablet: Device = { id: 'd2', name: 'Tablet', capability: 'drive' };

let shown: {
  readonly change: ProtectedChange;
  readonly device: Device;
  readonly say: (yes: boolean) => Promise<void>;
}[];
let warned: string[];
let ending: AbortController;
let asked: AskedChanges;

beforeEach(() => {
  shown = [];
  warned = [];
  ending = new AbortController();
  asked = new AskedChanges({
    ask: (change, device) => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const settled = async (): Promise<void> => {
        await promise;
        await new Promise((done) => setImmediate(done));
      };
      shown.push({ change, device, say: (yes) => (resolve(yes), settled()) });
      return promise;
    },
    log: { ...silent, warn: (text) => void warned.push(text) },
    ending: ending.signal,
  });
});

const change = (after: string, path = '/w/.npmrc', before: string | undefined = 'old'): ProtectedChange => ({
  place: { path, real: path, inside: true, protectedBy: '.npmrc' },
  before,
  after,
});

describe('a protected file that a device wants to change', () => {
  test('[S26] a person is shown the change, and allows it once, for the device that asked', async () => {
    expect(asked.allowed(change('new'), phone)).toBe(false);
    expect(shown.map(({ change: one, device }) => [one.before, one.after, device.name])).toEqual([
      ['old', 'new', 'Phone'],
    ]);
    await shown[0]?.say(true);
    expect(asked.allowed(change('new'), tablet)).toBe(false);
    expect(asked.allowed(change('newer'), phone)).toBe(false);
    expect(asked.allowed(change('new', '/w/.npmrc', 'older'), phone)).toBe(false);
    expect(asked.allowed(change('new', '/w/sub/.npmrc'), phone)).toBe(false);
    expect(asked.allowed(change('new'), phone)).toBe(true);
    expect(asked.allowed(change('new'), phone)).toBe(false);
  });

  test('[S26] silence and a no allow nothing; asked again, they are asked again', async () => {
    expect(asked.allowed(change('new'), phone)).toBe(false);
    expect(asked.allowed(change('new'), phone)).toBe(false);
    expect(asked.allowed(change('other'), tablet)).toBe(false);
    expect(shown).toHaveLength(1);
    await shown[0]?.say(false);
    expect(asked.allowed(change('new'), phone)).toBe(false);
    expect(shown).toHaveLength(2);
  });

  test('[S32] however many files a device names, a person has three questions before them at the most', async () => {
    for (let at = 0; at < 100; at += 1) asked.allowed(change('new', `/w/${at}/.npmrc`), phone);
    expect(shown).toHaveLength(3);
    for (const { say } of shown) await say(true);
    for (let at = 0; at < 100; at += 1) asked.allowed(change('new', `/w/${at}/.npmrc`), phone);
    expect(shown).toHaveLength(6);
  });

  test('[S26] where nobody can be asked it is refused, and the log says why; at the end nobody is asked', async () => {
    const none = new AskedChanges({
      ask: () => Promise.reject(new Failure('no window', 'No window is connected.')),
      log: { ...silent, warn: (text) => void warned.push(text) },
      ending: ending.signal,
    });
    expect(none.allowed(change('new'), phone)).toBe(false);
    await new Promise((done) => setImmediate(done));
    expect(warned).toEqual(['Nobody was asked whether “Phone” may change /w/.npmrc: No window is connected.']);
    ending.abort();
    expect(asked.allowed(change('new'), phone)).toBe(false);
    expect(shown).toEqual([]);
  });
});
