/** A raw ACP agent on stdio that misbehaves as it is told to. `node test/fakes/agent.ts --help` */
import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import type { Behaviour } from './behaviours/behaviour.ts';
import { settings } from './behaviours/process.ts';
import { behaviours, find } from './behaviours/table.ts';
import { initialFlags, type Flags } from './flags.ts';
import { Script } from './script.ts';
import { Turn, type Memory } from './turn.ts';
import { at, isObject, linesOf, Wire, type Json } from './wire.ts';

interface Invocation {
  readonly flags: Flags;
  readonly script: string | undefined;
  readonly record: string | undefined;
  /** What a prompt without a command of its own does, in order. */
  readonly always: readonly (readonly [Behaviour, string])[];
}

interface Session {
  readonly cwd: string;
  readonly memory: Memory;
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
    '',
  ].join('\n');
}

function invocation(args: string[]): Invocation | undefined {
  const own = { chunk: { type: 'string' }, script: { type: 'string' }, record: { type: 'string' } } as const;
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
    sameSessionId: given.has('same-session-id'),
    earlyUpdates: given.has('early-updates'),
    resume: given.has('resume'),
    load: given.has('load'),
    folders: given.has('folders'),
    forget: given.has('forget'),
    echo: given.has('echo'),
    ignoreEof: given.has('ignore-eof'),
    ignoreSigterm: given.has('ignore-sigterm'),
  };
  const always = behaviours
    .filter((behaviour) => given.has(behaviour.name) && !settings.includes(behaviour))
    .map((behaviour) => [behaviour, value(behaviour.name)] as const);
  return { flags: { ...initialFlags(), ...flags }, script: values.script, record: values.record, always };
}

class FakeAgent {
  readonly #wire: Wire;
  readonly #invocation: Invocation;
  readonly #sessions = new Map<string, Session>();
  #client: unknown;
  #authenticated = false;

  constructor(wire: Wire, given: Invocation) {
    this.#wire = wire;
    this.#invocation = given;
  }

  async receive(message: Json): Promise<void> {
    if (this.#wire.settle(message)) return;
    const { id, method, params } = message;
    const handler = typeof method === 'string' ? this.#handlers[method] : undefined;
    if (handler) await handler(id, params);
    else if (id !== undefined && method !== undefined)
      await this.#wire.respondWithError(id, -32601, 'Method not found');
  }

  readonly #handlers: Readonly<Record<string, (id: unknown, params: unknown) => Promise<void>>> = {
    initialize: async (id, params) => {
      this.#client = params;
      await this.#wire.respond(id, {
        protocolVersion: this.#invocation.flags.version,
        agentInfo: { name: 'fake', title: 'Fake', version: '1.0.0' },
        agentCapabilities: {
          loadSession: this.#invocation.flags.load,
          promptCapabilities: { image: true, embeddedContext: true },
          sessionCapabilities: {
            ...(this.#invocation.flags.resume ? { resume: {} } : {}),
            ...(this.#invocation.flags.folders ? { additionalDirectories: {} } : {}),
          },
        },
        authMethods: this.#invocation.flags.auth ? [{ id: 'login', name: 'Log in' }] : [],
      });
    },
    authenticate: async (id) => {
      this.#authenticated = true;
      await this.#wire.respond(id, {});
    },
    'session/new': async (id, params) => this.#create(id, params),
    'session/resume': async (id, params) => this.#takeUp(id, params, []),
    'session/load': async (id, params) => this.#takeUp(id, params, past),
    'session/prompt': async (id, params) => this.#prompt(id, params),
    'session/cancel': async (_, params) => {
      this.#sessions.get(String(at(params, 'sessionId')))?.running?.abort();
    },
  };

  async #create(id: unknown, params: unknown): Promise<void> {
    const { auth, sameSessionId, earlyUpdates } = this.#invocation.flags;
    if (auth && !this.#authenticated) {
      await this.#wire.respondWithError(id, -32000, 'Authentication required');
      return;
    }
    const sessionId = sameSessionId ? 'fake-session' : `fake-session-${this.#sessions.size + 1}`;
    this.#sessions.set(sessionId, { cwd: String(at(params, 'cwd')), memory: {} });
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
    await this.#wire.respond(id, { sessionId });
    if (!earlyUpdates) await update(commands);
  }

  async #takeUp(id: unknown, params: unknown, told: readonly Json[]): Promise<void> {
    const sessionId = String(at(params, 'sessionId'));
    if (this.#invocation.flags.forget) {
      await this.#wire.respondWithError(id, -32002, 'Resource not found', { sessionId });
      return;
    }
    this.#sessions.set(sessionId, { cwd: String(at(params, 'cwd')), memory: {} });
    for (const update of told) await this.#wire.notify('session/update', { sessionId, update });
    await this.#wire.respond(id, {});
  }

  async #prompt(id: unknown, params: unknown): Promise<void> {
    const sessionId = String(at(params, 'sessionId'));
    const session = this.#sessions.get(sessionId);
    if (!session) {
      await this.#wire.respondWithError(id, -32002, 'Resource not found', { sessionId });
      return;
    }
    const running = new AbortController();
    session.running = running;
    const { flags } = this.#invocation;
    const { cwd, memory } = session;
    const from = { wire: this.#wire, flags, sessionId, cwd, requestId: id, memory, client: this.#client };
    const turn = new Turn({ ...from, cancelled: running.signal });
    const answered = await this.#perform(turn, promptText(params));
    if (!answered) await this.#wire.write(turn.responseLine(running.signal.aborted ? 'cancelled' : 'end_turn'));
    await turn.afterResponse?.();
  }

  /** True when the response has been written already. */
  async #perform(turn: Turn, text: string): Promise<boolean> {
    const [, name = '', argument = ''] = /^\/?(\S+)\s*([\s\S]*)$/.exec(text.trim()) ?? [];
    const named = find(name);
    const { always } = this.#invocation;
    if (named) return (await named.run(turn, argument.trim())) === true;
    if (name === 'help' || always.length === 0) {
      await turn.say(`I am a fake agent. You said: ${text}\n\n\`\`\`\n${help()}\`\`\`\n`);
      return false;
    }
    let answered = false;
    for (const [behaviour, value] of always) answered = (await behaviour.run(turn, value)) === true || answered;
    return answered;
  }
}

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
  for await (const text of linesOf(process.stdin)) {
    if (record !== undefined) appendFileSync(record, `${text}\n`);
    if (flags.echo) await wire.write(`${text}\n`);
    const message: unknown = text.trim() === '' ? undefined : JSON.parse(text);
    if (!isObject(message)) continue;
    if (script) script.receive(message);
    else void agent.receive(message);
  }
  if (flags.ignoreEof) setInterval(() => undefined, 60_000);
  else process.exit(0);
}

const given = invocation(process.argv.slice(2));
if (given) await main(given);
else process.stdout.write(help());
