/**
 * Every name of the relay wire that is not ACP's own, and every code: a peer with other names is one edit away.
 * Source: the relay protocol, §4, §5 and §9.
 */

/** Before each method of the relay's own. */
export const PREFIX = '_chances/unstable/';

const named = <Name extends string>(name: Name) => `${PREFIX}${name}` as const;

export const RELAY = {
  listSessions: named('list_sessions'),
  takeControl: named('take_control'),
  releaseControl: named('release_control'),
  control: named('control'),
  permissionSettled: named('permission_settled'),
  queue: named('queue'),
  event: named('event'),
  sessionChanged: named('session_changed'),
  workspaceChanged: named('workspace_changed'),
  ping: named('ping'),
  getState: named('get_state'),
  getModels: named('get_models'),
  setModel: named('set_model'),
  setOptions: named('set_options'),
  listDirectory: named('list_directory'),
  readFile: named('read_file'),
  findFiles: named('find_files'),
  searchText: named('search_text'),
  gitStatus: named('git_status'),
  gitDiff: named('git_diff'),
  applyEdit: named('apply_edit'),
  terminalOpen: named('terminal_open'),
  terminalInput: named('terminal_input'),
  terminalResize: named('terminal_resize'),
  terminalClose: named('terminal_close'),
  terminalOutput: named('terminal_output'),
  terminalExit: named('terminal_exit'),
} as const;

/** The only frame that is no JSON-RPC. */
export const WELCOME = 'relay_welcome';

export const QUERY = { client: 'client_id', session: 'session_id', lastSeq: 'last_seq', host: 'host_id' } as const;

/** Keys of `_meta`. */
export const META = {
  relay: 'wheelhouse.relay',
  prompt: 'wheelhouse.prompt',
  queue: 'wheelhouse.queue',
  agent: 'wheelhouse.agent',
  controlEpoch: 'wheelhouse.controlEpoch',
} as const;

export const CODE = {
  notController: -32010,
  editConflict: -32011,
  busy: -32012,
  tooManySessions: -32013,
  invalidRequest: -32600,
  unknownMethod: -32601,
  invalidParams: -32602,
  internal: -32603,
  notJson: -32700,
  failed: -32000,
  notFound: -32002,
  cancelled: -32800,
} as const;

/** Of a WebSocket. */
export const CLOSE = { stops: 1001, binary: 1003, tooLong: 1009, replaced: 4000, revoked: 4001 } as const;

/** Sub-protocols that a browser offers, which cannot set a header: the server selects the first, never the other. */
export const SUB_PROTOCOL = 'wheelhouse.v1';
export const BEARER = 'bearer.';

/** 1 to 64 of these, then optionally `/` and digits: what stands before is the base, whose lease and terminals they are. */
const CLIENT_ID = /^[A-Za-z0-9._-]{1,64}(?:\/\d{1,9})?$/u;

export const isClientId = (text: string): boolean => CLIENT_ID.test(text);

export const baseOf = (client: string): string => client.split('/', 1)[0] ?? client;
