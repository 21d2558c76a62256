import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMade, readNews, readPairing, readStreams } from './read.ts';

const said = (message: unknown) => readNews(JSON.stringify(message));
const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

describe('what a server of terminals says', () => {
  test('[terminal 3] each message of the source, and of ours', () => {
    const all = [
      { type: 'session-meta', name: 'a', createdAt: '2026-01-01T00:00:00.000Z' },
      { type: 'state', value: 'tool', tool: 'bash', ts: 5 },
      { type: 'state', value: 'idle', ts: 5 },
      { type: 'error', code: 'bad_message', message: 'Invalid JSON' },
      { type: 'resumed', from: 3, to: 9, complete: true },
      { type: 'resumed', from: null, to: null, complete: false },
      { type: 'exit', exitCode: 1, signal: null },
      { type: 'exit', exitCode: null, signal: 'SIGTERM' },
      { type: 'lagging' },
    ];
    expect(all.map(said)).toEqual(all);
  });

  test('[terminal 9 snapshot] a screen is base64 of UTF-8', () => {
    const seq = 2 ** 40;
    expect(said({ type: 'snapshot', seq, data: base64('gr\u00fc\u00dfe \u{1f3a1}\n') })).toEqual({
      type: 'snapshot',
      seq,
      screen: 'gr\u00fc\u00dfe \u{1f3a1}\n',
    });
    expect(said({ type: 'snapshot', seq, data: '' })).toEqual({ type: 'snapshot', seq, screen: '' });
  });

  test('[terminal 9 snapshot] what is none is passed over', () => {
    const wrong = [
      { seq: 1, data: '%' },
      { seq: -1, data: '' },
      { seq: 1.5, data: '' },
      { seq: '1', data: '' },
      { seq: 1 },
    ];
    for (const each of wrong) expect(said({ type: 'snapshot', ...each })).toBeUndefined();
  });

  test('[terminal 4] what is no object, no JSON or of a type that nobody knows is passed over', () => {
    expect(['{', '', 'null', '42', '"state"', '[]', '{}', '{"type":"later"}', '{"type":7}'].map(readNews)).toEqual(
      Array.from({ length: 9 }),
    );
  });

  test('[terminal 3] fields of a wrong kind are left out, and long ones are cut', () => {
    expect(said({ type: 'state', value: 'idle', tool: {}, ts: 'x' })).toEqual({ type: 'state', value: 'idle', ts: 0 });
    expect(said({ type: 'exit', exitCode: 'x', signal: 4 })).toEqual({ type: 'exit', exitCode: null, signal: null });
    expect(said({ type: 'resumed' })).toEqual({ type: 'resumed', from: null, to: null, complete: false });
    expect(said({ type: 'state', value: 'x'.repeat(5000), ts: 1 })).toMatchObject({ value: 'x'.repeat(256) });
  });

  test('[S15] whatever it is, it is read or passed over', () => {
    fc.assert(fc.property(fc.anything(), (value) => void readNews(String(JSON.stringify(value)))));
    fc.assert(fc.property(fc.string(), (text) => void [readNews(text), readStreams(text), readMade(text)]));
    const types = fc.constantFrom('session-meta', 'state', 'snapshot', 'error', 'resumed', 'exit', 'lagging');
    const field = fc.constantFrom('name', 'value', 'tool', 'seq', 'data', 'code', 'from', 'to', 'complete', 'exitCode');
    fc.assert(
      fc.property(types, fc.dictionary(field, fc.jsonValue()), (type, fields) => {
        const news = said({ ...fields, type });
        expect(news === undefined || news.type === type).toBe(true);
      }),
    );
  });
});

describe('what it answers', () => {
  test('[terminal 7] sessions with what is said of them, and without what is none', () => {
    const listed = { id: 'a', name: 'A', description: 'builds', state: 'thinking', lastOutputAt: '' };
    const text = JSON.stringify([listed, { id: 'b' }, { name: 'c' }, null, 7, { id: 'x'.repeat(300) }]);
    expect(readStreams(text)).toEqual([
      listed,
      { id: 'b', name: 'b', description: '', state: 'idle', lastOutputAt: '' },
    ]);
    expect(readStreams('{}')).toBeUndefined();
    expect(readStreams(JSON.stringify(Array.from({ length: 5000 }, (_, id) => ({ id: `${id}` }))))?.length).toBe(1000);
  });

  test('[terminal 7] a new session, and what a code is traded for', () => {
    expect(readMade('{"id":"a","name":"A"}')).toMatchObject({ id: 'a', name: 'A' });
    expect(readMade('{"name":"A"}')).toBeUndefined();
    expect(readPairing('{"bearerToken":"t","sidecarId":"s"}')).toEqual({ token: 't' });
    expect(['{"bearerToken":""}', '{"bearerToken":5}', '[]', 'x'].map(readPairing)).toEqual(Array.from({ length: 4 }));
  });
});
