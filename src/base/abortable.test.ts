import { describe, expect, test } from 'vitest';
import { abortable } from './abortable.ts';

describe('a promise that somebody waits for', () => {
  test('[base] is what it was, while nobody gives up', async () => {
    const { signal } = new AbortController();
    await expect(abortable(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(abortable(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  });

  test('[base] ends with the reason of whoever gives up, before it and at once', async () => {
    const control = new AbortController();
    const waiting = abortable(new Promise(() => undefined), control.signal);
    control.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(abortable(Promise.resolve(1), control.signal)).rejects.toThrow('enough');
  });
});
