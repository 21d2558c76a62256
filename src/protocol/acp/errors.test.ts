import { expect, test } from 'vitest';
import { PeerError } from '../../base/failure.ts';
import { readFrame } from '../../base/rpcFrame.ts';
import { errorMessage } from './errors.ts';

test.each<[unknown, string]>([
  [{ code: -32603, message: 'Internal error', data: { details: 'the model is busy' } }, 'the model is busy'],
  [{ code: -32603, message: 'Internal error', data: { message: 'the model is busy' } }, 'the model is busy'],
  [{ code: -32603, message: 'Internal error', data: { details: ' ', message: 'second' } }, 'second'],
  [{ code: -32603, message: 'Internal error', data: 'just words' }, 'just words'],
  [{ code: -32603, message: 'Internal error', data: { error: 'in a field' } }, 'in a field'],
  [{ code: -32603, message: 'Internal error', data: { errors: [{ message: 'the first' }, {}] } }, 'the first'],
  [{ code: -32603, message: 'Internal error', data: '{"error":{"message":"in JSON"}}' }, 'in JSON'],
  [{ code: 400, message: '{"error":{"code":400,"message":"in JSON"}}' }, 'in JSON'],
  [{ code: 400, message: '{"broken' }, '{"broken'],
  [{ code: '429', message: 'too many' }, 'too many'],
  [{ code: -32603, message: '', data: {} }, 'The agent answered with error -32603.'],
  [{ code: -1, error: { message: 'no message of its own' } }, 'no message of its own'],
  [{}, 'The agent answered with an error and said no more.'],
  ['only a text', 'only a text'],
  [7, '7'],
])('[acp 5] the error %j says “%s”', (error, said) => {
  const frame = readFrame(JSON.stringify({ jsonrpc: '2.0', id: 1, error }));
  if (frame.kind !== 'response' || !('error' in frame)) throw new Error('not read as an error');
  expect(errorMessage(frame.error)).toBe(said);
});

test('[acp 5] errors in errors without end are given up', () => {
  let data: object = { message: 'deep' };
  for (let depth = 0; depth < 10; depth += 1) data = { error: data };
  expect(errorMessage(new PeerError(1, 'shallow', data))).toBe('shallow');
});
