/**
 * What a host answers on the wire of remote execution. Source: the remote execution protocol, §5 and §11.
 *
 * H1 One session at a time, of one device. Nobody else is told whose it is.
 * H2 Each request is answered once, with its own id, tool and action.
 * H3 Nothing runs for a device that may not drive, or that a person of this machine has not let in where they want to be
 *    asked.
 */
import { arch, hostname, platform } from 'node:os';
import { type Clock, within } from '../../base/clock.ts';
import { Failure, sentence } from '../../base/failure.ts';
import type { Log } from '../../base/log.ts';
import {
  type ExecutionRequest,
  type ExecutionResponse,
  type HostHello,
  type SessionMetadata,
  type SessionRequest,
  VERSION,
} from '../../protocol/environment/messages.ts';
import { readRequest } from '../../protocol/environment/request.ts';
import type { Device } from '../../relay/device.ts';
import type { Command, CommandLine } from './command.ts';
import { Refused } from './refused.ts';
import { ExecutionSession, LONGEST_WORDS, type Shown } from './session.ts';

/** Requests of a device that are answered at a time. */
const IN_FLIGHT = 8;
/** Milliseconds that a person gets to answer. */
export const ASKED = 120_000;

export type Policy = 'ask' | 'allow' | 'deny';

export interface ExecutionParts {
  readonly envID: string;
  /** Another one after each start. */
  readonly hostSessionID: string;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly log: Log;
  /** Where a command runs that wants to run there. Absolute. @throws Failure why not */
  place(workdir: string | undefined, signal: AbortSignal): Promise<string>;
  start(line: CommandLine): Promise<Command>;
  /**
   * Shows a session to the people of this machine, and asks them first where `ask` says so: undefined, they said no, or the
   * signal was aborted before they said anything. `end`: one of them wants it to end.
   */
  show(
    opening: { readonly device: Device; readonly label: string | undefined; readonly ask: boolean; end(): void },
    signal: AbortSignal,
  ): Promise<Shown | undefined>;
}

interface Opening {
  readonly device: Device;
  readonly opened: Promise<ExecutionSession | undefined>;
  readonly control: AbortController;
}

type Result = Extract<ExecutionResponse, { ok: true }>['result'];
type OwnMetadata = Omit<SessionMetadata, 'action'>;

export class ExecutionService {
  readonly #parts: ExecutionParts;
  /** By the ids of the devices. */
  readonly #inFlight = new Map<string, number>();
  /** Of ids of processes: one of an earlier start is known by it. */
  readonly #mark: string;
  #processes = 0;
  #session: ExecutionSession | undefined;
  /** The one before, of which something may still be there. */
  #last: ExecutionSession | undefined;
  #opening: Opening | undefined;
  #ended = false;

  constructor(parts: ExecutionParts) {
    this.#parts = parts;
    this.#mark = parts.hostSessionID.replace(/[^A-Za-z0-9]/gu, '').slice(0, 12);
  }

  get isWorking(): boolean {
    return this.#session?.isWorking === true;
  }

  get hello(): HostHello {
    const { envID, hostSessionID } = this.#parts;
    const isWindows = process.platform === 'win32';
    const shell = isWindows ? 'cmd' : 'sh';
    return {
      type: 'host.hello',
      envID,
      hostSessionID,
      capabilities: {
        platform: platform(),
        arch: arch(),
        hostname: hostname(),
        runtime: 'node',
        defaultShell: shell,
        supportedShells: [shell],
        supportsPty: false,
        supportsSendKeys: true,
        supportsSoftKill: !isWindows,
        supportsProcessGroups: !isWindows,
        envCaseInsensitive: isWindows,
        lineEndings: isWindows ? 'crlf' : 'lf',
      },
    };
  }

  /**
   * Undefined: it has no id that an answer could name. Never rejects.
   * @param signal aborted when the device is not there any more to hear the answer
   */
  async answer(device: Device, payload: unknown, signal: AbortSignal): Promise<ExecutionResponse | undefined> {
    const read = readRequest(payload);
    if (!read.ok) {
      const { requestID, ...to } = read.to;
      return requestID === undefined ? undefined : { version: VERSION, requestID, ok: false, ...to, error: read.error };
    }
    const { requestID, tool, action } = read.request;
    const to = { version: VERSION, requestID, tool, action } as const;
    try {
      return {
        ...to,
        ok: true,
        result: await this.#counted(device, () => this.#perform(device, read.request, signal)),
      };
    } catch (failure) {
      return { ...to, ok: false, error: this.#errorOf(failure) };
    }
  }

  /** A device has lost its right. */
  revoked(device: string): void {
    if (this.#opening?.device.id === device) this.#opening.control.abort();
    if (this.#session?.device.id === device) void this.#session.end('device');
  }

  /** Resolves when nothing of what it started is left. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#opening?.control.abort();
    await this.#session?.end('host');
  }

  async #counted<T>(device: Device, run: () => Promise<T>): Promise<T> {
    const { id } = device;
    const count = this.#inFlight.get(id) ?? 0;
    if (count >= IN_FLIGHT)
      throw new Refused('session_busy', `${IN_FLIGHT} requests of this device wait for their answers already.`);
    this.#inFlight.set(id, count + 1);
    try {
      return await run();
    } finally {
      const left = (this.#inFlight.get(id) ?? 1) - 1;
      if (left > 0) this.#inFlight.set(id, left);
      else this.#inFlight.delete(id);
    }
  }

  async #perform(device: Device, request: ExecutionRequest, signal: AbortSignal): Promise<Result> {
    if (request.tool === 'session') return await this.#performSession(device, request);
    const session = this.#sessionOf(device, request.sessionID);
    this.#requireOurs(request.envID);
    return await session.answer(async () => {
      if (request.tool === 'bash') return this.#located(await session.run(request.payload, signal));
      const { payload } = request;
      if ('processId' in payload && payload.action !== 'remove' && this.#isStale(payload.processId))
        throw new Refused('stale_process_handle', 'The host was started again since: that process has ended with it.');
      const { title, output, metadata } = await session.perform(payload, signal);
      return this.#located({ title, output, metadata: { ...metadata, action: payload.action } });
    });
  }

  async #performSession(device: Device, { envID, payload }: SessionRequest): Promise<Result> {
    const { action } = payload;
    const said = (title: string, output: string, metadata: OwnMetadata): Result =>
      this.#located({ title, output, metadata: { ...metadata, action } });
    if (action === 'open') {
      this.#requireOurs(envID);
      return await this.#open(device, payload.label?.slice(0, LONGEST_WORDS), said);
    }
    const session = this.#sessionOf(device, payload.sessionID);
    this.#requireOurs(envID);
    const sessionID = session.id;
    if (action === 'heartbeat')
      return await session.answer(() =>
        Promise.resolve(said('Session alive', 'The session is alive.', { status: 'alive', sessionID })),
      );
    await session.end('device');
    return said('Session closed', 'All that it started has ended.', { status: 'closed', sessionID });
  }

  async #open(
    device: Device,
    label: string | undefined,
    said: (title: string, output: string, metadata: OwnMetadata) => Result,
  ): Promise<Result> {
    const refused = (title: string, why: string): Result => said(title, why, { status: 'refused' });
    if (device.capability !== 'drive')
      return refused('Session denied', 'This device may not run commands here. Pair it again to let it do more.');
    if (this.#parts.policy === 'deny') return refused('Session denied', 'This host lets nobody run commands.');
    const holder = (this.#session ?? this.#opening)?.device.id;
    if (holder !== undefined && holder !== device.id)
      return said('Session busy', 'Somebody else runs commands here. Try again later.', { status: 'busy' });
    const session = this.#session ?? (await (this.#opening ??= this.#begin(device, label)).opened);
    if (session === undefined)
      return refused('Session refused', 'Nobody on that machine allowed it. Ask them, then open it again.');
    const { id: sessionID, label: own } = session;
    const named = own === undefined ? {} : { label: own };
    return await session.answer(() =>
      Promise.resolve(said('Session opened', 'The session is open.', { status: 'opened', sessionID, ...named })),
    );
  }

  #begin(device: Device, label: string | undefined): Opening {
    const control = new AbortController();
    const opened = this.#opened(device, label, control).finally(() => (this.#opening = undefined));
    return { device, opened, control };
  }

  async #opened(
    device: Device,
    label: string | undefined,
    control: AbortController,
  ): Promise<ExecutionSession | undefined> {
    const { policy, clock, show, place, start } = this.#parts;
    const own: { session?: ExecutionSession } = {};
    // Before there is a session, its end is that of its opening.
    const end = (): void => void (own.session === undefined ? control.abort() : own.session.end('person'));
    const ask = policy === 'ask';
    await this.#last?.end('device');
    const showing = show({ device, label, ask, end }, control.signal);
    if (!(await within(clock, ASKED, showing))) control.abort();
    const shown = await showing;
    if (shown === undefined) return undefined;
    if (control.signal.aborted || this.#ended) {
      shown.over('device');
      return undefined;
    }
    const id = clock.id();
    const processId = (): string => `proc_${this.#mark}_${(this.#processes += 1)}`;
    const placed = async (workdir: string | undefined, signal: AbortSignal): Promise<string> => {
      try {
        return await place(workdir, signal);
      } catch (failure) {
        if (signal.aborted) throw new Refused('request_cancelled', 'The connection was lost before it was begun.');
        if (failure instanceof Failure) throw new Refused('remote_execution_error', inFull(failure));
        throw failure;
      }
    };
    const ended = (): void => {
      if (this.#session === own.session) this.#session = undefined;
    };
    const session = new ExecutionSession({ id, device, label, shown, clock, processId, place: placed, start, ended });
    own.session = session;
    this.#last = session;
    this.#session = session;
    return session;
  }

  /** @throws Refused */
  #sessionOf(device: Device, id: string): ExecutionSession {
    const session = this.#session;
    if (session === undefined || session.id !== id)
      throw new Refused('session_invalid', 'There is no such session, or it has ended: open one.');
    if (session.device.id !== device.id)
      throw new Refused('session_caller_mismatch', 'This session is another device’s.');
    return session;
  }

  #requireOurs(envID: string): void {
    if (envID !== this.#parts.envID)
      throw new Refused('env_not_found', 'This host is another environment: its greeting says which one.');
  }

  #isStale(processId: string): boolean {
    const mark = /^proc_([A-Za-z0-9]+)_\d+$/u.exec(processId)?.[1];
    return mark !== undefined && mark !== this.#mark;
  }

  #located({ title, output, metadata }: Result): Result {
    const { envID, hostSessionID } = this.#parts;
    return { title, output, metadata: { ...metadata, hostSessionID, envID, backend: 'remote' } };
  }

  #errorOf(failure: unknown): Extract<ExecutionResponse, { ok: false }>['error'] {
    if (failure instanceof Refused) return { code: failure.code, message: failure.message };
    this.#parts.log.error(`A request for remote execution failed: ${sentence(failure)}`);
    return { code: 'host_internal_error', message: 'This host failed at it; its log says how.' };
  }
}

const inFull = ({ message, next }: Failure): string => (next === undefined ? message : `${message} ${next}`);
