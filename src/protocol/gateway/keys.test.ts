import { describe, expect, test } from 'vitest';
import { formatKey, parseKey, wholeKey } from './keys.ts';

describe('keys of sessions', () => {
  test.each([
    ['main', 'chat', 'main', 'chat:main'],
    ['chat:main', 'chat', 'main', 'chat:main'],
    ['whatsapp:+1234567890', 'whatsapp', '+1234567890', 'whatsapp:+1234567890'],
    ['a:b:c', 'a', 'b:c', 'a:b:c'],
    [':x', '', 'x', ':x'],
    ['a:', 'a', '', 'a:'],
    ['', 'chat', '', 'chat:'],
  ])('[gateway 9 session keys] “%s”', (key, app, name, whole) => {
    expect(parseKey(key, 'chat')).toEqual({ app, name });
    expect(wholeKey(key, 'chat')).toBe(whole);
    expect(formatKey(parseKey(whole, 'other'))).toBe(whole);
  });
});
