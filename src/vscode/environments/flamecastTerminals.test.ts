import { describe, expect, test } from 'vitest';
import type { FlamecastHost } from '../../backends/flamecast/host.ts';
import { FlamecastTerminals } from './flamecastTerminals.ts';

const never = new AbortController().signal;
const OPTIONS = { columns: 80, rows: 24 };

/** Hosts that are asked for terminals, and what they were asked. */
const world = () => {
  const terminals = new FlamecastTerminals();
  const said: object[] = [];
  const host = (name: string) => ({
    name,
    host: {
      followTerminals: () => Promise.resolve(),
      say: (action: object) => void said.push(action),
    } as unknown as FlamecastHost,
  });
  const tell = (name: string, type: string, data: Readonly<Record<string, unknown>>): void =>
    terminals.hear(name, { type, data });
  return { terminals, said, host, tell };
};

describe('terminals of a Flamecast host', () => {
  test('[flamecast 11.9] the one that starts is the one that was asked for first, on that host', async () => {
    const { terminals, said, host, tell } = world();
    const [one, other] = [host('one'), host('other')];
    const first = terminals.open(one, { ...OPTIONS, line: 'ls' }, never);
    const second = terminals.open(other, OPTIONS, never);
    await Promise.resolve();
    expect(said).toEqual([
      { action: 'terminal.create', cols: 80, rows: 24, data: 'ls' },
      { action: 'terminal.create', cols: 80, rows: 24 },
    ]);
    tell('other', 'terminal.started', { terminalId: 't1' });
    tell('other', 'terminal.data', { terminalId: 't1', data: 'other' });
    tell('one', 'terminal.started', { terminalId: 't1' });
    tell('one', 'terminal.data', { terminalId: 't1', data: 'one' });
    const heard: string[] = [];
    for (const terminal of [await first, await second]) terminal.onData((text) => heard.push(text));
    expect(heard).toEqual(['one', 'other']);
    (await first).write('x\r');
    (await first).resize(100, 30);
    expect(said.slice(2)).toEqual([
      { action: 'terminal.input', terminalId: 't1', data: 'x\r' },
      { action: 'terminal.resize', terminalId: 't1', cols: 100, rows: 30 },
    ]);
    tell('one', 'terminal.exit', { terminalId: 't1', exitCode: 3 });
    expect(await (await first).exited).toEqual({ code: 3, signal: null });
    terminals.dispose();
    expect(await (await second).exited).toEqual({ code: null, signal: null });
  });

  test('[flamecast 5] a host that cannot open one says so; one that was started again has none of them', async () => {
    const { terminals, host, tell } = world();
    const refused = terminals.open(host('one'), OPTIONS, never);
    await Promise.resolve();
    tell('one', 'error', { message: 'terminal.create: no such shell' });
    await expect(refused).rejects.toMatchObject({ message: 'terminal.create: no such shell' });
    const opened = terminals.open(host('one'), OPTIONS, never);
    await Promise.resolve();
    tell('one', 'terminal.started', { terminalId: 't2' });
    const terminal = await opened;
    terminals.hear('one', undefined);
    expect(await terminal.exited).toEqual({ code: null, signal: null });
    terminals.dispose();
  });

  test('[flamecast 5] one that nobody waits for any longer is nobody’s', async () => {
    const { terminals, host, tell } = world();
    const left = new AbortController();
    const opened = terminals.open(host('one'), OPTIONS, left.signal);
    await Promise.resolve();
    left.abort(new Error('left'));
    await expect(opened).rejects.toThrow('left');
    tell('one', 'terminal.started', { terminalId: 't3' });
    terminals.dispose();
  });
});
