import { expect, test } from 'vitest';
import { authorize, type Kind, RELAY_METHODS, relayKind, VIEW_ROWS } from '../../src/relay/authorize.ts';
import type { Capability, Device } from '../../src/relay/device.ts';
import { CODE } from '../../src/protocol/relay/names.ts';
import { codeOf, RelayRoom } from '../tools/relay.ts';
import { question } from '../tools/sessions.ts';
import { agreed } from './agreed.ts';

/**
 * Who may say what, for every message that there is: what the doors do is written down and compared with what was agreed.
 * A message without a row does not compile.
 */
interface Role {
  readonly name: string;
  readonly capability: Capability;
  readonly wheel: 'off' | 'free' | 'mine' | 'theirs';
  /** Its word is meant for an epoch that is over. */
  readonly late?: true;
  readonly plain?: true;
  readonly revoked?: true;
}

const ROLES: readonly Role[] = [
  { name: 'watch', capability: 'watch', wheel: 'free' },
  { name: 'answer', capability: 'answer', wheel: 'theirs' },
  { name: 'drive', capability: 'drive', wheel: 'off' },
  { name: 'drive, wheel free', capability: 'drive', wheel: 'free' },
  { name: 'driver', capability: 'drive', wheel: 'mine' },
  { name: 'viewer', capability: 'drive', wheel: 'theirs' },
  { name: 'driver, old epoch', capability: 'drive', wheel: 'mine', late: true },
  { name: 'plain, wheel free', capability: 'drive', wheel: 'free', plain: true },
  { name: 'plain viewer', capability: 'drive', wheel: 'theirs', plain: true },
  { name: 'revoked', capability: 'drive', wheel: 'mine', revoked: true },
];

const lines = (rows: readonly string[]): string => `${rows.join('\n')}\n`;

const ANSWER = 'answer to a permission';
const MADE_UP = 'made/up';

/** What becomes of one message of one role, over a relay of its own. */
const cell = async (method: string, role: Role): Promise<string> => {
  const room = new RelayRoom();
  try {
    const key = await room.session();
    room.append(key, { kind: 'question/asked', question: question('q') });
    room.lease.enable(role.wheel !== 'off');
    const device: Device = { id: 'd', name: 'Device', capability: role.capability };
    const [mine, theirs] = [
      { client: 'c', device: 'd', name: 'Device' },
      { client: 'other', device: 'o', name: 'Other' },
    ];
    if (role.wheel === 'mine' || role.wheel === 'theirs') room.lease.take(role.wheel === 'mine' ? mine : theirs);
    const client = room.client({ device, ...(role.plain === true ? {} : { client: 'c' }) });
    const before = room.lease.state;
    const seq = room.get(key).at.seq;
    if (role.revoked === true) room.relay.revoked('d');
    client.take();
    const meta = role.late === true ? { _meta: { 'wheelhouse.controlEpoch': 0 } } : {};
    if (method === ANSWER) client.answer('q', 'yes', role.late === true ? { 'wheelhouse.controlEpoch': 0 } : undefined);
    const id = method === ANSWER ? 'q' : client.ask(method, { sessionId: key, prompt: 'ill-typed', ...meta }, 'id');
    const answer = await client.answerTo(id);
    const refused = codeOf(answer) === CODE.notController;
    const claimed = room.lease.state.holder !== before.holder && method !== '_chances/unstable/take_control';
    if (role.revoked === true) {
      expect([answer, room.store.get(key)?.questions.length]).toEqual([undefined, 1]);
      return 'nothing';
    }
    if (refused) {
      expect([room.get(key).at.seq, room.lease.state]).toEqual([seq, before]);
      return 'refused';
    }
    const unknown = codeOf(answer) === CODE.unknownMethod ? ' (none)' : '';
    return `${claimed && room.lease.state.holder !== undefined ? 'claims' : 'passes'}${unknown}`;
  } finally {
    await room.close();
  }
};

test('[S7] every message of the relay wire, for every role', async () => {
  const rows: string[] = [];
  for (const method of [...RELAY_METHODS, ANSWER, MADE_UP]) {
    for (const role of ROLES) rows.push(`${method} | ${role.name} | ${await cell(method, role)}`);
  }
  await agreed('relay-table', lines(rows));
});

test('[S7] what the table says of a wheel and a capability, for every kind and every message of our own surfaces', async () => {
  const rows = Object.values<Readonly<Record<string, Kind>>>(VIEW_ROWS)
    .flatMap((rows) => Object.entries(rows))
    .flatMap(([message, kind]) =>
      (['watch', 'answer', 'drive'] as const).flatMap((capability) =>
        (['off', 'free', 'mine', 'theirs'] as const).flatMap((wheel) =>
          [false, true].map(
            (owner) =>
              `${message} (${kind}) | ${capability}${owner ? ', owner' : ''} | ${wheel} | ${authorize(kind, { capability, ...(owner ? { owner } : {}) }, wheel)}`,
          ),
        ),
      ),
    );
  await agreed('view-table', lines(rows));
});

test('[S7] what nobody knows is refused to whoever may not change anything', () => {
  expect(relayKind('_chances/unstable/made_up')).toBe('drive');
  expect(relayKind('constructor')).toBe('drive');
  expect(authorize('drive', { capability: 'watch' }, 'off')).toBe('capability');
});
