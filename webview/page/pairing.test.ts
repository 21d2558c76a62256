import { describe, expect, test } from 'vitest';
import { forgetDevice, guessName, keepDevice, readDevice } from './device.ts';
import { codeIn, pair } from './pairing.ts';
import { memoryKeeper } from './testing.ts';

const request = { code: '7K3M-Q2ZD', name: 'Pixel', want: 'answer' } as const;
const { signal } = new AbortController();
const answering =
  (status: number, body?: unknown): typeof fetch =>
  async () =>
    new Response(body === undefined ? null : JSON.stringify(body), { status });

describe('pairing', () => {
  test('[page pairing] it asks for what it wants and all below, and keeps what it is given', async () => {
    let said: unknown;
    const post = (async (_: unknown, init?: RequestInit) => {
      said = init?.body;
      return Response.json({ deviceId: 'd', token: 'a-token', capabilities: ['watch'] });
    }) as typeof fetch;
    const result = await pair(request, post, signal);
    expect(JSON.parse(said as string)).toEqual({ code: '7K3M-Q2ZD', name: 'Pixel', want: ['watch', 'answer'] });
    expect(result).toEqual({ kind: 'paired', device: { id: 'd', token: 'a-token', name: 'Pixel', may: 'watch' } });
  });

  test.each([
    [403, undefined, 'refused'],
    [401, undefined, 'refused'],
    [429, undefined, 'many'],
    [500, undefined, 'odd'],
    [200, { deviceId: 'd' }, 'odd'],
    [200, { deviceId: 'd', token: 'with space', capabilities: ['watch'] }, 'odd'],
    [200, { deviceId: 'd', token: 't', capabilities: ['own'] }, 'odd'],
  ])('[page pairing] an answer %i %o is %s', async (status, body, kind) => {
    expect(await pair(request, answering(status, body), signal)).toEqual({ kind });
  });

  test('[page pairing] nobody there is said, and a person who gives up is not told anything', async () => {
    const nobody = (async () => Promise.reject(new TypeError('failed'))) as typeof fetch;
    expect(await pair(request, nobody, signal)).toEqual({ kind: 'unreachable' });
    await expect(pair(request, nobody, AbortSignal.abort(new Error('left')))).rejects.toThrow('left');
  });

  test.each([
    ['#pair=7K3M-Q2ZD', '7K3M-Q2ZD'],
    ['#pair=%207K3M%20', '7K3M'],
    ['#pair=', undefined],
    ['', undefined],
    ['#other=1', undefined],
  ])('[page pairing] the code in “%s” is %s', (fragment, code) => {
    expect(codeIn(fragment)).toBe(code);
  });
});

describe('what a browser keeps of a device', () => {
  const device = { id: 'd', token: 't-1_~', name: 'Pixel', may: 'drive' } as const;

  test('[page pairing] it is read as it was kept, and forgotten', () => {
    const keeper = memoryKeeper();
    expect(readDevice(keeper)).toBeUndefined();
    expect(keepDevice(keeper, device)).toBe(true);
    expect(readDevice(keeper)).toEqual(device);
    forgetDevice(keeper);
    expect(readDevice(keeper)).toBeUndefined();
  });

  test.each([
    '',
    '{',
    'null',
    '[]',
    '{"id":"d"}',
    JSON.stringify({ ...device, may: 'all' }),
    JSON.stringify({ ...device, token: 'a, b' }),
  ])('[page pairing] what is odd is none: %s', (text) => {
    const keeper = memoryKeeper();
    keeper.setItem('wheelhouse.device', text);
    expect(readDevice(keeper)).toBeUndefined();
  });

  test('[page pairing] a browser that keeps nothing is no error', () => {
    const refusing = (): never => {
      throw new DOMException('denied', 'SecurityError');
    };
    const keeper = { getItem: refusing, setItem: refusing, removeItem: refusing };
    expect(readDevice(keeper)).toBeUndefined();
    expect(keepDevice(keeper, device)).toBe(false);
    forgetDevice(keeper);
  });

  test.each([
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)', 'iPhone'],
    ['Mozilla/5.0 (Linux; Android 16; Pixel 9) Chrome/143 Mobile Safari', 'Android phone'],
    ['Mozilla/5.0 (Linux; Android 16; Tab) Chrome/143 Safari', 'Android tablet'],
    ['Mozilla/5.0 (X11; Linux x86_64)', 'Browser'],
  ])('[page pairing] %s is called %s', (agent, name) => {
    expect(guessName(agent)).toBe(name);
  });
});
