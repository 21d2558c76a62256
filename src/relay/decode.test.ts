import { describe, expect, test } from 'vitest';
import { linesOf, readHeard } from './decode.ts';

const P = '_chances/unstable/';
const heard = (value: object) => readHeard(JSON.stringify(value));
const told = (method: string, params: object) => heard({ rseq: 7, jsonrpc: '2.0', method: `${P}${method}`, params });

describe('what a relay says', () => {
  test('[relay 2] a message holds several lines, trimmed, the empty ones left out', () => {
    expect(linesOf(' {"a":1} \n\n\t{"b":2}\r\n')).toEqual(['{"a":1}', '{"b":2}']);
    expect(linesOf('\n')).toEqual([]);
    expect(linesOf(' {} ')).toEqual(['{}']);
  });

  test('[relay 3] a welcome of an older server, and one with nothing in it that could be read', () => {
    const old = { type: 'relay_welcome', epoch: 1, headSeq: 4, reset: true, pendingPermissionIds: [1, 'a', {}] };
    expect(heard(old)).toEqual({
      kind: 'welcome',
      welcome: { headSeq: 4, reset: true, busy: false, pending: ['1', 'a'], wheel: { lease: false, epoch: 0 } },
    });
    const odd = { type: 'relay_welcome', headSeq: -1, reset: 'yes', lease: 1, holder: 5, sessionId: null, hostId: 3 };
    expect(heard(odd)).toMatchObject({ welcome: { headSeq: 0, reset: false, sessionId: null } });
    expect(heard(odd)).not.toHaveProperty('welcome.hostId');
  });

  test('[relay 9] what became of a question, in the words of both kinds', () => {
    const settled = (outcome: unknown, by: unknown = null) =>
      told('permission_settled', { requestId: 'q', outcome, by });
    expect(settled({ outcome: 'selected', optionId: 'yes' }, 'phone')).toEqual({
      rseq: 7,
      kind: 'settled',
      request: 'q',
      outcome: { kind: 'selected', option: 'yes' },
      by: 'phone',
    });
    expect(settled('accept')).toMatchObject({ outcome: { kind: 'accepted', content: {} } });
    expect(settled('decline')).toMatchObject({ outcome: { kind: 'declined' } });
    // Never taken for more than it says.
    for (const odd of ['cancel', { outcome: 'cancelled' }, null, 3, { outcome: 'allow' }])
      expect(settled(odd)).toMatchObject({ outcome: { kind: 'cancelled' } });
  });

  test.each([
    ['permission_settled', {}],
    ['event', { event: 'x' }],
    ['session_changed', { sessionId: 1 }],
    ['terminal_output', { terminalId: 't', data: 'x', seq: -1 }],
    ['terminal_exit', {}],
    ['something_new', {}],
  ])('[relay 9] %s without what it needs is passed over, and its number counts all the same', (method, params) => {
    expect(told(method, params)).toEqual({ rseq: 7, kind: 'other', method: `${P}${method}` });
  });

  test.each(['', 'x', '[]', '3', 'null', '{}', '{"id":1}', '{"id":{},"result":1}'])(
    '[relay 2] %j is garbage',
    (line) => {
      expect(readHeard(line).kind).toBe('garbage');
    },
  );

  test('[relay 4] a response, whose it may ever be', () => {
    expect(heard({ rseq: 2, jsonrpc: '2.0', id: 3, result: null })).toEqual({
      rseq: 2,
      kind: 'answered',
      id: 3,
      result: null,
    });
    const refused = heard({ jsonrpc: '2.0', id: 'a', error: { code: -32010, message: 'no', data: { holder: 'b' } } });
    expect(refused).toMatchObject({ kind: 'answered', id: 'a', error: { code: -32010, data: { holder: 'b' } } });
    expect(heard({ jsonrpc: '2.0', id: 1, error: 'odd' })).toMatchObject({ error: { code: 0, message: 'odd' } });
  });
});
