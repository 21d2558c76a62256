import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { never, openWorld } from '../../../src/backends/acp/testing.ts';
import { silent } from '../../../src/base/log.ts';
import { systemClock } from '../../../src/machine/clock.ts';
import { isDenied } from '../../../src/machine/environmentVariables.ts';
import { localEnvironment } from '../../../src/machine/local.ts';
import { MARKER } from '../../../src/machine/processTable.ts';
import type { Terminal } from '../../../src/router/ports.ts';
import { editorTerminals } from '../../../src/vscode/nodePty.ts';
import { AgentTerminals } from '../../../src/vscode/terminals.ts';
import { EditorWorkspace } from '../../../src/vscode/workspace.ts';
import { escapes } from '../../fakes/escapes.ts';
import { until } from '../../tools/until.ts';
import { folder, pathOf } from '../workspaceFolder.ts';

/** Not of the stable API, and there in tests only: what VS Code's own terminals are given to draw. */
const onDrawn = (listener: (event: { terminal: vscode.Terminal; data: string }) => void): vscode.Disposable => {
  const { onDidWriteTerminalData } = vscode.window as unknown as {
    onDidWriteTerminalData: vscode.Event<{ terminal: vscode.Terminal; data: string }>;
  };
  return onDidWriteTerminalData(listener);
};

/** As much of it as is kept, in UTF-16 units. */
const DRAWN = 1024 * 1024;

/** An agent whose terminals are real: commands in pseudo-terminals, drawn by this window. */
const openAgent = async () => {
  const local = localEnvironment({
    label: 'here',
    env: process.env,
    clock: systemClock,
    log: silent,
    startTerminal: editorTerminals(vscode.env.appRoot, systemClock, silent),
    forbiddenRoots: () => [folder()],
    guard: { admit: () => ({ variables: { [MARKER]: 'host-test' }, started: () => undefined }) },
  });
  const shown = new AgentTerminals(systemClock);
  const around = shown.around(local);
  const started: Terminal[] = [];
  const workspace = new EditorWorkspace({
    clock: systemClock,
    log: silent,
    diffs: { openMerge: () => Promise.resolve() },
  });
  const world = await openWorld(
    {},
    {},
    {
      workspace,
      terminal: async (options, signal) => {
        const terminal = await around.terminal(options, signal);
        started.push(terminal);
        return terminal;
      },
    },
  );
  const drawn = new Map<vscode.Terminal, string>();
  const cut = new Set<vscode.Terminal>();
  const drawing = onDrawn(({ terminal, data }) => {
    drawn.set(terminal, ((drawn.get(terminal) ?? '') + data).slice(-DRAWN));
    if (data.includes('characters are left out here')) cut.add(terminal);
  });
  const answers = new Map<unknown, PromiseWithResolvers<unknown>>();
  const hearing = (async () => {
    for (;;) {
      const { id, result, error } = await world.agent.next();
      answers.get(id)?.resolve(result ?? error);
    }
  })().catch(() => undefined);
  const ask = async (method: string, params: object): Promise<unknown> => {
    const id = world.clock.id();
    const answer = Promise.withResolvers<unknown>();
    answers.set(id, answer);
    await world.agent.say({ id, method: `terminal/${method}`, params: { sessionId: 's', ...params } });
    return await answer.promise;
  };
  const create = async (command: string, params: object = {}) => {
    const before = new Set(vscode.window.terminals);
    const answer = (await ask('create', { command, cwd: folder(), ...params })) as { terminalId?: string };
    const { terminalId } = answer;
    assert.ok(terminalId !== undefined, JSON.stringify(answer));
    const window = await until('its terminal', () => vscode.window.terminals.find((one) => !before.has(one)));
    return {
      terminalId,
      window,
      /** What stands in the terminal, as it was given to be drawn. */
      drawn: () => drawn.get(window) ?? '',
      leftOut: () => cut.has(window),
      output: async () => ((await ask('output', { terminalId })) as { output: string }).output,
      exit: () => ask('wait_for_exit', { terminalId }),
      release: () => ask('release', { terminalId }),
    };
  };
  return {
    world,
    ask,
    create,
    started,
    tail: (terminal: string): string | undefined =>
      world
        .events(world.key)
        .flatMap((event) =>
          event.kind === 'terminal/changed' && event.terminal.id === terminal ? [event.terminal] : [],
        )
        .at(-1)?.tail,
    async close(): Promise<void> {
      drawing.dispose();
      await world.backend[Symbol.asyncDispose]();
      await hearing;
      await Promise.all(started.map(({ exited }) => exited));
      shown.dispose();
      local.dispose();
    },
  };
};

type Agent = Awaited<ReturnType<typeof openAgent>>;

/** As a person types: into a terminal that they see, once it says that it is their turn. */
const typed = async (run: Awaited<ReturnType<Agent['create']>>, after: string, words: string): Promise<void> => {
  run.window.show(true);
  await until(`“${after}” to be drawn`, () => run.drawn().includes(after));
  run.window.sendText(words);
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

suite('the terminals of an agent in VS Code', () => {
  let agent: Agent;
  let outside = '';
  setup(async () => {
    outside = await realpath(await mkdtemp(join(tmpdir(), 'wheelhouse-outside-')));
    agent = await openAgent();
  });
  teardown(async () => {
    await agent.close();
    await rm(outside, { recursive: true, force: true });
    await rm(pathOf('t'), { recursive: true, force: true });
  });

  test('[terminal] [acp 4.2.10] a command runs in a real pseudo-terminal, and VS Code draws it', async () => {
    const run = await agent.create('test -t 0 && test -t 1 && test -t 2 && echo "a $TERM"');
    assert.deepEqual(await run.exit(), { exitCode: 0, signal: null });
    assert.equal(agent.started[0]?.kind, 'pty');
    assert.equal(await run.output(), 'a xterm-256color\n');
    await until('it to be drawn', () => run.drawn().includes('a xterm-256color\r\n'));
  });

  test('[terminal] colours are drawn and stand in the transcript; the agent gets the text', async () => {
    const run = await agent.create("printf '\\033[1;31mred\\033[0m\\n'");
    await run.exit();
    assert.equal(await run.output(), 'red\n');
    assert.equal(agent.tail(run.terminalId), '\u001b[1;31mred\u001b[0m\n');
    await until('it to be drawn', () => run.drawn().includes('\u001b[1;31mred\u001b[0m'));
  });

  test('[terminal] a person resizes it, and the command is told', async () => {
    const run = await agent.create('trap "stty size" WINCH; stty size; while :; do sleep 0.05; done');
    const rows = async (): Promise<number> => Number((await run.output()).trimEnd().split('\n').at(-1)?.split(' ')[0]);
    run.window.show(true);
    await until('it to be drawn', () => run.drawn() !== '');
    await vscode.commands.executeCommand('workbench.action.toggleMaximizedPanel');
    const tall = await until('a larger size', async () => ((await rows()) > 30 ? rows() : undefined));
    await vscode.commands.executeCommand('workbench.action.toggleMaximizedPanel');
    await until('a smaller size', async () => (await rows()) < tall);
    await run.release();
  });

  test('[terminal] a person types into it: words, and Ctrl+C', async () => {
    const run = await agent.create('echo ready; read line; echo "got $line"; sleep 1000');
    await typed(run, 'ready', 'hello');
    await until('the answer', async () => (await run.output()).includes('got hello\n'));
    run.window.sendText('\u0003', false);
    assert.deepEqual(await run.exit(), { exitCode: null, signal: 'SIGINT' });
  });

  test('[acp 4.1.8] the limit counts bytes from the end, on a character, however the characters were torn', async () => {
    await mkdir(pathOf('t'), { recursive: true });
    await writeFile(
      pathOf('t/slow.mjs'),
      `for (const byte of Buffer.from('a' + 'é🚀'.repeat(20))) { process.stdout.write(Buffer.of(byte)); await new Promise((next) => setImmediate(next)); }`,
    );
    const params = { args: [pathOf('t/slow.mjs')], outputByteLimit: 10 };
    const run = await agent.create(process.execPath, params);
    await run.exit();
    assert.deepEqual(await agent.ask('output', { terminalId: run.terminalId }), {
      output: '🚀é🚀',
      truncated: true,
      exitStatus: { exitCode: 0, signal: null },
    });
    const none = await agent.create(process.execPath, { ...params, outputByteLimit: 0 });
    await none.exit();
    assert.equal(await none.output(), '');
  });

  test('[acp 4.1.9] killed it keeps its id and its output; released it is still shown, and its id is gone', async () => {
    const run = await agent.create('echo so far; sleep 1000');
    await until('its output', async () => (await run.output()) === 'so far\n');
    assert.deepEqual(await agent.ask('kill', { terminalId: run.terminalId }), {});
    assert.deepEqual(await run.exit(), { exitCode: null, signal: 'SIGTERM' });
    assert.equal(await run.output(), 'so far\n');
    assert.deepEqual(await run.release(), {});
    assert.equal(((await agent.ask('output', { terminalId: run.terminalId })) as { code: number }).code, -32002);
    assert.ok(vscode.window.terminals.includes(run.window));
    assert.equal(run.window.exitStatus, undefined);
    await until('the end to be drawn', () => run.drawn().includes('so far\r\n') && run.drawn().includes('SIGTERM'));
  });

  test('[acp 4.1.9] many wait for the exit, before it, after it, and while it is released', async () => {
    const run = await agent.create('echo ready; read x');
    const before = [run.exit(), run.exit()];
    await typed(run, 'ready', 'x');
    const exit = { exitCode: 0, signal: null };
    for (const one of [...before, run.exit()]) assert.deepEqual(await one, exit);
    const other = await agent.create('sleep 1000');
    const waiting = other.exit();
    assert.deepEqual(await other.release(), {});
    assert.deepEqual(await waiting, { exitCode: null, signal: 'SIGTERM' });
  });

  test('[S25] [CVE-2026-25722] where it runs is inside and a folder, or the person is asked, or it is an error', async () => {
    await mkdir(pathOf('t/deleted'), { recursive: true });
    await symlink(outside, pathOf('t/link'));
    await symlink(pathOf('t/deleted'), pathOf('t/inner'));
    const inner = await agent.create('pwd -P', { cwd: pathOf('t/inner') });
    await inner.exit();
    assert.equal(await inner.output(), `${await realpath(pathOf('t/deleted'))}\n`);
    await rm(pathOf('t/deleted'), { recursive: true });
    const code = async (cwd: string): Promise<number> =>
      ((await agent.ask('create', { command: 'touch ran', cwd })) as { code: number }).code;
    assert.equal(await code('t'), -32602);
    assert.equal(await code('file:///tmp'), -32602);
    assert.equal(await code(pathOf('README.md')), -32602);
    assert.equal(await code(pathOf('t/deleted')), -32002);
    assert.equal(await code(pathOf('t/never')), -32002);
    const { world } = agent;
    for (const cwd of [outside, pathOf('t/link'), pathOf('../')]) {
      const answer = agent.ask('create', { command: 'touch ran', cwd });
      const question = await until('the question', () => {
        const last = world.events(world.key).at(-1);
        return last?.kind === 'question/asked' ? last.question : undefined;
      });
      assert.equal(question.guard?.kind, 'outside');
      if (cwd !== pathOf('../')) assert.equal(question.guard.detail, outside);
      const outcome = { kind: 'selected', option: 'reject' } as const;
      await world.backend.perform(
        world.key,
        { kind: 'question/answer', question: question.id, hash: question.hash, outcome },
        never,
      );
      assert.equal(((await answer) as { code: number }).code, -32603);
    }
    assert.equal(agent.started.length, 1);
  });

  test('[acp 4.1.9] a grandchild that holds the terminal keeps nobody waiting, and goes when it is released', async () => {
    const run = await agent.create('sh -c \'trap "" HUP; sleep 1000\' & echo "left $!"');
    assert.deepEqual(await run.exit(), { exitCode: 0, signal: null });
    const left = Number(/^left (\d+)\n$/u.exec(await run.output())?.[1]);
    assert.ok(isAlive(left));
    await run.release();
    await until('it to be gone', () => !isAlive(left));
  });

  test('[acp 4.1.7] what cannot be started is a terminal that says so', async () => {
    for (const [command, args, why] of [
      ['no-such-program', ['x'], /not on PATH/u],
      [pathOf('README.md'), ['x'], /There is no program/u],
    ] as const) {
      const run = await agent.create(command, { args });
      assert.deepEqual(await run.exit(), { exitCode: 127, signal: null });
      assert.match(await run.output(), why);
    }
  });

  test('[S30] nothing of the editor’s own environment reaches a command', async () => {
    assert.ok(Object.keys(process.env).some((name) => name.startsWith('VSCODE_')));
    const run = await agent.create('/usr/bin/env', { args: ['-0'], env: [{ name: 'ASKED', value: 'yes' }] });
    await run.exit();
    const names = (await run.output()).split(/[\0\n]/u).map((line) => line.split('=')[0] ?? '');
    assert.deepEqual(names.filter(isDenied), []);
    assert.ok((await run.output()).includes('ASKED=yes'));
  });

  test('[S29] hostile arguments arrive as they are, through a pseudo-terminal as well', async () => {
    await mkdir(pathOf('t'), { recursive: true });
    await writeFile(pathOf('t/argv.mjs'), 'console.log(JSON.stringify(process.argv.slice(2)))');
    const hostile = Array.from('"%^&|<>()!\'$`\\;*?[]{}~# \t\n\r-=/é🚀');
    const args = Array.from({ length: 2000 }, (_, index) =>
      Array.from({ length: index % 7 }, (_unused, at) => hostile[(index * 31 + at * 17) % hostile.length]).join(''),
    );
    const run = await agent.create(process.execPath, { args: [pathOf('t/argv.mjs'), ...args] });
    assert.deepEqual(await run.exit(), { exitCode: 0, signal: null });
    assert.deepEqual(JSON.parse(await run.output()), args);
  });

  test('[S45] [CVE-2026-47090] a thousand sequences change no clipboard, no name and no text, and no answer comes of them', async () => {
    await vscode.env.clipboard.writeText('mine');
    await mkdir(pathOf('t'), { recursive: true });
    // What asks the terminal is left out: programs need the answer, which is typed.
    const silentOnes = escapes().filter(
      ({ name }) => !/^CSI8? (?:[>=?]?[cqu]|\??\d+n|\?1004h|x|.*p$)|together|^ESC Z/u.test(name),
    );
    await writeFile(
      pathOf('t/escapes.txt'),
      silentOnes.map(({ sequence }, index) => `<${index}>${sequence}</${index}>`).join('\n'),
    );
    const run = await agent.create('cat t/escapes.txt; echo; stty -echo -icanon min 0 time 5; wc -c');
    const { name } = run.window;
    await run.exit();
    const expected = silentOnes.map((_, index) => `<${index}></${index}>`).join('\n');
    const seen = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029]/gu;
    const output = (await run.output()).replaceAll(seen, '').replaceAll('\r', '');
    assert.equal(output, `${expected}\n0\n`);
    await until('the end to be drawn', () => run.drawn().includes('exited with code 0'));
    // eslint-disable-next-line no-control-regex -- what is looked for
    assert.doesNotMatch(run.drawn(), /\u001b[\]PX^_](?!1[012];\?|4;\d+;\?)|[\u0080-\u009f]/u);
    assert.equal(run.window.name, name);
    assert.equal(await vscode.env.clipboard.readText(), 'mine');
  });

  test('[S32] a flood takes no memory, stops nobody, and its end is seen', async () => {
    const before = process.memoryUsage().rss;
    const line = 'x'.repeat(120);
    const run = await agent.create('sh', {
      args: ['-c', `yes ${line} | head -c 300000000; echo; echo the end`],
      outputByteLimit: 1_000_000,
    });
    run.window.show(true);
    let most = 0;
    let longest = 0;
    let last = performance.now();
    const watching = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 20);
    assert.deepEqual(await run.exit(), { exitCode: 0, signal: null });
    clearInterval(watching);
    const output = await run.output();
    assert.ok(output.endsWith('the end\n'));
    assert.ok(Buffer.byteLength(output) <= 1_000_000);
    assert.ok(most - before < 250e6, `${Math.round((most - before) / 1e6)} MB more`);
    assert.ok(longest < 1000, `nothing else ran for ${Math.round(longest)} ms`);
    await until('the end to be drawn', () => run.drawn().includes('the end\r\n'));
    assert.ok(run.leftOut(), 'three hundred megabytes were drawn');
  }).timeout(90_000);

  test('[terminal] closing the window ends the command, and the agent is told', async () => {
    const run = await agent.create('trap "echo bye; exit 3" TERM; echo $$; while :; do sleep 0.05; done');
    const pid = Number(await until('its number', async () => /^(\d+)\n/u.exec(await run.output())?.[1]));
    run.window.dispose();
    assert.deepEqual(await run.exit(), { exitCode: 3, signal: null });
    assert.match(await run.output(), /bye/u);
    assert.equal(isAlive(pid), false);
  });
});
