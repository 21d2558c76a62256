import { Failure, PeerError } from '../../base/failure.ts';
import { RPC } from '../../base/rpc.ts';
import { withoutColours } from '../../base/terminalText.ts';
import { makeVisible } from '../../base/visibleText.ts';
import { isFields, isText, type Fields } from '../../model/fold/read.ts';
import { parseCommandLine, type Shell } from '../../router/commandLine.ts';
import type { CommandRequest } from '../../router/gate.ts';
import { isAbsolutePath } from '../../protocol/acp/agent.ts';
import { ACP_ERROR } from '../../protocol/acp/errors.ts';
import { LIMITS } from '../../router/limits.ts';
import type { BackendContext, ExitStatus, Terminal, TerminalOptions } from '../../router/ports.ts';
import { SHELL } from './asking.ts';
import { OutputBuffer } from './outputBuffer.ts';
import type { AcpSession } from './session.ts';
import { TerminalLook } from './terminalLook.ts';

const COLUMNS = 120;
const ROWS = 30;
/** A pager in a terminal waits for a key that an agent never presses. */
const UNPAGED = { PAGER: 'cat', GIT_PAGER: 'cat' } as const;

/** The terminals of one session (protocol §3): ids of another one do not exist here. */
export class SessionTerminals {
  readonly #session: AcpSession;
  readonly #context: BackendContext;
  readonly #terminals = new Map<string, AgentTerminal>();
  #starting = 0;
  #ended = false;

  constructor(session: AcpSession, context: BackendContext) {
    this.#session = session;
    this.#context = context;
  }

  async create(params: Fields, signal: AbortSignal): Promise<{ terminalId: string }> {
    if (this.#terminals.size + this.#starting >= LIMITS.agentTerminals) {
      throw new Failure('busy', `This session has ${LIMITS.agentTerminals} terminals open: release one first.`);
    }
    const asked = readCommand(params, this.#session.cwd);
    const limit = readLimit(params['outputByteLimit']);
    const id = this.#context.clock.id();
    this.#starting += 1;
    try {
      const { shell = SHELL, where } = this.#context.environment;
      const shown = where === undefined ? typed(asked) : `${typed(asked)} · ${where}`;
      const cwd = await this.#session.gate.run(requestOf(asked, shown, shell), signal);
      const owner = { session: this.#session.key, terminal: id };
      const terminal = await this.#context.environment.terminal(optionsOf({ ...asked, cwd }, owner), signal);
      if (this.#ended || signal.aborted) {
        // What it still writes would be kept for a first listener.
        terminal.onData(() => undefined);
        await terminal[Symbol.asyncDispose]();
        throw new Failure('gone', 'The session was closed.');
      }
      this.#terminals.set(
        id,
        new AgentTerminal({ id, command: makeVisible(shown, 'many'), limit, terminal, session: this.#session }),
      );
    } finally {
      this.#starting -= 1;
    }
    return { terminalId: id };
  }

  output(params: Fields): object {
    const terminal = this.#get(params);
    return { ...terminal.output(), ...(terminal.exit === undefined ? {} : { exitStatus: exitStatus(terminal.exit) }) };
  }

  async waitForExit(params: Fields): Promise<object> {
    return exitStatus(await this.#get(params).exited);
  }

  /** The id stays good: output and exit can still be asked for. */
  kill(params: Fields): object {
    this.#get(params).kill();
    return {};
  }

  /** Kills, and the id is no longer good; what it showed stays in the transcript. */
  release(params: Fields): object {
    const terminal = this.#get(params);
    this.#terminals.delete(terminal.id);
    terminal.release();
    return {};
  }

  /** Releases every one. */
  end(): void {
    this.#ended = true;
    for (const terminal of this.#terminals.values()) terminal.release();
    this.#terminals.clear();
  }

  #get(params: Fields): AgentTerminal {
    const id = params['terminalId'];
    const terminal = isText(id) ? this.#terminals.get(id) : undefined;
    if (terminal === undefined)
      throw new PeerError(ACP_ERROR.notFound, 'There is no such terminal in this session.', { terminalId: id });
    return terminal;
  }
}

class AgentTerminal {
  readonly id: string;
  readonly exited: Promise<ExitStatus>;
  exit: ExitStatus | undefined;
  readonly #terminal: Terminal;
  readonly #kept: OutputBuffer;
  readonly #look: TerminalLook;

  constructor(parts: { id: string; command: string; limit: number; terminal: Terminal; session: AcpSession }) {
    this.id = parts.id;
    this.#terminal = parts.terminal;
    this.#kept = new OutputBuffer(parts.limit);
    this.#look = new TerminalLook(parts.session, parts.id, parts.command);
    this.exited = parts.terminal.exited;
    const drawn = parts.terminal.kind === 'pty';
    parts.terminal.onData((chunk) => {
      const text = this.#look.append(chunk);
      // Before it is cut to the limit: a sequence that lost its beginning would be text.
      this.#kept.append(drawn ? withoutColours(text) : chunk);
    });
    void this.exited.then((exit) => {
      this.exit = exit;
      this.#look.end(exit);
    });
  }

  output(): { output: string; truncated: boolean } {
    return { output: this.#kept.text(), truncated: this.#kept.truncated };
  }

  kill(): void {
    this.#terminal.kill();
  }

  release(): void {
    // Ends by itself; what comes of it is shown at its exit.
    Promise.resolve(this.#terminal[Symbol.asyncDispose]()).catch(() => undefined);
    this.#look.release();
  }
}

interface AskedCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * `command` with arguments is run as it is. Without any it is taken for a whole line of the shell: that is what agents
 * mean that send `cd x && make`, and for a single word it comes to the same.
 */
const readCommand = (params: Fields, sessionCwd: string): AskedCommand => {
  const { command, args, cwd, env } = params;
  if (!isWord(command) || command.trim() === '') throw invalid('command');
  if (args !== undefined && args !== null && !(Array.isArray(args) && args.every(isWord))) throw invalid('args');
  if (cwd !== undefined && cwd !== null && !isAbsolutePath(cwd)) throw invalid('cwd', 'it must be an absolute path');
  return {
    command,
    args: Array.isArray(args) ? args : [],
    cwd: isText(cwd) ? cwd : sessionCwd,
    env: readVariables(env),
  };
};

/** The operating system ends a word at a NUL: it would run another command than the one that is shown. */
const isWord = (value: unknown): value is string => isText(value) && !value.includes('\0');

/** What rules and the person judge. With variables of the agent's it is no literal command any more. */
const requestOf = (asked: AskedCommand, shown: string, shell: Shell): CommandRequest => {
  const argv = asked.args.length === 0 ? parseCommandLine(asked.command, shell) : [asked.command, ...asked.args];
  const literal = argv !== undefined && Object.keys(asked.env).length === 0;
  return { shown, cwd: asked.cwd, ...(literal ? { argv } : {}) };
};

const optionsOf = (
  { command, args, cwd, env }: AskedCommand,
  owner: NonNullable<TerminalOptions['owner']>,
): TerminalOptions => ({
  name: command,
  command,
  args,
  ...(args.length === 0 ? { shell: true } : {}),
  cwd,
  env: { ...UNPAGED, ...env },
  columns: COLUMNS,
  rows: ROWS,
  owner,
});

/** A name that comes twice has the value that came last. */
const readVariables = (env: unknown): Record<string, string> => {
  if (env === undefined || env === null) return {};
  if (!Array.isArray(env)) throw invalid('env');
  const variables: Record<string, string> = {};
  for (const item of env as readonly unknown[]) {
    if (!isFields(item) || !isWord(item['name']) || !isWord(item['value']) || !/^[^=]+$/u.test(item['name']))
      throw invalid('env');
    variables[item['name']] = item['value'];
  }
  return variables;
};

const readLimit = (limit: unknown): number => {
  if (limit === undefined || limit === null) return LIMITS.terminalOutputUnasked;
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 0) throw invalid('outputByteLimit');
  return Math.min(limit, LIMITS.terminalOutput);
};

/** As one would type it, so that nobody takes two words for one, and with the variables, which may change everything. */
const typed = ({ command, args, env }: AskedCommand): string =>
  [...Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}`), command, ...args.map(quoted)].join(' ');

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

const exitStatus = ({ code, signal }: ExitStatus): object => ({ exitCode: code, signal });

const invalid = (name: string, why?: string): PeerError =>
  new PeerError(RPC.invalidParams, `Invalid params: ${name}${why === undefined ? '' : `, ${why}`}`);
