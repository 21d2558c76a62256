// Our client of remote execution, and a host of ours.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/machine/clock.ts';
import type { ExecutionHost } from '../../src/machine/remote/executionHost.ts';
import { executionSocket } from '../../src/machine/remote/executionSocket.ts';
import { clientOf, never, shownTerminal } from '../fakes/executionWorld.ts';
import { until } from '../tools/until.ts';
import { openTrial } from './executionWorld.ts';
import { FrameProxy } from './frameProxy.ts';
import { hostPrograms, HostWorld, type Ready } from './hostWorld.ts';
import type { Trial } from './trial.ts';

/** A host that lets in whoever comes by the proxy. */
const behind = async (trial: Trial, proxy: FrameProxy) => {
  const world = new HostWorld(hostPrograms(), trial);
  await mkdir(world.root, { recursive: true });
  const relay = { hosts: [`127.0.0.1:${proxy.port}`] };
  const served = await world.serve('--config', await world.configure({ relay, environment: { policy: 'allow' } }));
  proxy.to = Number(new URL(served.ready.environment ?? '').port);
  return { world, ...served };
};

const client = (proxy: FrameProxy, { tokenFile }: Ready): ExecutionHost => {
  const token = async (): Promise<string> => (await readFile(tokenFile, 'utf8')).trim();
  return clientOf(`ws://127.0.0.1:${proxy.port}/environment`, {
    connect: executionSocket({ url: `ws://127.0.0.1:${proxy.port}/environment`, token }, systemClock),
  });
};

describe('our client, and a host of ours', { timeout: 120_000 }, () => {
  test('[environment 11] a shell, cut in mid-work: it goes on in the same session, and each line is there once', async () => {
    await using trial = await openTrial();
    await using proxy = await FrameProxy.listen(1, 0);
    const { ready } = await behind(trial, proxy);
    await using host = client(proxy, ready);
    await host.reach(never);
    const shown = await shownTerminal(host);
    await until('a prompt', () => shown.text.endsWith('$ '));
    shown.terminal.write('for n in 1 2 3 4 5 6; do echo line $n of 6; sleep 0.2; done; (exit 7)\r');
    await until('it', () => shown.text.includes('line 2 of 6'));
    proxy.cut();
    await until('the end', () => /\n\[7\] Box:.*\$ $/u.test(shown.text));
    expect(shown.text.match(/^line \d of 6$/gmu)).toEqual([1, 2, 3, 4, 5, 6].map((n) => `line ${n} of 6`));
    shown.terminal.write('sleep 31416\r');
    shown.terminal.write('\u0003');
    await until('it to be interrupted', () => /\n\[130\] Box:.*\$ $/u.test(shown.text));
    shown.terminal.write('exit 5\r');
    expect(await shown.terminal.exited).toEqual({ code: 5, signal: null });
    await host.close();
    expect(host.hasSession).toBe(false);
  });

  test('[environment 11 restarted] the host is killed and started again: what ran is told, and the next command runs', async () => {
    await using trial = await openTrial();
    await using proxy = await FrameProxy.listen(1, 0);
    const { world, ready, running } = await behind(trial, proxy);
    await using host = client(proxy, ready);
    await host.reach(never);
    const shown = await shownTerminal(host, 'echo here; sleep 31417');
    await until('it', () => shown.text.includes('here'));
    running.child.kill('SIGKILL');
    await running.ended;
    const again = await world.serve('--config', join(world.root, 'config.json'));
    proxy.to = Number(new URL(again.ready.environment ?? '').port);
    host.retry();
    expect(await shown.terminal.exited).toEqual({ code: null, signal: null });
    expect(shown.text).toContain('started again, and knows nothing of what ran before');
    const next = await shownTerminal(host, 'echo anew; exit 3');
    expect(await next.terminal.exited).toEqual({ code: 3, signal: null });
    expect(next.text).toBe('anew\n');
  });
});
