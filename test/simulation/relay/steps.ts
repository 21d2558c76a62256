import type { SessionKey } from '../../../src/model/session.ts';
import { type Action, type AnyKind, chooser } from '../action.ts';
import { nth, withDevice } from '../steps.ts';
import type { RelayDevice } from './device.ts';
import { RELAY_KINDS, type RelayKind } from './kinds.ts';
import type { RelayWorld } from './world.ts';

/** False, or a promise of it: there was nothing to do. */
type RelayStep = (world: RelayWorld, action: Action) => unknown;

/** How often each thing is done, compared with the others. */
const WEIGHTS = {
  // The process of the sessions, and its editor.
  'agent says': 30,
  'agent says much': 0.4,
  'agent asks': 12,
  'agent asks again': 1,
  'agent withdraws': 1,
  'agent ends its turn': 12,
  'agent ends its turn badly': 2,
  'agent dies': 0.7,
  'agent opens': 4,
  'agent changes its mood': 1,
  'time passes': 12,
  'a moment passes': 6,
  'wall clock jumps': 0.3,
  'machine sleeps': 0.3,
  'disk fails': 0.6,
  'disk is well again': 1,
  'process is killed': 0.3,
  'power is lost': 0.1,
  'process ends': 0.2,
  'list is read': 0.2,
  'person prompts': 2,
  'person cancels': 1,
  'person answers': 2,
  'person resumes the queue': 5,
  'person clears the queue': 0.5,
  'person begins afresh': 4,
  'person closes a session': 1,
  'person opens a session': 1,
  'person brings the agent back': 5,
  'messages arrive': 8,
  // The devices.
  'device connects': 8,
  'device turns to a session': 2,
  'device connects without a cursor': 1,
  'device connects with a wrong cursor': 0.7,
  'device loses its socket': 2,
  'device is cut off unheard': 1,
  'device stops reading': 1.5,
  'device reads again': 2,
  'device says hello': 3,
  'device prompts': 12,
  'device prompts twice at once': 1,
  'device prompts elsewhere': 2,
  'device cancels': 2,
  'device takes a prompt back': 2,
  'device answers': 14,
  'device answers what was not offered': 1,
  'device answers late': 2,
  'devices answer at once': 4,
  'device takes the wheel': 5,
  'device releases the wheel': 2,
  'editor takes the wheel': 3,
  'editor releases the wheel': 1.5,
  'device asks how it stands': 2,
  'device makes a session': 0.7,
  'device talks nonsense': 1,
  'device is revoked': 0.4,
  'device is paired': 2,
  'wheel is switched': 0.3,
  'sockets carry': 30,
  'sockets carry badly': 16,
  'relay process starts': 5,
} as const;

export const chooseInRelay = chooser(WEIGHTS, { relay: true });

export const isOfRelay = (kind: AnyKind): kind is RelayKind => RELAY_KINDS.some((one) => one === kind);

/** Sessions of the process, as many as other steps make. */
const MOST_SESSIONS = 3;

const withPhone =
  (run: (phone: RelayDevice, action: Action, world: RelayWorld) => unknown): RelayStep =>
  (world, action) => {
    const phone = nth(
      world.phones.filter(({ socket }) => socket !== undefined),
      action.a,
    );
    return phone !== undefined && run(phone, action, world) !== false;
  };

const withSession = (run: (phone: RelayDevice, sessionId: SessionKey, action: Action) => unknown): RelayStep =>
  withPhone((phone, action) => phone.key !== undefined && run(phone, phone.key, action));

const connects = (cursor: 'own' | 'none' | 'wrong', elsewhere: boolean): RelayStep => {
  return (world, { a, b }) => {
    const phone = nth(world.phones, a);
    // One that is connected may come again before its old socket is known to be dead.
    if (phone === undefined || (phone.socket !== undefined && !elsewhere && b % 8 > 0)) return false;
    const known = phone.key ?? nth([...phone.views.keys()], b);
    const any = [...world.keys, '', undefined, 'nobody knows this' as SessionKey] as const;
    return world.connect(phone, elsewhere || known === undefined ? nth(any, b) : known, cursor);
  };
};

const prompt = (phone: RelayDevice, sessionId: SessionKey, { a, b }: Action): void =>
  void phone.request('session/prompt', { sessionId, prompt: [{ type: 'text', text: `please ${a} ${b} ` }] });

/** As the person of the device wants it. */
const answer = (phone: RelayDevice, id: string, option: string, elicits: boolean): void => {
  const kind = option === 'accept' ? 'accepted' : option === 'decline' ? 'declined' : 'cancelled';
  phone.answered.add(`${id} ${elicits ? kind : option}`);
  const content = option === 'accept' ? { content: { color: 'red' } } : {};
  phone.say({
    id,
    result: elicits ? { action: option, ...content } : { outcome: { outcome: 'selected', optionId: option } },
  });
};

const ACTIONS = ['accept', 'decline', 'cancel'];

const answers = (phone: RelayDevice, { a, b }: Action): boolean => {
  const open = phone.asked.filter(({ id }) => phone.view?.open.has(id));
  const one = nth(open, b);
  const option = nth(one?.elicits === true ? ACTIONS : (one?.options ?? []), a);
  if (one === undefined || option === undefined) return false;
  answer(phone, one.id, option, one.elicits);
  return true;
};

const NONSENSE = [
  'this is no JSON',
  '{"jsonrpc":"2.0","id":"x"}',
  '[{"jsonrpc":"2.0","id":1,"method":"initialize"}]',
  '{"jsonrpc":"2.0","id":"y","result":{"outcome":{"outcome":"selected","optionId":"yes"}}}',
  '{"jsonrpc":"2.0","method":"session/prompt","params":{"prompt":[{"type":"text","text":"unasked"}]}}',
  '{"jsonrpc":"2.0","id":null,"method":"_chances/unstable/take_control"}',
];

export const RELAY_STEPS: Readonly<Record<RelayKind, RelayStep>> = {
  'device connects': connects('own', false),
  'device turns to a session': connects('own', true),
  'device connects without a cursor': connects('none', true),
  'device connects with a wrong cursor': connects('wrong', true),
  'device loses its socket': withPhone((phone) => {
    phone.socket?.cut();
    phone.end();
  }),
  'device is cut off unheard': withPhone((phone) => {
    phone.socket?.cutUnheard();
    phone.end();
  }),
  'device stops reading': withPhone(({ socket }) => {
    if (socket !== undefined) socket.stalled = true;
  }),
  'device reads again': ({ phones }) => {
    const stalled = phones.filter(({ socket }) => socket?.stalled === true);
    for (const { socket } of stalled) if (socket !== undefined) socket.stalled = false;
    return stalled.length > 0;
  },
  'device says hello': withPhone((phone, { b }) => {
    const _meta = b % 3 > 0 ? { 'wheelhouse.queue': true } : {};
    phone.request('initialize', { protocolVersion: 1, clientCapabilities: { elicitation: {}, _meta } });
  }),
  'device prompts': withSession(prompt),
  'device prompts twice at once': withSession((phone, key, action) => {
    prompt(phone, key, action);
    prompt(phone, key, action);
  }),
  'device prompts elsewhere': withPhone((phone, action, world) => {
    const key = nth(world.keys, action.b);
    return key !== undefined && key !== phone.key && prompt(phone, key, action);
  }),
  'device cancels': withSession((phone, sessionId) => phone.say({ method: 'session/cancel', params: { sessionId } })),
  'device takes a prompt back': withPhone((phone, { b }) => {
    const requestId = nth([...phone.pending.keys()], b);
    if (requestId === undefined) return false;
    phone.say({ method: '$/cancel_request', params: { requestId } });
    return true;
  }),
  'device answers': withPhone(answers),
  'device answers what was not offered': withPhone((phone, { b }) => {
    const id = nth([...(phone.view?.open.keys() ?? [])], b);
    if (id === undefined) return false;
    phone.answered.add(`${id} all`);
    for (const result of [{ outcome: { outcome: 'selected', optionId: 'all' } }, { action: 'maybe' }, {}, null])
      phone.say({ id, result });
    phone.say({ id, error: { code: -32603, message: 'It fell.' } });
    return true;
  }),
  'device answers late': withPhone((phone, { a, b }) => {
    const one = nth(phone.asked, b);
    const option = nth(one?.elicits === true ? ACTIONS : (one?.options ?? []), a);
    if (one === undefined || option === undefined) return false;
    answer(phone, one.id, option, one.elicits);
    return true;
  }),
  'devices answer at once': ({ phones }, action) =>
    phones
      .filter(({ socket }) => socket !== undefined)
      .filter((phone, index) => answers(phone, { ...action, a: action.a + index })).length > 0,
  'device takes the wheel': withPhone((phone) => phone.request('_chances/unstable/take_control', {})),
  'device releases the wheel': withPhone((phone) => phone.request('_chances/unstable/release_control', {})),
  'editor takes the wheel': withDevice((device) => device.command({ kind: 'control/take' })),
  'editor releases the wheel': withDevice((device) => device.command({ kind: 'control/release' })),
  'device asks how it stands': withPhone((phone, { b }) =>
    phone.request(
      nth(['_chances/unstable/get_state', '_chances/unstable/list_sessions', '_chances/unstable/ping'], b) ?? '',
      {},
    ),
  ),
  'device makes a session': (world, action) => {
    if (world.keys.length >= MOST_SESSIONS) return false;
    return withPhone((phone) => phone.request('session/new', { cwd: '/w', mcpServers: [] }))(world, action);
  },
  'device talks nonsense': withPhone(({ socket }, { b }) => socket?.say(nth(NONSENSE, b) ?? '')),
  'device is revoked': (world, { a }) => {
    const phone = nth(world.phones, a);
    if (phone === undefined || phone.revoked || world.serving === undefined) return false;
    world.revoke(phone);
    return true;
  },
  'device is paired': ({ phones }) => {
    const revoked = phones.filter((phone) => phone.revoked);
    for (const phone of revoked) phone.pairedAnew();
    return revoked.length > 0;
  },
  'wheel is switched': ({ serving }) => {
    serving?.lease.enable(!serving.lease.state.enabled);
    return serving !== undefined;
  },
  'sockets carry': (world) => world.carry(0),
  'sockets carry badly': (world, { b }) => world.carry(1 + (b % 5)),
  'relay process starts': (world, { a }) => {
    if (world.slots[0] !== undefined) return false;
    const host = world.start(0);
    for (const device of world.devices) device.connect(host);
    const key = nth(world.keys, a);
    for (const device of world.devices) if (device.key === undefined && key !== undefined) device.look(key);
    return true;
  },
};
