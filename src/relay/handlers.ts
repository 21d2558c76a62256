/** Which method is whose. Source: the relay protocol, §4 and §9. */
import { PROTOCOL_VERSION } from '../protocol/acp/agent.ts';
import { AGENT } from '../protocol/acp/methods.ts';
import { META, RELAY } from '../protocol/relay/names.ts';
import { isFields } from '../model/fold/read.ts';
import type { RelayMethod } from './authorize.ts';
import { type Call, type Handler, LATER, metaOf, sessionOf } from './call.ts';
import { line } from './encode.ts';
import type { Hub } from './hub.ts';
import type { LeaseState } from './lease.ts';
import type { Prompts } from './prompts.ts';
import { errorOf, notController, unknownMethod } from './refusal.ts';
import type { Sessions } from './sessions.ts';
import { promptCapabilitiesOf, stateOf } from './state.ts';
import type { Switches } from './switches.ts';
import type { RelayWorkspace } from './workspace.ts';

export interface HandlerParts {
  readonly hub: Hub;
  readonly prompts: Prompts;
  readonly sessions: Sessions;
  readonly switches: Switches;
  readonly workspace: RelayWorkspace;
}

export const handlersOf = (parts: HandlerParts): ReadonlyMap<string, Handler> => {
  const { hub, prompts, sessions, switches } = parts;
  return new Map<RelayMethod, Handler>([
    [AGENT.initialize, (call) => initialize(parts, call)],
    [AGENT.newSession, (call) => sessions.create(call)],
    [AGENT.load, (call) => sessions.load(call)],
    [AGENT.resume, (call) => sessions.resume(call)],
    [AGENT.close, (call) => sessions.close(call)],
    ['session/list', (call) => sessions.list(call)],
    ['session/delete', (call) => sessions.erase(call)],
    [AGENT.prompt, (call) => prompts.prompt(call)],
    [AGENT.cancel, (call) => prompts.cancel(call)],
    ['$/cancel_request', (call) => prompts.takeBack(call)],
    [AGENT.setMode, (call) => switches.setMode(call)],
    [AGENT.setModel, (call) => switches.setModel(call)],
    [AGENT.setOption, (call) => switches.setConfigOption(call)],
    [RELAY.setModel, (call) => switches.setModel(call)],
    [RELAY.setOptions, (call) => switches.setOptions(call)],
    [RELAY.getModels, (call) => switches.models(call)],
    [RELAY.getState, async (call) => stateOf(hub, await hub.wake(sessionOf(hub, call)))],
    [RELAY.ping, () => ({})],
    [RELAY.listSessions, () => sessions.listAll()],
    [RELAY.takeControl, (call) => takeControl(hub, call)],
    [RELAY.releaseControl, (call) => releaseControl(hub, call)],
    ...workspaceHandlers(parts),
    ...terminalHandlers(parts),
  ]);
};

const initialize = ({ hub, workspace }: HandlerParts, { client, params }: Call): object => {
  const { world, terminals } = hub;
  const { version } = world;
  const { clientCapabilities } = params;
  const capabilities = isFields(clientCapabilities) ? clientCapabilities : {};
  client.queues = metaOf(capabilities, META.queue) === true;
  client.elicits = isFields(capabilities['elicitation']);
  const agent = world.defaultAgent();
  const seen = world.store.all().findLast((session) => session.backend === agent && session.agent !== undefined);
  const relay = {
    ...workspace.capabilities,
    terminal: terminals.isOn,
    lease: world.lease.state.enabled,
    sessions: true,
    roots: world.roots(),
  };
  return {
    protocolVersion: PROTOCOL_VERSION,
    ...(version === undefined ? {} : { agentInfo: { name: 'wheelhouse', title: 'Wheelhouse', version } }),
    agentCapabilities: {
      loadSession: true,
      sessionCapabilities: { list: {}, resume: {}, close: {}, delete: {} },
      promptCapabilities: promptCapabilitiesOf(seen),
      ...(client.plain ? {} : { _meta: { [META.relay]: relay } }),
    },
    authMethods: [],
  };
};

const takeControl = ({ world: { lease } }: Hub, { client, method }: Call): object => {
  if (!lease.state.enabled) throw unknownMethod(method);
  return controlResult(lease.take(client.driver));
};

const releaseControl = ({ world: { lease } }: Hub, { client, method }: Call): object => {
  if (!lease.state.enabled) throw unknownMethod(method);
  // A client of another device may have the same id once the first one is not connected.
  if (lease.wheel(client.base, client.device.id) === 'theirs') throw notController(lease.state);
  return controlResult(lease.release(client.base));
};

const controlResult = ({ holder, epoch }: LeaseState): object => ({
  holder: holder?.client ?? null,
  controlEpoch: epoch,
});

const workspaceHandlers = ({ hub, workspace }: HandlerParts): readonly (readonly [RelayMethod, Handler])[] => {
  const queries = [
    RELAY.listDirectory,
    RELAY.readFile,
    RELAY.findFiles,
    RELAY.searchText,
    RELAY.gitStatus,
    RELAY.gitDiff,
  ] as const;
  const query: Handler = ({ method, params, signal }) => {
    const asked = workspace.query(method, params, signal);
    if (asked === undefined) throw unknownMethod(method);
    return asked;
  };
  const edit: Handler = async ({ client, id, params, signal }) => {
    const edited = await workspace.applyEdit(params, client.device, signal);
    if (id !== undefined) client.respond(id, edited);
    // Whoever asked knows it first.
    hub.broadcast(line(RELAY.workspaceChanged, { path: edited.path }));
    return LATER;
  };
  return [...queries.map((method) => [method, query] as const), [RELAY.applyEdit, edit]];
};

const terminalHandlers = ({ hub }: HandlerParts): readonly (readonly [RelayMethod, Handler])[] => {
  const { terminals, world } = hub;
  const request: Handler = ({ client, method, params }) =>
    terminals.request(method, params, client.base, client.device);
  const drive: Handler = (call) => {
    const { client, id, method, params } = call;
    if (id !== undefined) return request(call);
    terminals.notify(method, params, client.base, client.device);
    return LATER;
  };
  const close: Handler = async (call) => {
    if (call.id !== undefined) return await request(call);
    const { client, method, params } = call;
    await terminals
      .request(method, params, client.base, client.device)
      .catch((failure: unknown) => world.log.debug(`A terminal was not closed: ${errorOf(failure).message}`));
    return LATER;
  };
  return [
    [RELAY.terminalOpen, request],
    [RELAY.terminalInput, drive],
    [RELAY.terminalResize, drive],
    [RELAY.terminalClose, close],
  ];
};
