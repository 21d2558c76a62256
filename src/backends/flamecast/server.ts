/**
 * What is asked of a Flamecast server by plain requests. Source: the Flamecast protocol, §3, §7 and §8.
 *
 * F1 What it answers is read loosely, and what it refuses is told in its own words.
 * F2 What it does not know is a capability that is not there, and no fault.
 */
import { Failure, PeerError } from '../../base/failure.ts';
import { type Fields, isFields, listOf } from '../../model/fold/read.ts';
import {
  errorIn,
  type FlamecastInstance,
  type FlamecastListing,
  type FlamecastPreview,
  type FlamecastQueue,
  type FlamecastRuntime,
  type FlamecastSession,
  type FlamecastTemplate,
  readInstance,
  readListing,
  readPreview,
  readQueue,
  readRuntimes,
  readSession,
  readTemplates,
} from '../../protocol/flamecast/domain.ts';

/** One request below `/api`. @throws Failure `lost`, `refused` */
export type FlamecastRequest = (
  asked: {
    readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
    readonly path: string;
    readonly json?: object;
    /** Milliseconds; absent: as long as anything takes that does not wait for an agent. */
    readonly timeout?: number;
  },
  signal: AbortSignal,
) => Promise<{ readonly status: number; readonly json: unknown }>;

export interface NewFlamecastSession {
  readonly template?: string;
  readonly spawn?: { readonly command: string; readonly args: readonly string[] };
  readonly instance?: string;
  readonly cwd?: string;
  readonly name?: string;
  readonly webhooks?: readonly { readonly url: string; readonly secret: string; readonly events?: readonly string[] }[];
}

/** At once: a turn that ended, or one that waits for its turn. */
export type Prompted =
  | { readonly kind: 'ended'; readonly result: unknown }
  | { readonly kind: 'queued'; readonly id: string };

/** Milliseconds that a turn may take: a day. */
const TURN = 24 * 60 * 60 * 1000;

export class FlamecastServer {
  readonly #request: FlamecastRequest;

  constructor(request: FlamecastRequest) {
    this.#request = request;
  }

  /** How many sessions run there. @throws Failure */
  async health(signal: AbortSignal): Promise<number> {
    const answer = await this.#ask('GET', '/health', signal);
    return isFields(answer) && typeof answer['sessions'] === 'number' ? answer['sessions'] : 0;
  }

  async templates(signal: AbortSignal): Promise<readonly FlamecastTemplate[]> {
    return readTemplates(await this.#ask('GET', '/agent-templates', signal));
  }

  /** A new one; with `id`, that one is changed. */
  async keepTemplate(template: Fields, id: string | undefined, signal: AbortSignal): Promise<void> {
    if (id === undefined) await this.#ask('POST', '/agent-templates', signal, template);
    else await this.#ask('PUT', `/agent-templates/${part(id)}`, signal, template);
  }

  async runtimes(signal: AbortSignal): Promise<readonly FlamecastRuntime[]> {
    return readRuntimes(await this.#ask('GET', '/runtimes', signal));
  }

  async startRuntime(
    type: string,
    name: string | undefined,
    signal: AbortSignal,
  ): Promise<FlamecastInstance | undefined> {
    const json = name === undefined ? {} : { name };
    return readInstance(await this.#ask('POST', `/runtimes/${part(type)}/start`, signal, json), type);
  }

  /** `delete` is for good. */
  async endRuntime(instance: string, how: 'stop' | 'pause' | 'delete', signal: AbortSignal): Promise<void> {
    if (how === 'delete') await this.#ask('DELETE', `/runtimes/${part(instance)}`, signal);
    else await this.#ask('POST', `/runtimes/${part(instance)}/${how}`, signal);
  }

  /** Those that are active. */
  async sessions(signal: AbortSignal): Promise<readonly FlamecastSession[]> {
    const answer = await this.#ask('GET', '/agents', signal);
    return (listOf(answer) ?? []).flatMap((session) => readSession(session) ?? []).filter(({ active }) => active);
  }

  /** With all that was said in it. Undefined: it is not there. */
  async session(id: string, signal: AbortSignal): Promise<FlamecastSession | undefined> {
    const { status, json } = await this.#request({ method: 'GET', path: `/agents/${part(id)}` }, signal);
    if (status === 404) return undefined;
    return readSession(accepted(status, json));
  }

  async create(wanted: NewFlamecastSession, signal: AbortSignal): Promise<FlamecastSession> {
    const { template, spawn, instance, cwd, name, webhooks } = wanted;
    const body = {
      ...(template === undefined ? { spawn } : { agentTemplateId: template }),
      ...(instance === undefined ? {} : { runtimeInstance: instance }),
      ...(cwd === undefined ? {} : { cwd }),
      ...(name === undefined ? {} : { name }),
      ...(webhooks === undefined ? {} : { webhooks }),
    };
    const session = readSession(await this.#ask('POST', '/agents', signal, body, START));
    if (session !== undefined) return session;
    throw new Failure(
      'failed',
      'The server opened a session and did not say which.',
      'Look at the list of its sessions.',
    );
  }

  /** One that has ended already is as good as ended. */
  async terminate(id: string, signal: AbortSignal): Promise<void> {
    const { status, json } = await this.#request({ method: 'DELETE', path: `/agents/${part(id)}` }, signal);
    if (status !== 404 && status !== 409) accepted(status, json);
  }

  /** Settles at the end of the turn, where the host has no queue that it waits in. @throws PeerError, Failure */
  async prompt(id: string, text: string, signal: AbortSignal): Promise<Prompted> {
    const asked = { method: 'POST', path: `/agents/${part(id)}/prompts`, json: { text }, timeout: TURN } as const;
    const { status, json } = await this.#request(asked, signal);
    const answer = accepted(status, json);
    if (isFields(answer) && answer['queued'] === true && typeof answer['queueId'] === 'string')
      return { kind: 'queued', id: answer['queueId'] };
    return { kind: 'ended', result: answer };
  }

  /** False: somebody else has answered it. */
  async answer(id: string, permission: string, option: string | undefined, signal: AbortSignal): Promise<boolean> {
    const path = `/agents/${part(id)}/permissions/${part(permission)}`;
    const body = option === undefined ? { outcome: 'cancelled' } : { optionId: option };
    const { status, json } = await this.#request({ method: 'POST', path, json: body }, signal);
    if (status === 404) return false;
    accepted(status, json);
    return true;
  }

  /** Undefined: the host of this session has none. */
  async queue(id: string, signal: AbortSignal): Promise<FlamecastQueue | undefined> {
    const { status, json } = await this.#request({ method: 'GET', path: `/agents/${part(id)}/queue` }, signal);
    return status === 200 ? readQueue(json) : undefined;
  }

  async changeQueue(
    id: string,
    change:
      | { readonly kind: 'order'; readonly order: readonly string[] }
      | { readonly kind: 'clear' | 'pause' | 'resume' }
      | { readonly kind: 'remove'; readonly item: string },
    signal: AbortSignal,
  ): Promise<void> {
    const path = `/agents/${part(id)}/queue`;
    if (change.kind === 'order') await this.#ask('PUT', path, signal, { order: change.order });
    else if (change.kind === 'clear') await this.#ask('DELETE', path, signal);
    else if (change.kind === 'remove') await this.#ask('DELETE', `${path}/${part(change.item)}`, signal);
    else await this.#ask('POST', `${path}/${change.kind}`, signal);
  }

  /** One folder; without a path, the one that the session works in. */
  async listing(id: string, path: string | undefined, all: boolean, signal: AbortSignal): Promise<FlamecastListing> {
    const query = new URLSearchParams({
      ...(path === undefined ? {} : { path }),
      ...(all ? { showAllFiles: 'true' } : {}),
    });
    const listing = readListing(await this.#ask('GET', `/agents/${part(id)}/fs/snapshot?${query.toString()}`, signal));
    if (listing !== undefined) return listing;
    throw new Failure('failed', 'The server did not say what is in this folder.');
  }

  async preview(id: string, path: string, signal: AbortSignal): Promise<FlamecastPreview> {
    const query = new URLSearchParams({ path });
    const preview = readPreview(await this.#ask('GET', `/agents/${part(id)}/files?${query.toString()}`, signal));
    if (preview !== undefined) return preview;
    throw new Failure('failed', 'The server did not say what is in this file.');
  }

  async #ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    signal: AbortSignal,
    json?: object,
    timeout?: number,
  ): Promise<unknown> {
    const more = { ...(json === undefined ? {} : { json }), ...(timeout === undefined ? {} : { timeout }) };
    const { status, json: answer } = await this.#request({ method, path, ...more }, signal);
    return accepted(status, answer);
  }
}

/** To start an agent may take its machine's start. */
const START = 180_000;

const part = (text: string): string => encodeURIComponent(text);

/** @throws PeerError with what the server says; its code is the status */
const accepted = (status: number, json: unknown): unknown => {
  if (status >= 200 && status < 300) return json;
  const said = errorIn(json);
  throw new PeerError(status, said === '' ? `The server answered ${status}.` : said);
};
