import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { windowOn } from '../faults/agentAtWorld.ts';
import { until } from '../tools/until.ts';

const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** As the page about it starts one. */
const start = async (...args: readonly string[]) => {
  const child = spawn(process.execPath, [fileOf('agentAt.ts'), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    const gone = once(child, 'exit');
    child.stdin.end();
    await gone;
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  const { agent, web } = JSON.parse(String(line));
  return {
    addresses: { agent: String(agent), web: String(web) },
    act: (words: string) => child.stdin.write(`${words}\n`),
  };
};

test.each(['agent', 'web'] as const)(
  '[acp address] the program serves the demo agent (%s), which is cut, resumed and goes on',
  async (way) => {
    const { addresses, act } = await start('--token', 'sesame', '--program', fileOf('../../src/demo/main.ts'));
    const it = windowOn(addresses[way], { secret: 'sesame' });
    const key = await it.open();
    expect(await it.prompt(key, 'plan')).toMatchObject({ reason: 'end_turn' });
    act('cut');
    await until('the cut to be known', () => it.session(key).link.state !== 'ready');
    await it.ready(key);
    expect(await it.prompt(key, 'plan')).toMatchObject({ reason: 'end_turn' });
    expect(it.lines.join('\n')).not.toContain('sesame');
  },
);
