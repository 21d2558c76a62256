import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { until } from '../../../test/tools/until.ts';
import type { TerminalView } from '../../model/session.ts';
import type { Terminal } from '../../router/ports.ts';
import { intro, keyOf, never, openWorld, probe, update } from './testing.ts';

type World = Awaited<ReturnType<typeof openWorld>>;

/** Asks for something and gives the answer: its result, or its error's code. */
const ask = async (world: World, method: string, params: object): Promise<unknown> => {
  const id = world.clock.id();
  await world.agent.say({ id, method: `terminal/${method}`, params: { sessionId: 's', ...params } });
  const answer = await world.agent.next();
  expect(answer['id']).toBe(id);
  return answer['result'] ?? (answer['error'] as { code: number }).code;
};
const create = async (world: World, params: object = {}) => {
  const { terminalId } = (await ask(world, 'create', { command: 'make', args: ['all'], ...params })) as {
    terminalId: string;
  };
  const terminal = world.terminals.at(-1);
  if (terminal === undefined) throw new Error('no terminal was started');
  return { terminalId, terminal };
};
const views = (world: World): TerminalView[] =>
  world.events(world.key).flatMap((event) => (event.kind === 'terminal/changed' ? [event.terminal] : []));

describe('terminals of an agent', () => {
  test('[acp 3] [acp 4.1.7] arguments are handed on as they are; a command without any is a line for the shell', async () => {
    const world = await openWorld();
    const first = await create(world, {
      cwd: '/ws/project/sub',
      env: [
        { name: 'A', value: '1' },
        { name: 'A', value: 'two\nlines' },
      ],
    });
    expect(first.terminal.options).toMatchObject({
      command: 'make',
      args: ['all'],
      cwd: '/ws/project/sub',
      env: { A: 'two\nlines', PAGER: 'cat', GIT_PAGER: 'cat' },
      owner: { session: 'k', terminal: first.terminalId },
    });
    expect(first.terminal.options.shell).toBeUndefined();
    for (const args of [[], undefined, null]) {
      const { terminal } = await create(world, { command: 'cd x && make', args });
      expect(terminal.options).toMatchObject({ command: 'cd x && make', args: [], shell: true, cwd: '/ws/project' });
    }
  });

  test('[environment] where commands run elsewhere, what is shown of one says where', async () => {
    const world = await openWorld({}, {}, { where: 'The Box' });
    await create(world, { args: ['all', 'tests too'] });
    expect(views(world).at(-1)?.command).toBe("make all 'tests too' · The Box");
  });

  test('[acp 3] [acp 4.1.7] what cannot be run is refused', async () => {
    const world = await openWorld();
    const wrong = [
      { command: '' },
      { command: 3 },
      { args: 'x' },
      { args: [1] },
      { cwd: 'relative' },
      { cwd: 'file:///tmp' },
      { env: {} },
      { env: [{ name: 'A=B', value: '' }] },
      { env: [{ name: '', value: '' }] },
      { env: [{ name: 'A', value: 'a\0b' }] },
      { command: 'ls\0-la' },
      { args: ['a\0b'] },
      { outputByteLimit: -1 },
      { outputByteLimit: 1.5 },
    ];
    for (const params of wrong) expect(await ask(world, 'create', { command: 'ls', args: [], ...params })).toBe(-32602);
    expect(world.terminals).toEqual([]);
  });

  test('[S25] [CVE-2026-25722] outside of the workspace no command runs before the person said so', async () => {
    const world = await openWorld();
    for (const [option, outcome] of [
      ['allow', { terminalId: expect.any(String) as string }],
      ['reject', -32603],
    ] as const) {
      const before = world.terminals.length;
      const answer = ask(world, 'create', { cwd: '/etc', command: 'make', env: [{ name: 'A', value: 'b c' }] });
      const question = await until('the question', () => {
        const last = world.events(world.key).at(-1);
        return last?.kind === 'question/asked' ? last.question : undefined;
      });
      expect(question).toMatchObject({
        guard: { kind: 'outside', detail: '/etc' },
        tool: { toolKind: 'execute', rawInput: { command: "A='b c' make", cwd: '/etc' } },
      });
      expect(world.terminals).toHaveLength(before);
      await world.backend.perform(
        world.key,
        {
          kind: 'question/answer',
          question: question.id,
          hash: question.hash,
          outcome: { kind: 'selected', option },
        },
        never,
      );
      expect(await answer).toEqual(outcome);
      expect(world.terminals).toHaveLength(option === 'allow' ? before + 1 : before);
    }
    expect(world.terminals.at(-1)?.options.cwd).toBe('/etc');
  });

  test('[S28] rules decide over a literal command, its arguments given or on a line; a variable makes it another', async () => {
    const world = await openWorld();
    world.rules.push({ id: 'r', tool: 'execute', match: ['npm', 'publish'], decision: 'deny', scope: 'session' });
    expect(await ask(world, 'create', { command: 'npm', args: ['publish'] })).toBe(-32603);
    expect(await ask(world, 'create', { command: 'npm publish' })).toBe(-32603);
    expect(world.terminals).toEqual([]);
    await create(world, { command: 'npm', args: ['test'] });
  });

  test('[acp 3] [acp 4.1.8] output keeps the last bytes that were asked for, on a character boundary', async () => {
    const world = await openWorld();
    const { terminalId, terminal } = await create(world, { outputByteLimit: 5 });
    terminal.print('aé');
    expect(await ask(world, 'output', { terminalId })).toEqual({ output: 'aé', truncated: false });
    terminal.print('🚀b');
    expect(await ask(world, 'output', { terminalId })).toEqual({ output: '🚀b', truncated: true });
    terminal.print('c');
    expect(await ask(world, 'output', { terminalId })).toEqual({ output: 'bc', truncated: true });
    const none = await create(world, { outputByteLimit: 0 });
    none.terminal.print('x');
    expect(await ask(world, 'output', { terminalId: none.terminalId })).toEqual({ output: '', truncated: true });
  });

  test('[acp 3] [acp 4.1.9] many may wait for the exit, before and after it; the output is there afterwards', async () => {
    const world = await openWorld();
    const { terminalId, terminal } = await create(world);
    const waits = ['a', 'b'].map((id) => ({
      id,
      method: 'terminal/wait_for_exit',
      params: { sessionId: 's', terminalId },
    }));
    await world.agent.say(...waits);
    terminal.print('done\n');
    terminal.end({ code: 2, signal: null });
    const exit = { exitCode: 2, signal: null };
    expect([(await world.agent.next())['result'], (await world.agent.next())['result']]).toEqual([exit, exit]);
    expect(await ask(world, 'wait_for_exit', { terminalId })).toEqual(exit);
    expect(await ask(world, 'output', { terminalId })).toEqual({
      output: 'done\n',
      truncated: false,
      exitStatus: exit,
    });
  });

  test('[acp 3] [acp 4.1.9] kill keeps the id; release takes it, ends what runs, answers who waits, and leaves the transcript its output', async () => {
    const world = await openWorld();
    const { terminalId, terminal } = await create(world);
    terminal.print('so far');
    expect(await ask(world, 'kill', { terminalId })).toEqual({});
    expect(terminal.killed).toBe(1);
    expect(await ask(world, 'output', { terminalId })).toMatchObject({
      output: 'so far',
      exitStatus: { exitCode: null, signal: 'SIGTERM' },
    });
    const other = await create(world);
    await world.agent.say({
      id: 'w',
      method: 'terminal/wait_for_exit',
      params: { sessionId: 's', terminalId: other.terminalId },
    });
    await world.agent.say({
      id: 'r',
      method: 'terminal/release',
      params: { sessionId: 's', terminalId: other.terminalId },
    });
    const answers = [await world.agent.next(), await world.agent.next()];
    expect(Object.fromEntries(answers.map(({ id, result }) => [id, result]))).toEqual({
      r: {},
      w: { exitCode: null, signal: 'SIGKILL' },
    });
    expect(other.terminal.disposed).toBe(true);
    for (const method of ['output', 'wait_for_exit', 'kill', 'release'])
      expect(await ask(world, method, { terminalId: other.terminalId })).toBe(-32002);
    expect(await ask(world, 'release', { terminalId })).toEqual({});
    expect(views(world).findLast((view) => view.id === terminalId)).toMatchObject({
      tail: 'so far',
      released: true,
      exit: { signal: 'SIGTERM' },
    });
  });

  test('[acp 3] [acp 4.1.10] [S32] ids of another session do not exist, and 64 are enough', async () => {
    const world = await openWorld();
    const second = world.backend.create(keyOf('k2'), { cwd: '/ws' }, never);
    await world.agent.answer('session/new', { sessionId: 's2' });
    await second;
    const { terminalId, terminal } = await create(world);
    terminal.print('of the first');
    for (const method of ['output', 'wait_for_exit', 'kill', 'release'])
      expect(await ask(world, method, { terminalId, sessionId: 's2' })).toBe(-32002);
    expect([terminal.killed, terminal.disposed]).toEqual([0, false]);
    expect(await ask(world, 'output', { terminalId })).toMatchObject({ output: 'of the first' });
    for (let open = 1; open < 64; open += 1) await create(world);
    expect(await ask(world, 'create', { command: 'ls', args: ['x'] })).toBe(-32000);
    expect(await ask(world, 'release', { terminalId })).toEqual({});
    await create(world);
  });

  test('[acp 3] the transcript sees ten looks a second at the most, never more than 8 KiB, and always the last one', async () => {
    const world = await openWorld();
    const { terminal } = await create(world);
    for (let ms = 0; ms < 1000; ms += 1) {
      terminal.print('0123456789');
      world.clock.advance(1);
    }
    const looks = views(world);
    expect(looks.length).toBeLessThanOrEqual(12);
    expect(looks.every((view) => Buffer.byteLength(view.tail) <= 8 * 1024)).toBe(true);
    terminal.print('\u001b[31mthe\u001b[0m \u001b[2Jend\r\n');
    terminal.end({ code: 0, signal: null });
    await ask(world, 'output', { terminalId: 'none' });
    expect(views(world).at(-1)).toMatchObject({
      command: 'make all',
      tail: expect.stringContaining('0123456789\u001b[31mthe\u001b[0m end\n') as string,
      bytes: 10_022,
      exit: { code: 0, signal: null },
      released: false,
    });
    expect(world.clock.waiting).toBe(0);
  });

  test('[acp 4.1.9] whoever waits is told the same, whenever it asked and whatever happens at the same time', async () => {
    const step = fc.constantFrom('wait', 'wait', 'wait', 'kill', 'exit', 'output');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), fc.boolean(), async (steps, inOneBatch) => {
        const world = await openWorld();
        const { terminalId, terminal } = await create(world);
        const asked = steps.flatMap((what, index) => {
          const method = { wait: 'wait_for_exit', kill: 'kill', output: 'output', exit: undefined }[what];
          return method === undefined ? [] : [{ id: `${what} ${index}`, method: `terminal/${method}` }];
        });
        const messages = [...asked, { id: 'release', method: 'terminal/release' }].map((message) => ({
          ...message,
          params: { sessionId: 's', terminalId },
        }));
        if (inOneBatch) await world.agent.say(...messages);
        else for (const message of messages) await world.agent.say(message);
        if (steps.includes('exit')) terminal.end({ code: 0, signal: null });
        const answers = new Map<unknown, unknown>();
        while (answers.size < messages.length) {
          const { id, result } = await world.agent.next();
          answers.set(id, result);
        }
        const exits = [...answers].flatMap(([id, result]) => (String(id).startsWith('wait') ? [result] : []));
        // Ended by itself, by kill or by release: never both a code and a signal, and for all the same.
        for (const exit of exits) expect(exit).toEqual(exits[0]);
        if (exits.length > 0) expect(Object.values(exits[0] as object).filter((part) => part !== null)).toHaveLength(1);
        await world.backend[Symbol.asyncDispose]();
      }),
      { numRuns: 100 },
    );
  });

  test('[S45] what a pseudo-terminal wrote is plain text for its agent, and the limit counts that text', async () => {
    let print: (text: string) => void = () => undefined;
    const pty: Terminal = {
      pid: 1,
      kind: 'pty',
      onData: (listener) => ((print = listener), { dispose: () => undefined }),
      write: () => undefined,
      resize: () => undefined,
      kill: () => undefined,
      exited: new Promise(() => undefined),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    const world = await openWorld({}, {}, { terminal: () => Promise.resolve(pty) });
    const { terminalId } = (await ask(world, 'create', { command: 'make', outputByteLimit: 8 })) as {
      terminalId: string;
    };
    print('\u001b[1;31mré');
    print('d\u001b[0m\r');
    print('\n\u001b]52;c;ZXZp');
    expect(await ask(world, 'output', { terminalId })).toEqual({ output: 'réd\n', truncated: false });
    print('bA==\u0007');
    for (let line = 0; line < 1000; line += 1) print('\u001b[2K\r\u001b[32m.\u001b[0m\r\n');
    expect(await ask(world, 'output', { terminalId })).toEqual({
      output: '\r.\n\r.\n\r.\n'.slice(-8),
      truncated: true,
    });
    world.clock.advance(1000);
    // Cut to its last 8 KiB, and no colour is cut in two.
    expect(views(world).at(-1)?.tail).toMatch(/^(?:\r\u001b\[32m\.\u001b\[0m\n)+$/u);
  });

  test('[S31] a command is shown as it would be typed, and nothing of it is unseen', async () => {
    const world = await openWorld();
    for (const [command, args, shown] of [
      ['rm', ['-rf', 'a b', "it's"], "rm -rf 'a b' 'it'\\''s'"],
      ['ls', [''], "ls ''"],
      ['echo', ['\u202egpj.exe', 'a\u001b[2Jb'], "echo '⟨U+202E⟩gpj.exe' 'a⟨U+001B⟩[2Jb'"],
      ['cd x && make', [], 'cd x && make'],
    ] as const) {
      await create(world, { command, args });
      expect(views(world).at(-1)?.command).toBe(shown);
    }
  });

  test('[acp 3] they end with their session and with their agent', async () => {
    const world = await openWorld();
    const { terminal } = await create(world);
    await world.agent.exit({ code: 0, signal: null });
    await world.backend[Symbol.asyncDispose]();
    expect(terminal.disposed).toBe(true);
    const other = await openWorld(intro);
    const shown = await create(other);
    const closed = other.backend.perform(other.key, { kind: 'close' }, never);
    await other.agent.answer('session/close', {});
    await closed;
    expect(shown.terminal.disposed).toBe(true);
  });
});

describe('terminals that an agent only tells of', () => {
  test('[acp 10 codex] their output, which stands in _meta alone, is shown like that of any other', async () => {
    const world = await openWorld();
    const call = {
      sessionUpdate: 'tool_call',
      toolCallId: 't',
      title: 'seq 2',
      content: [{ type: 'terminal', terminalId: 'x' }],
    };
    const delta = (data: string) => ({ terminal_output_delta: { terminal_id: 'x', data } });
    await world.agent.say(
      update({ ...call, _meta: { terminal_info: { terminal_id: 'x', cwd: '/ws' } } }),
      update({ sessionUpdate: 'tool_call_update', toolCallId: 't', _meta: delta('1\r\n') }),
      update({
        sessionUpdate: 'tool_call_update',
        toolCallId: 't',
        status: 'completed',
        _meta: { ...delta('2\r\n'), terminal_exit: { terminal_id: 'x', exit_code: 0, signal: null } },
      }),
    );
    await probe(world);
    expect(views(world).at(-1)).toEqual({
      id: 'x',
      command: 'seq 2',
      tail: '1\n2\n',
      bytes: 6,
      exit: { code: 0, signal: null },
      released: false,
    });
    expect(world.clock.waiting).toBe(0);
  });
});
