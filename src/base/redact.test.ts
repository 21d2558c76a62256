import { describe, expect, test } from 'vitest';
import { redactor } from './redact.ts';

const { one, across } = redactor({
  folders: [
    { path: '/home/ann', word: '<home>' },
    { path: '/home/ann/work/', word: '<workspace>' },
    { path: 'C:\\Users\\ann', word: '<home>' },
  ],
  values: ['correct horse', 'abc', 'sk.*'],
});

describe('what leaves the machine', () => {
  test('[redact] folders, in every spelling, up to the end of their name', () => {
    expect(one('at /home/ann/work/src/a.ts and /home/ann, not /home/annabel.')).toBe(
      'at <workspace>/src/a.ts and <home>, not /home/annabel.',
    );
    expect(one('file:///home/ann/work/a%20b')).toBe('file://<workspace>/a%20b');
    expect(one('c:\\users\\ann\\x c:/Users/ann/x {"p":"C:\\\\Users\\\\ann\\\\x"}')).toBe(
      '<home>\\x <home>/x {"p":"<home>\\\\x"}',
    );
  });

  test('[redact] secrets, by their value, by their look and by their label', () => {
    const secrets = [
      'correct horse',
      'sk-ant-api03-abcdefghijklmnop_123',
      'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
      'github_pat_11ABCDEFG0abcdefghijkl',
      'xoxb-1234567890-abcdefghij',
      'AKIAIOSFODNN7EXAMPLE',
      'AIzaSyA-abcdefghijklmnopqrstuvwxyz012345',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF-_123',
      '-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----',
    ];
    for (const secret of secrets) expect(one(`before ${secret} after`)).toBe('before <secret> after');
    expect(one('Authorization: Bearer abc.def-123456')).toBe('Authorization: Bearer <secret>');
    expect(one('export OPENAI_API_KEY="value12345" X=1')).toBe('export OPENAI_API_KEY="<secret>" X=1');
    expect(one('{"password":"hunter2"}')).toBe('{"password":"<secret>"}');
    expect(one('postgres://ann:pw@db/x')).toBe('postgres://<secret>@db/x');
    expect(one('abc is too short, and the sk.* of a pattern is no pattern')).toBe(
      'abc is too short, and the sk.* of a pattern is no pattern',
    );
    expect(one('plain words stay: tokens, a secret place, the keyboard')).toBe(
      'plain words stay: tokens, a secret place, the keyboard',
    );
  });

  test('[redact] a secret that is cut in pieces, wherever it is cut', () => {
    const text = 'key sk-ant-api03-abcdefghijklmnop_123 of /home/ann/work!';
    for (let cut = 0; cut <= text.length; cut += 1) {
      for (let second = cut; second <= text.length; second += 7) {
        const pieces = across([text.slice(0, cut), text.slice(cut, second), '', text.slice(second)]);
        expect(pieces).toHaveLength(4);
        expect(pieces.join('')).toBe('key <secret> of <workspace>!');
      }
    }
  });

  test('[redact] a megabyte of one word is looked through as fast as one of many', () => {
    const started = performance.now();
    expect(one('y'.repeat(1_000_000))).toHaveLength(1_000_000);
    // Quadratic in the length it took a quarter of an hour.
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
