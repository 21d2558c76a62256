/**
 * Who may say what: the one table that both doors pass. Source: the relay protocol, §9, classes and pairing.
 *
 * A1 What the table does not name is nobody's: a new message without a row does not compile.
 * A2 First the capability of the device, which nothing raises; then the wheel.
 * A3 An answer of a device that may only answer neither wants the wheel nor claims it.
 */
import type { Action, FromWindow, HostAction } from '../protocol/view/messages.ts';
import type { Command } from '../model/event.ts';
import { RELAY } from '../protocol/relay/names.ts';
import type { Capability } from './device.ts';
import type { Wheel } from './lease.ts';

/**
 * `read`: looks. `wheel`: takes or gives the wheel, which any that may drive may. `answer`: answers a question. `drive`:
 * changes something. `owner`: only the owner's own programs, whatever else a device may.
 */
export type Kind = 'read' | 'wheel' | 'answer' | 'drive' | 'owner';

/** `claim`: it passes, and its sender has the wheel from then on. */
export type Verdict = 'pass' | 'claim' | 'capability' | 'wheel';

const NEEDS: Readonly<Record<Kind, Capability>> = {
  read: 'watch',
  wheel: 'drive',
  answer: 'answer',
  drive: 'drive',
  owner: 'drive',
};
const RANK: Readonly<Record<Capability, number>> = { watch: 0, answer: 1, drive: 2 };

export const authorize = (
  kind: Kind,
  { capability, owner }: { readonly capability: Capability; readonly owner?: true },
  wheel: Wheel,
): Verdict => {
  if (RANK[capability] < RANK[NEEDS[kind]] || (kind === 'owner' && owner !== true)) return 'capability';
  if (kind === 'read' || kind === 'wheel' || kind === 'owner') return 'pass';
  if (kind === 'answer' && capability === 'answer') return 'pass';
  if (wheel === 'theirs') return 'wheel';
  return wheel === 'free' ? 'claim' : 'pass';
};

/** ACP's own that the relay answers or passes on, and its own. */
const RELAY_KINDS = {
  initialize: 'read',
  authenticate: 'drive',
  logout: 'drive',
  'session/new': 'drive',
  'session/load': 'drive',
  'session/resume': 'drive',
  'session/list': 'read',
  'session/close': 'drive',
  'session/delete': 'drive',
  'session/prompt': 'drive',
  'session/cancel': 'drive',
  'session/set_mode': 'drive',
  'session/set_model': 'drive',
  'session/set_config_option': 'drive',
  '$/cancel_request': 'read',
  [RELAY.listSessions]: 'read',
  [RELAY.takeControl]: 'wheel',
  [RELAY.releaseControl]: 'wheel',
  [RELAY.ping]: 'read',
  [RELAY.getState]: 'read',
  [RELAY.getModels]: 'read',
  [RELAY.setModel]: 'drive',
  [RELAY.setOptions]: 'drive',
  [RELAY.listDirectory]: 'read',
  [RELAY.readFile]: 'read',
  [RELAY.findFiles]: 'read',
  [RELAY.searchText]: 'read',
  [RELAY.gitStatus]: 'read',
  [RELAY.gitDiff]: 'read',
  [RELAY.applyEdit]: 'drive',
  [RELAY.terminalOpen]: 'drive',
  [RELAY.terminalInput]: 'drive',
  [RELAY.terminalResize]: 'drive',
  [RELAY.terminalClose]: 'drive',
} as const satisfies Readonly<Record<string, Kind>>;

export type RelayMethod = keyof typeof RELAY_KINDS;

export const RELAY_METHODS = Object.keys(RELAY_KINDS) as readonly RelayMethod[];

const isRelayMethod = (method: string): method is RelayMethod => Object.hasOwn(RELAY_KINDS, method);

/** Whatever nobody knows counts as what changes something: first refused to who may not, then unknown. */
export const relayKind = (method: string): Kind => (isRelayMethod(method) ? RELAY_KINDS[method] : 'drive');

const COMMANDS: Readonly<Record<Command['kind'], Kind>> = {
  prompt: 'drive',
  cancel: 'drive',
  'question/answer': 'answer',
  'rule/revoke': 'drive',
  'option/set': 'drive',
  rename: 'drive',
  'queue/change': 'drive',
  'queue/move': 'drive',
  'queue/remove': 'drive',
  'queue/send': 'drive',
  'queue/pause': 'drive',
  'queue/resume': 'drive',
  'queue/clear': 'drive',
  'session/afresh': 'drive',
  'control/take': 'wheel',
  'control/release': 'wheel',
  close: 'drive',
};

const ACTIONS: Readonly<Record<Action['kind'], Kind>> = {
  'session/new': 'drive',
  'location/open': 'read',
  'diff/open': 'read',
  'large/open': 'read',
  'question/diff': 'read',
  'terminal/show': 'read',
  'session/take': 'drive',
  'folder/add': 'owner',
  'rules/show': 'owner',
  'agent/restart': 'drive',
  'agent/log': 'owner',
  'link/open': 'read',
  mend: 'owner',
};

const HOST_ACTIONS: Readonly<Record<HostAction['kind'], Kind>> = {
  'session/open': 'owner',
  configure: 'owner',
  'session/resume': 'owner',
  'session/mark': 'owner',
  'session/erase': 'owner',
  'agent/restart': 'owner',
  'agent/stop': 'owner',
  'agent/sign out': 'owner',
  agents: 'owner',
  'relay/start': 'owner',
  'relay/stop': 'owner',
  'relay/state': 'owner',
  'pair/begin': 'owner',
  'pair/wait': 'owner',
  'pair/cancel': 'owner',
  devices: 'owner',
  'device/revoke': 'owner',
  stop: 'owner',
};

const MESSAGES: Readonly<Record<Exclude<FromWindow['type'], 'command' | 'do' | 'host'>, Kind>> = {
  hello: 'read',
  ping: 'read',
  attach: 'read',
  detach: 'read',
  ack: 'read',
  page: 'read',
  mentions: 'read',
  large: 'read',
  offer: 'owner',
  answer: 'owner',
  terminal: 'owner',
};

/** Of what our own surfaces say. A rule that is made of an answer outlives it: that is the owner's, or a driver's. */
export const viewKind = (message: FromWindow): Kind => {
  switch (message.type) {
    case 'command': {
      const { command } = message;
      if (command.kind === 'question/answer' && command.remember !== undefined) return 'drive';
      return COMMANDS[command.kind];
    }
    case 'do':
      return ACTIONS[message.action.kind];
    case 'host':
      return HOST_ACTIONS[message.action.kind];
    default:
      return MESSAGES[message.type];
  }
};

/** Every row of it, for whoever draws up the table. */
export const VIEW_ROWS = { messages: MESSAGES, commands: COMMANDS, actions: ACTIONS, ofWindows: HOST_ACTIONS } as const;
