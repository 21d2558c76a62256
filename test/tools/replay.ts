/** `npm run --silent replay -- FILE [--speed N]`: an ACP agent on stdio that says what the agent of an exported session said. */
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { at, isObject, type Json, linesOf, type Reply, Wire } from '../fakes/wire.ts';

interface Step {
  /** Milliseconds since the recording began. */
  readonly at: number;
  readonly event: Json;
}

interface Recording {
  /** What the agent said of itself and of the session. */
  readonly opened: Json;
  /** What came before the first prompt; then, for each prompt, all up to the next. */
  readonly parts: readonly (readonly Step[])[];
}

const SESSION = 'replay';

export const readRecording = (text: string): Recording => {
  const [head, ...steps] = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Json);
  if (head?.['wheelhouse'] !== 'session') throw new Error('This is not an exported session.');
  if (head['schema'] !== 1) throw new Error('This session was exported by a newer version of Wheelhouse.');
  const parts: Step[][] = [[]];
  let opened: Json = {};
  for (const { at: time, event } of steps) {
    if (!isObject(event)) continue;
    if (event['kind'] === 'session/opened') opened = event;
    if (event['kind'] === 'turn/started') parts.push([]);
    parts.at(-1)?.push({ at: Number(time), event });
  }
  return { opened, parts };
};

class ReplayAgent {
  readonly #wire: Wire;
  readonly #recording: Recording;
  /** How much faster than it was; 0 is without any pause. */
  readonly #speed: number;
  #played = 0;
  #running = new AbortController();

  constructor(wire: Wire, recording: Recording, speed: number) {
    this.#wire = wire;
    this.#recording = recording;
    this.#speed = speed;
  }

  async receive(message: Json): Promise<void> {
    if (this.#wire.settle(message)) return;
    const { id, method } = message;
    switch (method) {
      case 'initialize':
        await this.#wire.respond(id, this.#introduction());
        return;
      case 'session/new':
        await this.#wire.respond(id, { sessionId: SESSION, ...optionsOf(at(this.#recording.opened, 'options')) });
        await this.#play(this.#recording.parts[0] ?? [], undefined);
        return;
      case 'session/prompt':
        this.#played += 1;
        this.#running = new AbortController();
        await this.#turn(id);
        return;
      case 'session/cancel':
        this.#running.abort();
        return;
      case 'session/set_config_option':
        await this.#wire.respond(id, optionsOf(at(this.#recording.opened, 'options')));
        return;
      default:
        if (id !== undefined && method !== undefined) await this.#wire.respond(id, {});
    }
  }

  #introduction(): Json {
    const { opened } = this.#recording;
    const name = textOf(at(opened, 'agent', 'name'), 'Replay');
    const version = textOf(at(opened, 'agent', 'version'), '0');
    const image = at(opened, 'agent', 'image') === true;
    const embeddedContext = at(opened, 'agent', 'embeddedContext') === true;
    return {
      protocolVersion: 1,
      agentInfo: { name, version },
      agentCapabilities: { promptCapabilities: { image, embeddedContext } },
    };
  }

  async #turn(request: unknown): Promise<void> {
    const part = this.#recording.parts[this.#played];
    if (part === undefined) {
      await this.#update({
        sessionUpdate: 'agent_message_chunk',
        content: { type: 'text', text: 'The recording ends here.' },
      });
      await this.#wire.respond(request, { stopReason: 'end_turn' });
      return;
    }
    const answered = await this.#play(part, request);
    if (!answered)
      await this.#wire.respond(request, { stopReason: this.#running.signal.aborted ? 'cancelled' : 'end_turn' });
  }

  /** True when the prompt has been answered. */
  async #play(steps: readonly Step[], request: unknown): Promise<boolean> {
    const asked = new Map<string, Promise<Reply>>();
    let answered = false;
    let before = steps[0]?.at ?? 0;
    for (const { at: time, event } of steps) {
      await this.#pause(time - before);
      before = time;
      if (this.#running.signal.aborted && !answered) return false;
      switch (event['kind']) {
        case 'update':
          await this.#update(event['update']);
          break;
        case 'unknown':
          if (isObject(event['value'])) await this.#update(event['value']);
          break;
        case 'options/changed':
          await this.#changeOptions(event['options']);
          break;
        case 'question/asked':
          asked.set(String(at(event, 'question', 'id')), this.#ask(event['question']));
          break;
        case 'question/settled':
          await asked.get(String(event['question']));
          break;
        case 'turn/ended':
          answered = true;
          await this.#end(request, event);
      }
    }
    // Questions that nobody had answered when the session was exported are open here as well.
    if (!answered) await Promise.all(asked.values());
    return answered;
  }

  async #end(request: unknown, event: Json): Promise<void> {
    const reason = String(event['reason']);
    if (reason === 'agent gone' || reason === 'unknown') process.exit(1);
    if (reason !== 'failed') await this.#wire.respond(request, { stopReason: reason });
    else {
      const code = Number(at(event, 'error', 'code') ?? -32603);
      await this.#wire.respondWithError(request, code, textOf(at(event, 'error', 'message'), 'It failed.'));
    }
  }

  #ask(question: unknown): Promise<Reply> {
    const tool = at(question, 'tool');
    const title = at(question, 'title');
    if (at(question, 'kind') === 'elicitation') {
      const requestedSchema = at(question, 'form', 'schema');
      return this.#wire.request('elicitation/create', {
        sessionId: SESSION,
        mode: 'form',
        message: title,
        requestedSchema,
      });
    }
    const list = at(question, 'options');
    const options = (Array.isArray(list) ? list : []).map((option: unknown) => ({
      optionId: at(option, 'id'),
      name: at(option, 'name'),
      kind: at(option, 'kind'),
    }));
    const { call: toolCallId = at(question, 'id'), toolKind: kind, ...told } = isObject(tool) ? tool : {};
    return this.#wire.request('session/request_permission', {
      sessionId: SESSION,
      toolCall: { toolCallId, title, kind, ...told },
      options,
    });
  }

  async #changeOptions(options: unknown): Promise<void> {
    const { configOptions, modes } = optionsOf(options);
    if (configOptions.length > 0) await this.#update({ sessionUpdate: 'config_option_update', configOptions });
    else if (modes !== undefined)
      await this.#update({ sessionUpdate: 'current_mode_update', currentModeId: modes.currentModeId });
  }

  async #update(update: unknown): Promise<void> {
    await this.#wire.notify('session/update', { sessionId: SESSION, update });
  }

  async #pause(milliseconds: number): Promise<void> {
    if (this.#speed <= 0 || milliseconds <= 0) return;
    await delay(milliseconds / this.#speed, undefined, { signal: this.#running.signal }).catch(() => undefined);
  }
}

const textOf = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);

interface AcpOptions {
  readonly configOptions: readonly Json[];
  readonly modes?: { readonly currentModeId: unknown; readonly availableModes: readonly Json[] };
}

/** Our options in the words of the protocol. */
const optionsOf = (options: unknown): AcpOptions => {
  const list = (Array.isArray(options) ? options : []).filter(isObject);
  const configOptions = list
    .filter((option) => option['source'] === 'config')
    .map(({ id, name, description, category, control }) => ({
      id,
      name,
      description,
      category,
      ...controlOf(control),
    }));
  const mode = list.find((option) => option['source'] === 'mode');
  if (mode === undefined) return { configOptions };
  const availableModes = choicesOf(mode['control']).map(({ value, name }) => ({ id: value, name }));
  return { configOptions, modes: { currentModeId: at(mode, 'control', 'value'), availableModes } };
};

const controlOf = (control: unknown): Json =>
  at(control, 'kind') === 'boolean'
    ? { type: 'boolean', currentValue: at(control, 'value') }
    : { type: 'select', currentValue: at(control, 'value'), options: grouped(choicesOf(control)) };

const choicesOf = (control: unknown): readonly Json[] => {
  const choices = at(control, 'choices');
  return (Array.isArray(choices) ? choices : []).filter(isObject);
};

const grouped = (choices: readonly Json[]): readonly Json[] => {
  if (choices.every(({ group }) => group === undefined)) return choices;
  return [...new Set(choices.map(({ group }) => group))].map((group) => ({
    group,
    name: group,
    options: choices.filter((choice) => choice['group'] === group),
  }));
};

export async function replayCommand(args: readonly string[]): Promise<number> {
  const options = { speed: { type: 'string', default: '0' } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [file] = positionals;
  if (file === undefined) {
    console.error('Usage: npm run --silent replay -- FILE [--speed N]   (1 is as it was; without it, no pauses)');
    return 1;
  }
  const recording = readRecording(await readFile(file, 'utf8'));
  const agent = new ReplayAgent(new Wire(process.stdout), recording, Number(values.speed));
  process.stdout.on('error', () => process.exit(0));
  for await (const line of linesOf(process.stdin)) {
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      continue;
    }
    // Not awaited: a cancel has to be heard while a prompt is played.
    if (isObject(message)) void agent.receive(message);
  }
  return 0;
}

// An agent of the settings is a program of its own, without the door of the commands.
if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await replayCommand(process.argv.slice(2));
