import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { client, methods, ndJsonStream } from '@agentclientprotocol/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wheelhouse-demo-main-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function start() {
  const child = spawn(process.execPath, [fileURLToPath(new URL('main.ts', import.meta.url))], {
    env: { ...process.env, WHEELHOUSE_DEMO_STATE: join(folder, 'state') },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const { agent } = client().connect(ndJsonStream(Writable.toWeb(child.stdin), Readable.toWeb(child.stdout)));
  await agent.request(methods.agent.initialize, { protocolVersion: 1, clientCapabilities: {} });
  const { sessionId } = await agent.request(methods.agent.session.new, { cwd: folder, mcpServers: [] });
  const prompt = (text: string) => {
    return agent.request(methods.agent.session.prompt, { sessionId, prompt: [{ type: 'text', text }] });
  };
  return { child, ended, agent, sessionId, prompt, log: () => log };
}

describe('the process', () => {
  test('[demo process] a cancel is read in the middle of a burst, and a closed stdin ends the process', async () => {
    const { child, ended, agent, sessionId, prompt } = await start();
    const turn = prompt('/long 1000000');
    await agent.notify(methods.agent.session.cancel, { sessionId });
    expect(await turn).toEqual({ stopReason: 'cancelled' });
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
  });

  test('[demo process] /crash ends with 1 and says why on stderr', async () => {
    const { ended, prompt, log } = await start();
    await expect(prompt('/crash')).rejects.toThrow();
    expect(await ended).toEqual([1, null]);
    expect(log()).toContain('asked to crash');
  });
});
