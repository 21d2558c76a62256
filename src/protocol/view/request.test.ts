import { describe, expect, test } from 'vitest';
import { readFromSurface, readFromWindow } from './codec.ts';
import { readFromHost } from './fromHost.ts';
import { fitsRequest, readRequest } from './request.ts';

const place = { path: '/w/a.ts', real: '/w/a.ts' };
const agent = { id: 'mine', label: 'Mine' };
const value = { name: 'A_KEY', secret: true, optional: false };

describe('what a host asks of a window', () => {
  test.each([
    { kind: 'workspace/read', ...place, line: 2, limit: 0 },
    { kind: 'workspace/write', ...place, content: 'x' },
    { kind: 'workspace/settle', write: 1, settlement: 'merge' },
    { kind: 'secrets/of', agent: 'mine' },
    { kind: 'secrets/ask', agent, values: [value] },
    { kind: 'change/ask', device: 'Phone', path: '/w/.npmrc', after: 'a' },
    { kind: 'change/ask', device: 'Phone', path: '/w/.npmrc', before: '', after: 'a' },
  ])('[view] $kind is read as it is', (request) => {
    expect(readRequest(request)).toEqual(request);
    const message = { type: 'request', id: 3, deadline: 5000, request };
    expect(readFromHost(JSON.stringify(message))).toEqual(message);
  });

  test.each([
    { kind: 'workspace/read', path: '/w/a.ts' },
    { kind: 'workspace/write', ...place, content: 'x', inside: true },
    { kind: 'workspace/write', ...place, content: 1 },
    { kind: 'workspace/settle', write: 1, settlement: 'yes' },
    { kind: 'secrets/of', agent: '' },
    { kind: 'secrets/ask', agent, values: [{ ...value, value: 'x' }] },
    { kind: 'workspace/run', command: 'x' },
    { kind: 'constructor' },
    null,
  ])('[S44] %j is nothing that a window does, and no reason to hang up', (request) => {
    expect(readRequest(request)).toBeUndefined();
    expect(readFromHost(JSON.stringify({ type: 'request', id: 3, request }))).toMatchObject({ id: 3 });
  });

  test('[S44] one without a number cannot be answered', () => {
    const request = { kind: 'secrets/of', agent: 'mine' };
    for (const message of [{ request }, { id: 1, deadline: 'soon', request }])
      expect(readFromHost(JSON.stringify({ type: 'request', ...message }))).toBeUndefined();
    expect(readFromHost('{"type":"request/over"}')).toBeUndefined();
    expect(readFromHost('{"type":"request/over","id":1}')).toEqual({ type: 'request/over', id: 1 });
  });

  test('[view] what is larger than a line may be is not asked', () => {
    expect(fitsRequest('x'.repeat(16 * 1024 * 1024))).toBe(true);
    expect(fitsRequest('x'.repeat(16 * 1024 * 1024 + 1))).toBe(false);
  });
});

describe('what a window answers', () => {
  test.each([
    { type: 'offer', roots: ['/w'], secrets: true },
    { type: 'answer', id: 1, result: { kind: 'text', text: 'x' } },
    { type: 'answer', id: 1, result: { kind: 'written', how: 'reworked' } },
    { type: 'answer', id: 1, result: { kind: 'conflict', mine: 'x' } },
    { type: 'answer', id: 1, result: { kind: 'values', values: { A_KEY: 'x' } } },
    { type: 'answer', id: 1, result: { kind: 'entered', entered: false } },
    { type: 'answer', id: 1, result: { kind: 'failure', code: 'stopped', message: 'No.', next: 'Wait.' } },
  ])('[view] %j is heard of a window, and of no page', (message) => {
    expect(readFromWindow(message)).toEqual(message);
    expect(() => readFromSurface(message)).toThrow('nobody understands');
  });

  test.each([
    { type: 'offer', roots: [''], secrets: true },
    { type: 'offer', roots: ['/w'], secrets: true, terminals: true },
    { type: 'answer', id: -1, result: { kind: 'text', text: 'x' } },
    { type: 'answer', id: 1, result: { kind: 'text' } },
    { type: 'answer', id: 1, result: { kind: 'written', how: 'maybe' } },
    { type: 'answer', id: 1, result: { kind: 'values', values: { A_KEY: 7 } } },
    { type: 'answer', id: 1 },
  ])('[S44] %j is refused', (message) => {
    expect(() => readFromWindow(message)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});
