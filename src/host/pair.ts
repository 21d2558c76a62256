/** Lets one device join the host that runs, from a terminal or from a program. */
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { Failure } from '../base/failure.ts';
import type { HostAction } from '../protocol/view/messages.ts';
import { type Paired, type PairingOffer, readPaired, readPairingOffer } from '../protocol/view/relay.ts';
import type { Answer, Asking, Offer } from '../protocol/view/request.ts';
import { readRequest } from '../protocol/view/request.ts';
import { type Capability, CAPABILITIES, capabilitiesOf } from '../relay/device.ts';
import { connectHost, known, requireHost } from './ask.ts';
import type { HostCommand } from './commandLine.ts';
import { qrText } from './qr.ts';
import { stateOf } from './state.ts';

interface Terminal {
  readonly stdin: Readable;
  readonly stdout: Writable;
}

type PairCommand = Extract<HostCommand, { kind: 'pair' }>;
interface Asked {
  readonly id: string;
  readonly name: string;
  readonly want: Capability;
}

/**
 * Resolves when a device has come and was let in or not.
 * @throws Failure `none`, no host runs; `died`, no device came with the code; `refused`, why it does not listen
 */
export const pair = async (command: PairCommand, app: string, terminal: Terminal): Promise<void> => {
  const { signal } = new AbortController();
  const connection = await connectHost(await requireHost(stateOf(command)), app, signal);
  const talk = new Talk(command, terminal);
  let asked = false;
  const answers = (say: (message: Offer | Answer) => void) => ({
    receive: (message: Asking): void => {
      asked = true;
      void answer(message, talk).then((result) => (result === undefined ? undefined : say(result)));
    },
    dispose: () => talk.end(),
  });
  try {
    const over = connection
      .listen(() => undefined, answers)
      .then((failure) => {
        throw failure;
      });
    const act = (action: HostAction): Promise<string> =>
      Promise.race([connection.ask((id) => ({ type: 'host', id, action }), signal), over]);
    talk.offer(known(await act({ kind: 'pair/begin' }), readPairingOffer));
    const paired = known(await act({ kind: 'pair/wait' }), readPaired);
    if (!asked) throw died();
    talk.over(paired);
  } finally {
    connection.end();
    talk.end();
  }
};

/** Undefined: nothing that this command was asked. */
const answer = async (message: Asking, talk: Talk): Promise<Answer | undefined> => {
  const request = message.type === 'request' ? readRequest(message.request) : undefined;
  if (request?.kind !== 'device/admit') return undefined;
  const { id } = message;
  const capability = await talk.ask({ id: `${id}`, name: request.name, want: request.want });
  return { type: 'answer', id, result: { kind: 'admitted', ...(capability === undefined ? {} : { capability }) } };
};

/** What is said and read, for a person or for a program. */
class Talk {
  readonly #command: PairCommand;
  readonly #terminal: Terminal;
  #lines: Interface | undefined;

  constructor(command: PairCommand, terminal: Terminal) {
    this.#command = command;
    this.#terminal = terminal;
  }

  offer({ code, url, expiresAt, fingerprint }: PairingOffer): void {
    const print = fingerprint === undefined ? {} : { fingerprint };
    if (this.#command.json) return this.#print(JSON.stringify({ code, url, expiresAt, ...print }));
    this.#print(qrText(url));
    this.#print(`Open this on the device:  ${url}`);
    this.#print(`or enter the code there:  ${code}`);
    if (fingerprint !== undefined) this.#print(`The certificate there is:  ${fingerprint}`);
    this.#print('The code lives for two minutes, and lets one device in, which you are asked about.');
  }

  /** What the device may do; undefined: it does not come in. */
  async ask({ id, name, want }: Asked): Promise<Capability | undefined> {
    const { json, yes } = this.#command;
    if (json) this.#print(JSON.stringify({ device: id, name, want: capabilitiesOf(want) }));
    if (yes) return want;
    if (!json) this.#terminal.stdout.write(`“${name}” wants to ${WANTS[want]}. Let it in? (${choices(want)}) `);
    const said = (await this.#line()).trim().toLowerCase();
    if (said === 'yes' || said === 'y') return want;
    return CAPABILITIES.find((each) => each === said && capabilitiesOf(want).includes(each));
  }

  over({ device }: Paired): void {
    if (this.#command.json) {
      const shown = device && { id: device.id, name: device.name, capabilities: capabilitiesOf(device.capability) };
      return this.#print(JSON.stringify({ paired: shown ?? null }));
    }
    this.#print(
      device === undefined ? 'It was not let in.' : `${device.name} has joined, and may ${WANTS[device.capability]}.`,
    );
  }

  end(): void {
    this.#lines?.close();
  }

  /** Empty where nothing more is said. */
  #line(): Promise<string> {
    const lines = (this.#lines ??= createInterface({ input: this.#terminal.stdin }));
    return new Promise((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(''));
    });
  }

  #print(text: string): void {
    this.#terminal.stdout.write(`${text}\n`);
  }
}

export const WANTS: Readonly<Record<Capability, string>> = {
  watch: 'watch',
  answer: 'watch, and answer questions of agents',
  drive: 'do everything: prompts, answers, files and terminals',
};

const choices = (want: Capability): string =>
  ['yes', 'no', ...capabilitiesOf(want).filter((each) => each !== want)].join(', ');

const died = (): Failure =>
  new Failure('died', 'No device came with the code, and it is dead now.', 'Run “wheelhouse-host pair” again.');
