import { describe, expect, test } from 'vitest';
import type { ExecutionRequest } from './messages.ts';
import { endpointWire, tunnelPing, tunnelWire } from './wire.ts';

const request: ExecutionRequest = {
  version: 1,
  requestID: 'r1',
  envID: 'env_x',
  tool: 'session',
  action: 'open',
  payload: { action: 'open' },
};

describe('how requests and results travel', () => {
  test('[environment 11] frames of an endpoint: an event and what it carries', () => {
    expect(JSON.parse(endpointWire.write(request))).toEqual({ event: 'meta.execution.request', payload: request });
    const read = (value: object) => endpointWire.read(JSON.stringify(value));
    expect(read({ event: 'meta.execution.response', payload: 7 })).toEqual({ kind: 'response', payload: 7 });
    expect(read({ event: 'meta.host.hello', payload: 7 })).toEqual({ kind: 'hello', payload: 7 });
    expect(read({ event: 'meta.execution.error', payload: 7 })).toEqual({ kind: 'error', payload: 7 });
    expect(read({ event: 'toString', payload: 7 })).toEqual({ kind: 'other' });
    expect(read({ payload: 7 })).toEqual({ kind: 'other' });
  });

  test('[environment 7] envelopes of a tunnel: to an agent, and from that agent alone', () => {
    const wire = tunnelWire('agent-1', () => 'e1');
    const meta = { target_agent_id: 'agent-1', event: 'meta.execution.request', content_type: 'application/json' };
    const sent = { type: 'ws_send', request_id: 'e1', meta, payload: request, caller: null };
    expect(JSON.parse(wire.write(request))).toEqual(sent);
    const answer = {
      type: 'ws_send',
      meta: { event: 'meta.execution.response' },
      payload: 7,
      caller: { type: 'agent', agent_id: 'agent-1', owner_user_id: 3 },
    };
    const read = (fields: object) => wire.read(JSON.stringify({ ...answer, ...fields }));
    expect(read({})).toEqual({ kind: 'response', payload: 7 });
    for (const fields of [
      { caller: null },
      { caller: { ...answer.caller, agent_id: 'agent-2' } },
      { type: 'ping' },
      { meta: null },
      { meta: { event: 'chat.message' } },
    ])
      expect(read(fields)).toEqual({ kind: 'other' });
    expect(JSON.parse(tunnelPing(5))).toEqual({
      type: 'ping',
      request_id: null,
      meta: { timestamp: 5 },
      payload: null,
      caller: null,
    });
  });

  test.each(['', '{', 'null', '7', '[]', '"text"', 'x'.repeat(1000)])(
    '[environment 10 garbage] %j is told as what it is, 200 characters at most',
    (text) => {
      const read = endpointWire.read(text);
      expect(read.kind).toBe('garbage');
      expect(read.kind === 'garbage' ? read.why.length : 0).toBeLessThan(220);
    },
  );
});
