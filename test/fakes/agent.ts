/** A raw ACP agent on stdio that misbehaves as it is told to. `node test/fakes/agent.ts --help` */
import { appendFileSync, existsSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Auth, login } from './auth.ts';
import type { Behaviour } from './behaviours/behaviour.ts';
import { settings } from './behaviours/process.ts';
import { behaviours, find } from './behaviours/table.ts';
import { initialFlags, type Flags } from './flags.ts';
import { Script } from './script.ts';
import { SessionOptions } from './sessionOptions.ts';
import { Turn, type Memory } from './turn.ts';
import { at, isObject, linesOf, Wire, type Json } from './wire.ts';

interface Invocation {
  readonly flags: Flags;
  readonly script: string | undefined;
  readonly record: string | undefined;
  readonly login: boolean;
  /** What a prompt without a command of its own does, in order. */
  readonly always: readonly (readonly [Behaviour, string])[];
}

interface Session {
  readonly cwd: string;
  readonly mcpServers: unknown;
  readonly memory: Memory;
  readonly options: SessionOptions;
  running?: AbortController;
}

function help(): string {
  const row = (name: string, about: string): string => `  ${name.padEnd(28)} ${about}`;
  return [
    'A fake ACP agent on stdin and stdout. In a prompt, `name argument` does the same as the switch `--name argument`;',
    'a switch holds for every prompt that begins with no name. `help` in a prompt lists the names.',
    '',
    ...behaviours.map(({ name, argument, about }) => row(`--${name} ${argument ?? ''}`, about)),
    row('--chunk TEXT', 'the text of every chunk of a burst, instead of markdown'),
    row('--script FILE', 'plays the steps of a JSON file and does nothing else (test/fakes/script.ts)'),
    row('--record FILE', 'appends every line that arrives'),
    row(
      '--login',
      'asks in the terminal who the person is, for `--auth-file`, and does nothing else; `nobody` ends with 3',
    ),
    '',
  ].join('\n');
}

function invocation(args: string[]): Invocation | undefined {
  const text = { type: 'string' } as const;
  const own = { chunk: text, script: text, record: text, login: { type: 'boolean' } } as const;
  const named = behaviours.map(({ name, argument }) => [name, { type: argument ? 'string' : 'boolean' }] as const);
  const options = { help: { type: 'boolean' }, ...own, ...Object.fromEntries(named) } as const;
  const { values } = parseArgs({ args, options, strict: true });
  if (values.help) return undefined;
  const given = new Map(Object.entries(values));
  const value = (name: string): string => String(given.get(name) ?? '');
  const flags: Flags = {
    chunk: values.chunk,
    version: given.has('version') ? Number(value('version')) : 1,
    auth: given.has('auth'),
    authMethods: value('auth-methods') || 'agent',
    authAt: value('auth-at') || 'new',
    authFile: value('auth-file'),
    authFails: given.has('auth-fails'),
    authWaits: given.has('auth-waits'),
    logout: given.has('logout'),
    sameSessionId: given.has('same-session-id'),
    earlyUpdates: given.has('copilot-early-updates'),
    resume: given.has('resume'),
    load: given.has('load'),
    latePast: given.has('gemini-late-past'),
    folders: given.has('folders'),
    forget: given.has('forget'),
    forgetCode: Number(value('forget-code') || -32002),
    name: value('name') || 'fake',
    options: given.has('options') ? value('options') : undefined,
    second: value('second-prompt') || 'queue',
    newest: given.has('newest'),
    mcpHttp: given.has('mcp-http'),
    fork: given.has('fork'),
    slowExit: Number(value('slow-exit') || 0),
    echo: given.has('echo'),
    crashWhile: given.has('crash-while') ? value('crash-while') : undefined,
    ignoreEof: given.has('ignore-eof'),
    ignoreSigterm: given.has('ignore-sigterm'),
  };
  const always = behaviours
    .filter((behaviour) => given.has(behaviour.name) && !settings.includes(behaviour))
    .map((behaviour) => [behaviour, value(behaviour.name)] as const);
  return {
    flags: { ...initialFlags(), ...flags },
    script: values.script,
    record: values.record,
    login: values.login === true,
    always,
  };
}

class FakeAgent {
  readonly #wire: Wire;
  readonly #invocation: Invocation;
  readonly #sessions = new Map<string, Session>();
  #client: unknown;
  readonly #auth: Auth;
  /** Requests that wait to be taken back. */
  readonly #waits = new Map<unknown, () => void>();

  constructor(wire: Wire, given: Invocation) {
    this.#wire = wire;
    this.#invocation = given;
    this.#auth = new Auth(given.flags);
  }

  async receive(message: Json): Promise<void> {
    if (this.#wire.settle(message)) return;
    const { id, method, params } = message;
    const handler = typeof method === 'string' ? this.#handlers[method] : undefined;
    const step = typeof method === 'string' ? STEPS[method] : undefined;
    if (handler && step !== undefined && this.#auth.refuses(step))
      await this.#wire.respondWithError(id, -32000, 'Authentication required');
    else if (handler) await handler(id, params);
    else if (id !== undefined && method !== undefined)
      await this.#wire.respondWithError(id, -32601, 'Method not found');
  }

  readonly #handlers: Readonly<Record<string, (id: unknown, params: unknown) => Promise<void>>> = {
    initialize: async (id, params) => {
      const { flags } = this.#invocation;
      if (flags.crashWhile !== undefined && existsSync(flags.crashWhile)) {
        process.stderr.write('fake agent: told to end before it has said a word\n');
        process.exit(9);
      }
      this.#client = params;
      await this.#wire.respond(id, {
        protocolVersion: flags.newest && Number(at(params, 'protocolVersion')) > 1 ? 2 : flags.version,
        agentInfo: { name: flags.name, title: 'Fake', version: '1.0.0' },
        agentCapabilities: {
          loadSession: this.#invocation.flags.load,
          promptCapabilities: { image: true, embeddedContext: true },
          ...(flags.logout ? { auth: { logout: {} } } : {}),
          ...(flags.mcpHttp ? { mcpCapabilities: { http: true } } : {}),
          sessionCapabilities: {
            ...(flags.fork ? { fork: {} } : {}),
            ...(this.#invocation.flags.resume ? { resume: {} } : {}),
            ...(this.#invocation.flags.folders ? { additionalDirectories: {} } : {}),
          },
        },
        authMethods: this.#auth.methods(),
      });
    },
    authenticate: async (id, params) => {
      if (this.#invocation.flags.authWaits) {
        await new Promise<void>((resolve) => this.#waits.set(id, resolve));
        return await this.#wire.respondWithError(id, -32800, 'Request cancelled');
      }
      const wrong = this.#auth.authenticate(params);
      if (wrong === undefined) await this.#wire.respond(id, {});
      else await this.#wire.respondWithError(id, -32603, wrong);
    },
    logout: async (id) => {
      this.#auth.logout();
      await this.#wire.respond(id, {});
    },
    '$/cancel_request': async (_, params) => this.#waits.get(at(params, 'requestId'))?.(),
    'session/new': async (id, params) => this.#create(id, params),
    'session/fork': async (id, params) => this.#create(id, params),
    'session/set_mode': async (id, params) => this.#setMode(id, params),
    'session/set_model': async (id) => this.#wire.respond(id, {}),
    'session/set_config_option': async (id, params) => this.#setOption(id, params),
    'session/resume': async (id, params) => this.#takeUp(id, params, []),
    'session/load': async (id, params) => this.#takeUp(id, params, past),
    'session/prompt': async (id, params) => this.#prompt(id, params),
    'session/cancel': async (_, params) => {
      this.#sessions.get(String(at(params, 'sessionId')))?.running?.abort();
    },
  };

  async #create(id: unknown, params: unknown): Promise<void> {
    const { sameSessionId, earlyUpdates } = this.#invocation.flags;
    const sessionId = sameSessionId ? 'fake-session' : `fake-session-${this.#sessions.size + 1}`;
    this.#sessions.set(sessionId, this.#session(params));
    const update = async (fields: Json): Promise<void> => {
      await this.#wire.notify('session/update', { sessionId, update: fields });
    };
    const availableCommands = behaviours.map(({ name, argument, about }) => {
      return { name, description: about, ...(argument && { input: { hint: argument } }) };
    });
    const commands = { sessionUpdate: 'available_commands_update', availableCommands };
    if (earlyUpdates) {
      await update(commands);
      await update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'before the session\n' } });
    }
    await this.#wire.respond(id, { sessionId, ...this.#sessions.get(sessionId)?.options.told });
    if (!earlyUpdates) await update(commands);
  }

  #session(params: unknown): Session {
    const options = new SessionOptions(this.#invocation.flags.options);
    return { cwd: String(at(params, 'cwd')), mcpServers: at(params, 'mcpServers'), memory: {}, options };
  }

  /** As most do: the answer, then the same again as an update. */
  async #setMode(id: unknown, params: unknown): Promise<void> {
    await this.#wire.respond(id, {});
    const update = { sessionUpdate: 'current_mode_update', currentModeId: at(params, 'modeId') };
    await this.#wire.notify('session/update', { sessionId: at(params, 'sessionId'), update });
  }

  async #setOption(id: unknown, params: unknown): Promise<void> {
    const sessionId = at(params, 'sessionId');
    const session = this.#sessions.get(String(sessionId));
    const configOptions = session?.options.set(at(params, 'configId'), at(params, 'value')) ?? [];
    await this.#wire.respond(id, { configOptions });
    const update = { sessionUpdate: 'config_option_update', configOptions };
    await this.#wire.notify('session/update', { sessionId, update });
  }

  async #takeUp(id: unknown, params: unknown, told: readonly Json[]): Promise<void> {
    const sessionId = String(at(params, 'sessionId'));
    if (this.#invocation.flags.forget) {
      await this.#wire.respondWithError(id, this.#invocation.flags.forgetCode, 'Resource not found', { sessionId });
      return;
    }
    this.#sessions.set(sessionId, this.#session(params));
    const { latePast } = this.#invocation.flags;
    if (latePast) await this.#wire.respond(id, {});
    for (const update of told) await this.#wire.notify('session/update', { sessionId, update });
    if (!latePast) await this.#wire.respond(id, {});
  }

  async #prompt(id: unknown, params: unknown): Promise<void> {
    const sessionId = String(at(params, 'sessionId'));
    const session = this.#sessions.get(sessionId);
    if (!session) {
      await this.#wire.respondWithError(id, -32002, 'Resource not found', { sessionId });
      return;
    }
    if (session.running !== undefined && (await this.#second(session, id)) === 'dropped') return;
    const running = new AbortController();
    session.running = running;
    const { flags } = this.#invocation;
    const { cwd, memory, mcpServers } = session;
    const from = { wire: this.#wire, flags, sessionId, cwd, requestId: id, memory, mcpServers, client: this.#client };
    const turn = new Turn({ ...from, cancelled: running.signal });
    const answered = await this.#perform(turn, promptText(params));
    if (!answered) await this.#wire.write(turn.responseLine(running.signal.aborted ? 'cancelled' : 'end_turn'));
    if (session.running === running) delete session.running;
    await turn.afterResponse?.();
  }

  /** A prompt while another one runs: no two agents do the same. */
  async #second(session: Session, id: unknown): Promise<'taken' | 'dropped'> {
    const { second } = this.#invocation.flags;
    if (second === 'cancel') session.running?.abort();
    if (second === 'busy') await this.#wire.respondWithError(id, -32600, 'A prompt is running');
    return second === 'busy' || second === 'never' ? 'dropped' : 'taken';
  }

  /** True when the response has been written already. */
  async #perform(turn: Turn, text: string): Promise<boolean> {
    const [, name = '', argument = ''] = /^\/?(\S+)\s*([\s\S]*)$/.exec(text.trim()) ?? [];
    const named = find(name);
    const { always } = this.#invocation;
    if (named) return (await named.run(turn, argument.trim())) === true;
    if (name === 'help' || always.length === 0) {
      await turn.say(`I am a fake agent. You said: ${text}\n`);
      if (name === 'help') await turn.say(`\n\`\`\`\n${help()}\`\`\`\n`);
      return false;
    }
    let answered = false;
    for (const [behaviour, value] of always) answered = (await behaviour.run(turn, value)) === true || answered;
    return answered;
  }
}

/** What `--auth-at` calls them. */
const STEPS: Readonly<Record<string, string>> = {
  initialize: 'initialize',
  'session/new': 'new',
  'session/load': 'load',
  'session/resume': 'load',
  'session/prompt': 'prompt',
  'session/set_config_option': 'option',
};

/** What every session was about, as `session/load` tells it. */
const past: readonly Json[] = [
  { sessionUpdate: 'user_message_chunk', content: { type: 'text', text: 'asked before' } },
  { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'answered before' } },
  { sessionUpdate: 'tool_call', toolCallId: 'before', title: 'Left open before', status: 'in_progress' },
];

function promptText(params: unknown): string {
  const blocks = at(params, 'prompt');
  const texts = Array.isArray(blocks) ? blocks.flatMap((block: unknown) => at(block, 'text') ?? []) : [];
  return texts.map(String).join('\n');
}

async function main(given: Invocation): Promise<void> {
  const { flags, record, script: file } = given;
  if (given.login) return await login(flags.authFile);
  const wire = new Wire(process.stdout);
  const agent = new FakeAgent(wire, given);
  const script = file === undefined ? undefined : await Script.load(wire, file);
  process.on('SIGTERM', () => {
    if (!flags.ignoreSigterm) process.exit(143);
  });
  // The other end may close its side at any time; that is not a reason to end for one who ignores the end of input.
  process.stdout.on('error', () => {
    if (!flags.ignoreEof) process.exit(0);
  });
  void script?.play().catch((error: unknown) => {
    process.stderr.write(`fake agent: ${String(error)}\n`);
    process.exit(2);
  });
  const listen = async (): Promise<void> => {
    for await (const text of linesOf(process.stdin)) {
      if (record !== undefined) appendFileSync(record, `${text}\n`);
      if (flags.echo) await wire.write(`${text}\n`);
      const message: unknown = text.trim() === '' ? undefined : JSON.parse(text);
      if (!isObject(message)) continue;
      if (script) script.receive(message);
      else void agent.receive(message);
    }
  };
  await listen().catch((error: unknown) => {
    // Of its own accord it may have closed its ears, and lives on.
    if (!flags.ignoreEof) throw error;
  });
  if (flags.ignoreEof) setInterval(() => undefined, 60_000);
  else if (flags.slowExit > 0) setTimeout(() => process.exit(0), flags.slowExit);
  else process.exit(0);
}

const given = invocation(process.argv.slice(2));
if (given) await main(given);
else process.stdout.write(help());
