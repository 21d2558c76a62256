import { methods, type TerminalHandle } from '@agentclientprotocol/sdk';
import { code, fence, reason } from '../content.ts';
import { textContent, type Tool, type Turn } from '../turn.ts';
import type { Command } from './command.ts';

export const run: Command = {
  name: 'run',
  description: 'Runs a command in a terminal of the client, after asking',
  hint: 'command, a harmless one when absent',
  run: runCommand,
};

interface Invocation {
  readonly command: string;
  readonly args: string[];
}

// Nothing but the shell: the terminal's machine may have no tools. No percent sign on Windows, where clients refuse it.
const harmless = {
  posix: String.raw`for n in 1 2 3 4; do printf '\033[3%dmstep %d of 4\033[0m\n' $n $n; sleep 0.25; done`,
  windows: 'echo step 1 of 2& ping -n 2 127.0.0.1 >nul& echo step 2 of 2',
};

function invocation(line: string, platform: NodeJS.Platform): Invocation {
  return platform === 'win32'
    ? { command: 'cmd.exe', args: ['/d', '/c', line] }
    : { command: '/bin/sh', args: ['-c', line] };
}

async function runCommand(turn: Turn, rest: string): Promise<void> {
  const { session, world, capabilities } = turn;
  if (session.settings.selected.mode === 'ask') {
    await turn.say('The mode is *Ask*, in which I run nothing. Switch it to *Code* and send `/run` again.');
    return;
  }
  if (!capabilities.terminal) {
    await turn.say('This client offers no terminals, so there is nothing that I could run a command in.');
    return;
  }
  const line = rest || (world.platform === 'win32' ? harmless.windows : harmless.posix);
  const what = invocation(line, world.platform);
  const language = world.platform === 'win32' ? 'bat' : 'sh';
  const call = {
    title: `Run ${line}`,
    kind: 'execute' as const,
    content: [textContent(fence(line, language))],
    rawInput: { ...what, cwd: session.cwd },
  };
  const tool = await turn.startTool(call);
  const toolCall = { toolCallId: tool.id, status: 'pending' as const, ...call };
  if (!(await turn.allows(`run:${line}`, toolCall, 'Always allow this command'))) {
    await tool.end('failed', { content: [...call.content, textContent('Rejected: nothing was run.')] });
    await turn.say('You said no, so nothing was run.');
    return;
  }
  await runAllowed(turn, tool, what);
}

async function runAllowed(turn: Turn, tool: Tool, what: Invocation): Promise<void> {
  const { id: sessionId, cwd } = turn.session;
  try {
    const created = turn.client.createTerminal({ sessionId, cwd, ...what, outputByteLimit: 256 * 1024 });
    // A terminal that is born after the cancel has nobody else to end it.
    created.then(
      (late) => turn.signal.aborted && release(turn, late),
      () => undefined,
    );
    const terminal = await turn.until(created);
    try {
      await tool.update({ status: 'in_progress', content: [{ type: 'terminal', terminalId: terminal.id }] });
      const { exitCode, signal } = await turn.until(terminal.waitForExit());
      await tool.end(exitCode === 0 ? 'completed' : 'failed', { rawOutput: { exitCode, signal } });
      await turn.say(
        signal ? `The command was ended by ${code(signal)}.` : `The command ended with exit code ${exitCode}.`,
      );
    } finally {
      // Not awaited: this runs after a cancel too, and a client slow to answer must not hold the turn open.
      release(turn, terminal);
    }
  } catch (error) {
    turn.signal.throwIfAborted();
    await tool.end('failed', { content: [textContent(reason(error))] });
    await turn.say(`The command could not be run: ${reason(error)}`);
  }
}

function release(turn: Turn, terminal: TerminalHandle): void {
  terminal.release().catch((error: unknown) => {
    turn.world.complain(`${methods.client.terminal.release} failed: ${reason(error)}`);
  });
}
