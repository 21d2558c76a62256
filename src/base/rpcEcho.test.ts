import { describe, expect, test } from 'vitest';
import { linkedPair } from './duplex.ts';
import { Failure } from './failure.ts';
import { RpcPeer, type RpcParts } from './rpc.ts';
import { EchoWatch } from './rpcEcho.ts';
import type { WireLine } from './rpcFrame.ts';

describe('an agent that says back what it hears', () => {
  test('[acp 2] an answer of ours is an echo once, and the same line again is its own', () => {
    const watch = new EchoWatch();
    const line = '{"jsonrpc":"2.0","id":3,"result":null}';
    watch.note(line);
    expect(watch.isEchoOfAnswer(line)).toBe(false);
    expect(watch.isEchoOfRequest('initialize', 'session/prompt')).toBe(false);
    expect(watch.isEchoOfRequest('initialize', 'initialize')).toBe(true);
    watch.note(line);
    expect(watch.isEchoOfAnswer(line)).toBe(true);
    expect(watch.isEchoOfAnswer(line)).toBe(false);
  });

  test('[acp 2] its echo of a request is not answered, and its echo of an answer settles nothing', async () => {
    const [ours, theirs] = linkedPair<WireLine, string>();
    const troubles: string[] = [];
    const parts: RpcParts = {
      duplex: ours,
      requests: new Map([['client/ask', () => 'ours']]),
      notifications: new Map(),
      onFlush: () => undefined,
      onTrouble: (kind) => void troubles.push(kind),
      ending: () => new Failure('gone', 'It is gone.'),
    };
    const peer = new RpcPeer(parts);
    const writer = theirs.writable.getWriter();
    const reader = theirs.readable.getReader();
    const hear = async (): Promise<string> => (await reader.read()).value?.join('\n') ?? '';
    const answer = peer.request('agent/do', {}, new AbortController().signal);
    const asked = await hear();
    // Its own request has the id that ours has: the two directions count for themselves.
    void writer.write([asked, '{"jsonrpc":"2.0","id":0,"method":"client/ask"}']);
    const answered = await hear();
    expect(JSON.parse(answered)).toEqual({ jsonrpc: '2.0', id: 0, result: 'ours' });
    void writer.write([answered, '{"jsonrpc":"2.0","id":0,"result":"theirs"}']);
    expect(await answer).toBe('theirs');
    expect(troubles).toEqual(['echo', 'echo']);
    peer.end(new Failure('stopped', 'It is over.'));
  });
});
