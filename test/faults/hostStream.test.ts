import { describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import { numbered, SHELL, StreamScene } from './streamScene.ts';

describe('the stream of a terminal of a host', { timeout: 240_000 }, () => {
  test('[terminal 9 viewers] two who look see the same under the same numbers, and come back to what they missed', async () => {
    await using scene = await StreamScene.open();
    const { host } = scene;
    const id = await host.start({ name: 'two', ...SHELL });
    const [one, two] = [await host.resume(id), await host.resume(id)];
    one.type('echo first-$((1+1))\r');
    for (const each of [one, two]) await each.saw('first-2');
    await two.leave();
    one.type('echo second-$((2+2))\r');
    await one.saw('second-4');
    const back = await host.resume(id, two.last);
    const resumed = await back.told('resumed');
    expect(resumed).toEqual({ type: 'resumed', from: two.last + 1, to: one.last, complete: true });
    expect(back.order.slice(2)).toEqual([...numbered(two.last + 1, one.last), 'resumed']);
    expect(two.text + back.text).toBe(one.text);
    expect(one.seqs).toEqual(numbered(1, one.last));
    // A second one is passed over; what is understood by nobody too.
    back.say({ type: 'resume', lastSeq: 0 });
    for (const each of ['5', 'null', '[]', '{"type":"later"}']) back.say(each);
    back.say('{');
    expect(await back.told('error')).toEqual({ type: 'error', code: 'bad_message', message: 'Invalid JSON' });
    // Also where it comes as bytes.
    back.say(
      { type: 'input', data: Buffer.from('echo th\u00efrd-$((4+4))\r').toString('base64'), encoding: 'base64' },
      true,
    );
    for (const each of [one, back]) await each.saw('th\u00efrd-8');
    await until('both to have it', () => one.last === back.last);
    expect(two.text + back.text).toBe(one.text);
    expect(back.messages.filter(({ type }) => type === 'resumed')).toHaveLength(1);
    const beyond = await host.resume(id, one.last + 1000);
    expect(await beyond.told('resumed')).toEqual({ type: 'resumed', from: null, to: null, complete: false });
  });

  test('[terminal 10 hold] who says nothing of what they have get what comes, a second later at most, and all of it once they do', async () => {
    await using scene = await StreamScene.open();
    const { host } = scene;
    const id = await host.start(SHELL);
    const first = await host.resume(id);
    first.type('echo one-$((1+0))\r');
    await first.saw('one-1');
    const silent = await host.open(id);
    const at = first.last;
    first.type('echo two-$((1+1))\r');
    await silent.saw('two-2');
    expect(silent.seqs[0]).toBe(at + 1);
    expect(silent.messages.some(({ type }) => type === 'resumed')).toBe(false);
    silent.say({ type: 'resume', lastSeq: 'no number' });
    expect(await silent.told('resumed')).toEqual({ type: 'resumed', from: 1, to: first.last, complete: true });
    const replayed = silent.order.slice(silent.order.lastIndexOf(1), silent.order.indexOf('resumed'));
    expect(replayed).toEqual(numbered(1, first.last));
  });

  test('[terminal 10 snapshot] shows the screen up to its number, and takes none', async () => {
    await using scene = await StreamScene.open();
    const { host } = scene;
    const id = await host.start({ ...SHELL, cols: 30, rows: 6 });
    const caller = await host.resume(id);
    caller.type('printf "\\033[31mred\\033[0m\\n"; echo end-$((1+1))\r');
    await caller.saw('end-2');
    const { seq, text } = await caller.snapshot();
    expect(seq).toBe(caller.last);
    expect(text).toContain('\u001b[0;31mred\u001b[m');
    caller.type('echo more\r');
    await caller.saw('\nmore');
    expect(caller.seqs).toEqual(numbered(1, caller.last));
    caller.say({ type: 'resize', cols: 5000, rows: 3 });
    // Its program asks the terminal whenever it likes, and a size takes a moment to get there.
    caller.type('until [ "$(stty size)" = "3 1000" ]; do sleep 0.05; done; echo size-$((1+1))\r');
    await caller.saw('size-2');
  });

  test('[terminal 10 exit] the end is told, also to who comes later, and by its name it goes on', async () => {
    await using scene = await StreamScene.open();
    const { host } = scene;
    const id = await host.start({ name: 'job', command: '/bin/sh', args: ['-c', 'echo done; read x; exit 7'] });
    const caller = await host.resume(id);
    await caller.saw('done');
    caller.type('\r');
    expect(await caller.told('exit')).toEqual({ type: 'exit', exitCode: 7, signal: null });
    await until('its end', () => caller.closed);
    expect(caller.closed).toBe(1000);
    expect(await host.get('/sessions')).toMatchObject([{ id, ended: true }]);
    const late = await host.resume(id);
    await until('its end', () => late.closed);
    expect(late.order).toEqual(['session-meta', 'state', ...caller.seqs, 'resumed', 'exit']);
    expect(late.text).toBe(caller.text);
    // Who does not say what they have are told as well.
    const silent = await host.open(id);
    await until('its end', () => silent.closed);
    expect(silent.order).toEqual(['session-meta', 'state', 'exit']);
    expect(await host.start({ name: 'job', command: '/bin/sh', args: ['-c', 'echo again; sleep 1000'] })).toBe(id);
    const again = await host.resume(id, caller.last);
    await again.saw('again');
    expect(again.seqs[0]).toBe(caller.last + 1);
    // While it runs, another one by that name is another one.
    expect(await host.start({ name: 'job', ...SHELL })).not.toBe(id);
    again.say({ type: 'signal', name: 'KILL' });
    const { exitCode, signal } = await again.told('exit');
    // The program “script” tells of a signal by a number, as shells do.
    expect(signal ?? exitCode).toBe(signal === null ? 137 : 'SIGKILL');
  });

  test('[terminal 10 signal] reaches what runs in the foreground, and the shell goes on', async () => {
    await using scene = await StreamScene.open();
    const { host, trial } = scene;
    const id = await host.start(SHELL);
    const caller = await host.resume(id);
    for (const name of ['INT', 'TERM', 'KILL'] as const) {
      caller.type(`echo ${name}-$((1+0)); sleep 1000; echo after-${name}-$((1+1))\r`);
      await caller.saw(`${name}-1`);
      const sleeping = async (): Promise<number> =>
        (await trial.look()).filter(({ command }) => command.startsWith('sleep 1000')).length;
      await until('it to sleep', async () => (await sleeping()) === 1);
      caller.say({ type: 'signal', name });
      await until('it to end', async () => (await sleeping()) === 0);
    }
    caller.type('echo still-$((2+2))\r');
    await caller.saw('still-4');
    expect(caller.messages.some(({ type }) => type === 'exit')).toBe(false);
  });

  test('[terminal 10 state] is what the program says of itself, and nothing is guessed', async () => {
    await using scene = await StreamScene.open();
    const { host } = scene;
    const id = await host.start({ command: '/bin/cat', args: [] });
    const caller = await host.resume(id);
    const said: unknown[] = [];
    for (const [osc, state] of [
      ['777;state;thinking', { value: 'thinking' }],
      ['777;state;tool;grep', { value: 'tool', tool: 'grep' }],
      ['777;state;dancing', undefined],
      ['9;4;4', { value: 'awaiting-input' }],
      ['9;4;0', { value: 'idle' }],
    ] as const) {
      caller.type(`\u001b]${osc}\u0007#${osc}#\r`);
      await caller.saw(`#${osc}#\r\n`);
      await until('its echo', () => caller.text.split(`#${osc}#`).length > 2);
      if (state !== undefined) said.push({ type: 'state', ...state, ts: expect.any(Number) });
    }
    const told = caller.messages.filter(({ type }) => type === 'state').slice(1);
    expect(told).toEqual(said);
  });
});
