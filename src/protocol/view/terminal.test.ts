import { describe, expect, test } from 'vitest';
import { readFromSurface, readFromWindow } from './codec.ts';
import { readFromHost } from './fromHost.ts';

describe('terminals of a host', () => {
  test.each([
    { kind: 'attach', at: 0 },
    { kind: 'ack', at: 12 },
    { kind: 'input', number: 1, text: 'ls\r' },
    { kind: 'resize', columns: 80, rows: 0 },
    { kind: 'kill' },
  ])('[view] $kind is a window’s to say, and no page’s', (wish) => {
    const message = { type: 'terminal', terminal: 't', wish };
    expect(readFromWindow(message)).toEqual(message);
    expect(() => readFromSurface(message)).toThrow('nobody understands');
  });

  test.each([
    { kind: 'attach', at: -1 },
    { kind: 'ack', at: 1.5 },
    { kind: 'input', text: 'ls\r' },
    { kind: 'input', number: 1, text: 'x'.repeat(1024 * 1024 + 1) },
    { kind: 'resize', columns: 80 },
    { kind: 'kill', signal: 'SIGKILL' },
    { kind: 'run', command: 'ls' },
    null,
  ])('[S13] %j is refused', (wish) => {
    expect(() => readFromWindow({ type: 'terminal', terminal: 't', wish })).toThrow(
      expect.objectContaining({ code: 'invalid' }),
    );
  });

  test.each([
    { kind: 'opened', session: 's', name: 'ls', way: 'pty' },
    { kind: 'opened', name: 'Sign in', way: 'pipes', front: true },
    { kind: 'data', at: 7, text: 'x' },
    { kind: 'exited', code: null, signal: 'SIGTERM' },
    { kind: 'closed' },
    // Of a later host: passed over by whoever draws it.
    { kind: 'renamed' },
  ])('[view] %j is read as it is', (news) => {
    const message = { type: 'terminal', terminal: 't', news };
    expect(readFromHost(JSON.stringify(message))).toEqual(message);
  });

  test.each([
    { terminal: 7, news: { kind: 'closed' } },
    { terminal: 't', news: 'closed' },
    { terminal: 't', news: { kind: 'data', at: 0 } },
    { terminal: 't', news: { kind: 'data', at: '0', text: 'x' } },
    { terminal: 't', news: { kind: 'opened', way: 'pty' } },
  ])('[S15] %j is nothing', (message) => {
    expect(readFromHost(JSON.stringify({ type: 'terminal', ...message }))).toBeUndefined();
  });
});
