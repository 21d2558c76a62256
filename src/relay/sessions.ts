/** Sessions as clients make, take up, list and end them. Source: the relay protocol, §9, sessions. */
import type { McpServer } from '@agentclientprotocol/sdk';
import { sentence } from '../base/failure.ts';
import { isCount, isFields, isText, listOf } from '../model/fold/read.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { Summary } from '../model/summary.ts';
import { META } from '../protocol/relay/names.ts';
import { type Call, LATER, metaOf, sessionOf, textIn } from './call.ts';
import type { RelayCursor, Replay } from './feed.ts';
import type { Hub } from './hub.ts';
import { isLive, type LiveSessions } from './live.ts';
import { agentsOwn, invalid, unknownSession } from './refusal.ts';
import { sessionResult, stateOf } from './state.ts';

export class Sessions {
  readonly #hub: Hub;
  readonly #live: LiveSessions;

  constructor(hub: Hub, live: LiveSessions) {
    this.#hub = hub;
    this.#live = live;
  }

  /** The answer comes first, then what happens in the new session. */
  async create({ client, id, params, signal }: Call): Promise<unknown> {
    const { world } = this.#hub;
    const agent = metaOf(params, META.agent) ?? world.defaultAgent();
    if (!isText(agent) || !world.router.backends().some(({ id, makesItsOwn }) => id === agent && makesItsOwn !== true))
      throw invalid('There is no such agent here.');
    const cwd = await this.#folder(textIn(params, 'cwd'), signal);
    const mcpServers = readServers(params['mcpServers'], client.device.owner === true);
    const session = await this.#open({ agent, cwd, mcpServers }, signal);
    if (id === undefined) return LATER;
    const state = client.plain ? undefined : stateOf(this.#hub, session, { reset: false, complete: true });
    client.respond(id, { sessionId: session.key, ...sessionResult(session, state) });
    if (!client.closed) client.view(session, { lastSeq: 0, host: undefined });
    return LATER;
  }

  async load(call: Call): Promise<unknown> {
    return await this.#takeUp(call, readCursor(call));
  }

  async resume(call: Call): Promise<unknown> {
    return await this.#takeUp(call, 'head');
  }

  async close(call: Call): Promise<unknown> {
    await this.#live.stop(named(this.#hub, call), 'closed');
    return {};
  }

  async erase(call: Call): Promise<unknown> {
    const key = named(this.#hub, call);
    await this.#live.stop(key, 'closed');
    await this.#hub.world.catalogue.erase(key);
    return {};
  }

  /** ACP's own. */
  list({ params }: Call): object {
    const { cwd } = params;
    const listed = this.#listed().filter((summary) => !isText(cwd) || summary.cwd === cwd);
    const sessions = listed.map(({ key, cwd: folder, title, changedAt }) => ({
      sessionId: key,
      cwd: folder,
      ...(title === '' ? {} : { title }),
      updatedAt: new Date(changedAt).toISOString(),
    }));
    return { sessions };
  }

  listAll(): object {
    const sessions = this.#listed().map((summary) => {
      const { key, title, changedAt, cwd, agentLabel, questions } = summary;
      const session = this.#hub.world.store.get(key);
      return {
        id: key,
        title: title === '' ? key : title,
        updatedAt: new Date(changedAt).toISOString(),
        busy: session?.turn.state === 'running',
        cwd,
        agent: agentLabel,
        live: isLive(session),
        waiting: questions > 0,
      };
    });
    return { sessions };
  }

  /** Newest first, as a person looks for them. */
  #listed(): readonly Summary[] {
    return [...this.#hub.world.catalogue.all()].sort((a, b) => b.changedAt - a.changedAt);
  }

  async #open(
    options: { readonly agent: string; readonly cwd: string; readonly mcpServers: readonly McpServer[] },
    signal: AbortSignal,
  ): Promise<Session> {
    const { world } = this.#hub;
    const place = await this.#live.reserve(Symbol(options.cwd));
    try {
      const { mcpServers, ...rest } = options;
      const wanted = mcpServers.length === 0 ? rest : { ...rest, mcpServers };
      const key = await world.newSession(wanted, () => place.dispose(), signal);
      const session = world.store.get(key);
      if (session === undefined) throw unknownSession();
      return session;
    } catch (failure) {
      throw agentsOwn(failure);
    } finally {
      place.dispose();
    }
  }

  async #takeUp(call: Call, cursor: RelayCursor | 'head'): Promise<unknown> {
    const { client, signal } = call;
    const key = named(this.#hub, call);
    let seen: Replay | undefined;
    const admitted = (session: Session): void => {
      if (client.active !== key && !client.closed) seen = client.view(session, cursor);
    };
    const session = await this.#start(key, signal, admitted);
    return sessionResult(session, client.plain ? undefined : stateOf(this.#hub, session, seen));
  }

  /** Without an agent the history stands. @throws PeerError, where it was not admitted */
  async #start(key: SessionKey, signal: AbortSignal, admitted: (session: Session) => void): Promise<Session> {
    let admittedOne: Session | undefined;
    try {
      return await this.#live.start(key, signal, (session) => {
        admittedOne = session;
        admitted(session);
      });
    } catch (failure) {
      if (admittedOne === undefined) throw failure;
      this.#hub.world.log.info(`A session was shown without its agent: ${sentence(failure)}`);
      return this.#hub.world.store.get(key) ?? admittedOne;
    }
  }

  /** @throws PeerError */
  async #folder(path: string, signal: AbortSignal): Promise<string> {
    const place = await this.#hub.world.place(path, signal);
    if (!place.inside) throw invalid(`${path} is outside of the folders that sessions may work in.`);
    if (place.kind !== undefined && place.kind !== 'folder') throw invalid(`${path} is no folder.`);
    return place.path;
  }
}

/** These name their session always: what a client looks at is not what it means to end. @throws PeerError */
const named = (hub: Hub, call: Call): SessionKey => {
  if (!isText(call.params['sessionId'])) throw invalid('“sessionId” is missing.');
  return sessionOf(hub, call);
};

const readCursor = ({ params }: Call): RelayCursor => {
  const told = metaOf(params, META.relay);
  const { lastSeq, hostId } = isFields(told) ? told : {};
  const seq = isCount(lastSeq) && Number.isSafeInteger(lastSeq) && lastSeq >= 0 ? lastSeq : 0;
  return { lastSeq: seq, host: isText(hostId) ? hostId : undefined };
};

/** A server on stdio is a program that would be started here. @throws PeerError */
const readServers = (value: unknown, owner: boolean): readonly McpServer[] => {
  const servers = listOf(value ?? []);
  if (servers === undefined || !servers.every(isServer)) throw invalid('“mcpServers” is a list of servers.');
  if (!owner && servers.some((server) => !('url' in server)))
    throw invalid('A program as a server is started for the owner of this host alone.');
  return servers;
};

const isServer = (server: unknown): server is McpServer => {
  if (!isFields(server) || !isText(server['name'])) return false;
  const { type, url, command, args, env, headers } = server;
  if (type === 'http' || type === 'sse') return isText(url) && command === undefined && isListOfPairs(headers);
  return type === undefined && url === undefined && isText(command) && Array.isArray(args) && isListOfPairs(env);
};

const isListOfPairs = (value: unknown): boolean =>
  Array.isArray(value) && value.every((pair) => isFields(pair) && isText(pair['name']) && isText(pair['value']));
