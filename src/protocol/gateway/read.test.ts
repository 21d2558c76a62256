import { expect, test } from 'vitest';
import { isOtherVersion, readGateway } from './read.ts';

test.each([
  ['{"type":"res","id":"1","ok":true}', { kind: 'answered', id: '1', ok: true }],
  ['{"type":"res","id":"1","ok":true,"payload":null}', { kind: 'answered', id: '1', ok: true, payload: null }],
  ['{"type":"res","id":"1","ok":false}', { kind: 'answered', id: '1', ok: false, error: { code: '', message: '' } }],
  ['{"type":"connected","gatewayId":"g"}', { kind: 'connected', gateway: 'g', apps: [], sessions: [] }],
  ['{"type":"event","event":"of the future","sessionId":"s"}', { kind: 'event', event: 'of the future', session: 's' }],
  ['{"type":"pong","timestamp":5}', { kind: 'pong', timestamp: 5 }],
  ['{"type":"hello"}', { kind: 'other', type: 'hello' }],
  ['{"type":"res","ok":true}', { kind: 'garbage', text: '{"type":"res","ok":true}' }],
  ['[]', { kind: 'garbage', text: '[]' }],
  ['{', { kind: 'garbage', text: '{' }],
])('[gateway 9 res without payload] %s', (text, read) => {
  expect(readGateway(text)).toEqual(read);
});

test('[gateway 3] another major version is told, a minor one is not', () => {
  expect([undefined, '1.0', '1.7', '2.0', 'x'].map(isOtherVersion)).toEqual([false, false, false, true, true]);
});
