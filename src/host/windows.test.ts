import { beforeEach, describe, expect, test } from 'vitest';
import { type ManualClock, manualClock } from '../base/testing.ts';
import type { SessionKey } from '../model/session.ts';
import type { Asking } from '../protocol/view/request.ts';
import type { Place } from '../router/ports.ts';
import { type AttachedWindow, Windows } from './windows.ts';

const never = new AbortController().signal;
const key = 'k' as SessionKey;
const session = { key, cwd: '/w' };
const place: Place = { path: '/w/a', real: '/w/a', inside: true, root: '/w' };
const secrets = { kind: 'secrets/of', agent: 'mine' } as const;

let clock: ManualClock;
let windows: Windows;
let said: Asking[];

beforeEach(() => {
  clock = manualClock();
  windows = new Windows(clock);
  said = [];
});

const attach = (...roots: readonly string[]): AttachedWindow => {
  const window = windows.attach((message) => void said.push(message));
  window.hear({ type: 'offer', roots, secrets: roots.length > 0 });
  return window;
};
const forFile = (at = place, asked: readonly AttachedWindow[] = []) => windows.forFile(session, at, new Set(asked));

describe('which window is asked', () => {
  test('[I9] the one that drives the session, and else one of its folder; never one that has not offered it', () => {
    windows.attach(() => undefined);
    expect(forFile()).toBeUndefined();
    expect(windows.forPerson()).toBeUndefined();
    const elsewhere = attach('/v');
    expect(forFile()).toBeUndefined();
    const [one, two] = [attach('/w'), attach('/w')];
    expect(forFile()).toBe(two);
    one.drives(key);
    expect(forFile()).toBe(one);
    two.drives('another' as SessionKey);
    expect(forFile()).toBe(one);
    expect(forFile(place, [one])).toBe(two);
    elsewhere.drives(key);
    // It drives, and has not the file.
    expect(forFile()).toBe(two);
    expect(forFile({ path: '/v/b', real: '/v/b', inside: true, root: '/v' })).toBe(elsewhere);
    expect(windows.forPerson()).toBe(elsewhere);
  });

  test('[I9] one that is gone is asked nothing, and drives nothing', () => {
    const [one, two] = [attach('/w'), attach('/w')];
    one.drives(key);
    one.dispose();
    one.drives(key);
    expect(forFile()).toBe(two);
    two.hear({ type: 'offer', roots: [], secrets: false });
    expect(forFile()).toBeUndefined();
  });

  test('[I9] one whose folder is reached through a link', () => {
    const window = attach('/link');
    expect(forFile({ path: '/w/a', real: '/w/a', inside: true, root: '/link' })).toBe(window);
  });
});

describe('what is asked of a window', () => {
  test('[I9] is answered, or refused in its words', async () => {
    const window = attach('/w');
    const asking = window.ask(secrets, ['values'], { deadline: 1000 }, never);
    expect(said).toEqual([{ type: 'request', id: 1, deadline: 1000, request: secrets }]);
    window.hear({ type: 'answer', id: 7, result: { kind: 'values', values: {} } });
    window.hear({ type: 'answer', id: 1, result: { kind: 'values', values: { A: 'b' } } });
    expect(await asking).toEqual({ id: 1, result: { kind: 'values', values: { A: 'b' } } });
    const refused = window.ask(secrets, ['values'], {}, never);
    window.hear({ type: 'answer', id: 2, result: { kind: 'failure', code: 'refused', message: 'No.' } });
    await expect(refused).rejects.toMatchObject({ code: 'refused', message: 'No.' });
    const odd = window.ask(secrets, ['values'], {}, never);
    window.hear({ type: 'answer', id: 3, result: { kind: 'text', text: 'x' } });
    await expect(odd).rejects.toMatchObject({ code: 'unsupported' });
    expect(clock.waiting).toBe(0);
  });

  test('[I9] ends with its deadline, its window, or who asked', async () => {
    const window = attach('/w');
    const late = window.ask(secrets, ['values'], { deadline: 1000 }, never);
    clock.advance(1000);
    await expect(late).rejects.toMatchObject({ code: 'late' });
    const control = new AbortController();
    const stopped = window.ask(secrets, ['values'], {}, control.signal);
    control.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
    expect(said.filter(({ type }) => type === 'request/over').map(({ id }) => id)).toEqual([1, 2]);
    const lost = window.ask(secrets, ['values'], {}, never);
    window.dispose();
    await expect(lost).rejects.toMatchObject({ code: 'lost' });
    await expect(window.ask(secrets, ['values'], {}, never)).rejects.toMatchObject({ code: 'lost' });
    expect(clock.waiting).toBe(0);
  });

  test('[I9] what lasts is waited for after it was called off, as long as it may still be at it', async () => {
    const window = attach('/w');
    const control = new AbortController();
    const ask = (): Promise<unknown> =>
      window.ask(secrets, ['values'], { deadline: 1000, lasting: true }, control.signal);
    const [done, silent] = [ask(), ask()];
    control.abort(new Error('enough'));
    window.hear({ type: 'answer', id: 1, result: { kind: 'values', values: {} } });
    expect(await done).toMatchObject({ id: 1 });
    clock.advance(10_000);
    await expect(silent).rejects.toMatchObject({ code: 'late' });
    expect(said.map(({ type }) => type)).toEqual([
      'request',
      'request',
      'request/over',
      'request/over',
      'request/over',
    ]);
  });
});
