/**
 * Prompts of clients, and what becomes of them. Source: the relay protocol, §9, prompts.
 *
 * P1 Each is answered once: when its turn ends, or as soon as it is known that none begins.
 * P2 The end of a turn stands in the session's frames for everybody; whoever asked and looks elsewhere is told besides.
 */
import type { ContentBlock } from '@agentclientprotocol/sdk';
import { type Disposable, Disposables } from '../base/disposable.ts';
import { PeerError } from '../base/failure.ts';
import type { SessionEvent } from '../model/event.ts';
import { isFields, isText } from '../model/fold/read.ts';
import type { Session, SessionKey } from '../model/session.ts';
import { CODE } from '../protocol/relay/names.ts';
import type { Appended } from '../router/store.ts';
import { type Call, LATER, sessionOf } from './call.ts';
import { responseLine } from './encode.ts';
import type { Hub } from './hub.ts';
import type { LiveSessions } from './live.ts';
import { busy, errorOf, invalid, withdrawn } from './refusal.ts';
import { askerOf, readRelayTurn, relayTurn } from './turnId.ts';

/** UTF-16 units of a request's id, which becomes a part of the turn's. */
const LONGEST_ID = 128;

export class Prompts implements Disposable {
  readonly #hub: Hub;
  readonly #live: LiveSessions;
  readonly #owned = new Disposables();
  /** Turns of ours that wait, or run. */
  readonly #waiting = new Map<string, SessionKey>();
  readonly #running = new Map<string, SessionKey>();
  /** Sessions whose agent is being started for a prompt. */
  readonly #starting = new Map<SessionKey, number>();

  constructor(hub: Hub, live: LiveSessions) {
    this.#hub = hub;
    this.#live = live;
    this.#owned.add(hub.world.store.onAppended((appended) => this.#follow(appended)));
    this.#owned.add(hub.world.store.onListed(({ removed }) => removed.forEach((key) => this.#stopped(key))));
    this.#owned.add(
      hub.world.catalogue.onListed(({ removed }) => {
        for (const key of removed) if (!hub.isListed(key)) this.#erased(key);
      }),
    );
  }

  async prompt(call: Call): Promise<unknown> {
    const { client, id, params, signal } = call;
    if (id === undefined || id === null) return LATER;
    if (isText(id) && id.length > LONGEST_ID)
      throw new PeerError(CODE.invalidRequest, 'The id of the request is too long.');
    const key = sessionOf(this.#hub, call);
    const prompt = readPrompt(params['prompt']);
    const refuseBusy = (): void => {
      if (!client.queues && this.#isBusy(key)) throw busy();
    };
    refuseBusy();
    if (this.#hub.world.store.get(key)?.link.state !== 'ready') {
      await this.#start(key, signal);
      refuseBusy();
    }
    const turn = relayTurn({ client: client.name, requestId: id }, this.#hub.world.clock.id());
    await this.#hub.world.router.perform(key, { kind: 'prompt', prompt, turn }, client.device.name, lasting);
    return LATER;
  }

  async cancel(call: Call): Promise<unknown> {
    const key = sessionOf(this.#hub, call);
    if (this.#hub.world.store.get(key) !== undefined)
      await this.#hub.world.router.perform(key, { kind: 'cancel' }, call.client.device.name, lasting);
    return {};
  }

  /** A prompt of the client's that waits, or another request of it that is under way. */
  async takeBack({ client, params }: Call): Promise<unknown> {
    const { requestId } = params;
    const { store, router } = this.#hub.world;
    for (const { key, queue } of store.all()) {
      const queued = queue.find(({ id }) => {
        const asker = readRelayTurn(id);
        return asker?.client === client.name && asker.requestId === requestId;
      });
      if (queued === undefined) continue;
      await router.perform(key, { kind: 'queue/remove', id: queued.id }, client.device.name, lasting);
      return {};
    }
    if (typeof requestId === 'string' || typeof requestId === 'number')
      client.underway.get(requestId)?.abort(withdrawn());
    return {};
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #isBusy(key: SessionKey): boolean {
    const session = this.#hub.world.store.get(key);
    if (this.#starting.has(key)) return true;
    if (session === undefined) return false;
    return session.turn.state === 'running' || (session.queue.length > 0 && !session.queuePaused);
  }

  async #start(key: SessionKey, signal: AbortSignal): Promise<void> {
    this.#starting.set(key, (this.#starting.get(key) ?? 0) + 1);
    try {
      const session = await this.#live.start(key, signal);
      await this.#afresh(session);
    } catch (failure) {
      const { code, message, data } = errorOf(failure);
      // That nobody is signed in is said by other methods.
      throw new PeerError(code === CODE.failed ? CODE.internal : code, message, data);
    } finally {
      const left = (this.#starting.get(key) ?? 1) - 1;
      if (left === 0) this.#starting.delete(key);
      else this.#starting.set(key, left);
    }
  }

  /** The agent remembers nothing: a prompt means that it is to begin anew, which the transcript says. */
  async #afresh({ key, link }: Session): Promise<void> {
    if (link.forgotten === true)
      await this.#hub.world.router.perform(key, { kind: 'session/afresh' }, 'relay', lasting);
  }

  #follow({ key, logged }: Appended): void {
    for (const { event } of logged) this.#note(key, event);
  }

  #note(key: SessionKey, event: SessionEvent): void {
    switch (event.kind) {
      case 'turn/started':
        this.#waiting.delete(event.turn);
        if (readRelayTurn(event.turn) !== undefined) this.#running.set(event.turn, key);
        return;
      case 'turn/ended':
        this.#running.delete(event.turn);
        return this.#answer(key, event.turn, () => responseLine(event));
      case 'queue/changed': {
        const ids = new Set(event.queue.map(({ id }) => id));
        for (const [turn, of] of this.#waiting) if (of === key && !ids.has(turn)) this.#withdraw(turn);
        for (const id of ids) if (readRelayTurn(id) !== undefined) this.#waiting.set(id, key);
        return;
      }
      default:
    }
  }

  /** Whoever looks at the session finds it among its frames. */
  #answer(key: SessionKey, turn: string, line: () => string): void {
    const client = this.#hub.client(askerOf(turn, '').client);
    if (client !== undefined && (client.plain || client.active !== key)) client.say(line());
  }

  #withdraw(turn: string): void {
    this.#waiting.delete(turn);
    const asker = readRelayTurn(turn);
    if (asker !== undefined) this.#hub.client(asker.client)?.refuse(asker.requestId, withdrawn());
  }

  /** What ran then ends untold here: who asked is not left waiting. */
  #stopped(key: SessionKey): void {
    for (const [turn, of] of this.#running) {
      if (of !== key) continue;
      this.#running.delete(turn);
      const asker = readRelayTurn(turn);
      const failure = new PeerError(CODE.internal, 'The session was closed before the turn ended.');
      if (asker !== undefined) this.#hub.client(asker.client)?.refuse(asker.requestId, failure);
    }
  }

  #erased(key: SessionKey): void {
    for (const [turn, of] of this.#waiting) if (of === key) this.#withdraw(turn);
  }
}

/** What a person asked for goes on without the socket that it was asked on. */
const lasting = new AbortController().signal;

/** @throws PeerError */
const readPrompt = (value: unknown): readonly ContentBlock[] => {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isBlock))
    throw invalid('“prompt” is a list of content blocks, and not an empty one.');
  return value;
};

const isBlock = (block: unknown): block is ContentBlock =>
  isFields(block) && (block['type'] === 'text' ? isText(block['text']) : isText(block['type']));
