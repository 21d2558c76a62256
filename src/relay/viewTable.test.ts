import { describe, expect, test } from 'vitest';
import { authorize, type Verdict, VIEW_ROWS } from './authorize.ts';
import { CAPABILITIES, type Device } from './device.ts';
import type { Wheel } from './lease.ts';

/**
 * Who may say what at the view door, as one reads it: `all`, every device; `answers`, one that may answer or drive; `drives`,
 * one that may drive and has the wheel, or takes it by that; `steers`, one that may drive; `owner`, the owner's own
 * windows. Written down a second time: a row that changes, or one that is new, is looked at by somebody.
 */
const TABLE: {
  readonly [Group in keyof typeof VIEW_ROWS]: Readonly<Record<keyof (typeof VIEW_ROWS)[Group], keyof typeof WHO>>;
} = {
  messages: {
    ...{
      hello: 'all',
      ping: 'all',
      attach: 'all',
      detach: 'all',
      ack: 'all',
      page: 'all',
      mentions: 'all',
      large: 'all',
    },
    ...{ offer: 'owner', answer: 'owner', terminal: 'owner' },
  },
  commands: {
    ...{ prompt: 'drives', cancel: 'drives', 'question/answer': 'answers', 'rule/revoke': 'drives' },
    ...{ 'option/set': 'drives', rename: 'drives', 'session/afresh': 'drives', close: 'drives' },
    ...{ 'queue/change': 'drives', 'queue/move': 'drives', 'queue/remove': 'drives', 'queue/send': 'drives' },
    ...{ 'queue/pause': 'drives', 'queue/resume': 'drives', 'queue/clear': 'drives' },
    ...{ 'control/take': 'steers', 'control/release': 'steers' },
  },
  actions: {
    ...{ 'session/new': 'drives', 'session/take': 'drives', 'agent/restart': 'drives' },
    ...{ 'location/open': 'all', 'diff/open': 'all', 'large/open': 'all', 'question/diff': 'all' },
    ...{ 'terminal/show': 'all', 'link/open': 'all' },
    ...{ 'folder/add': 'owner', 'rules/show': 'owner', 'agent/log': 'owner', mend: 'owner' },
  },
  ofWindows: {
    ...{ 'session/open': 'owner', configure: 'owner', 'session/resume': 'owner', 'session/mark': 'owner' },
    ...{ 'session/erase': 'owner', 'agent/restart': 'owner', 'agent/stop': 'owner', 'agent/sign out': 'owner' },
    ...{ agents: 'owner', 'relay/start': 'owner', 'relay/stop': 'owner', 'relay/state': 'owner' },
    ...{ 'pair/begin': 'owner', 'pair/wait': 'owner', 'pair/cancel': 'owner' },
    ...{ devices: 'owner', 'device/revoke': 'owner', stop: 'owner' },
  },
};

type Role = Device['capability'] | 'owner';

const pass = (): Verdict => 'pass';
const refuse = (): Verdict => 'capability';
const byWheel = (wheel: Wheel): Verdict => (wheel === 'theirs' ? 'wheel' : wheel === 'free' ? 'claim' : 'pass');

const WHO = {
  all: { watch: pass, answer: pass, drive: pass, owner: pass },
  answers: { watch: refuse, answer: pass, drive: byWheel, owner: byWheel },
  drives: { watch: refuse, answer: refuse, drive: byWheel, owner: byWheel },
  steers: { watch: refuse, answer: refuse, drive: pass, owner: pass },
  owner: { watch: refuse, answer: refuse, drive: refuse, owner: pass },
} satisfies Readonly<Record<string, Readonly<Record<Role, (wheel: Wheel) => Verdict>>>>;

const ROLES: readonly Role[] = [...CAPABILITIES, 'owner'];
const WHEELS: readonly Wheel[] = ['off', 'free', 'mine', 'theirs'];

const cells = Object.entries(VIEW_ROWS).flatMap(([group, rows]) =>
  Object.entries(rows).map(([name, kind]) => ({ group, name, kind })),
);

describe('who may say what at the view door', () => {
  test.each(cells)('[S7] $group $name', ({ group, name, kind }) => {
    const said: Readonly<Record<string, Readonly<Record<string, keyof typeof WHO>>>> = TABLE;
    const who = said[group]?.[name];
    if (who === undefined) throw new Error('This row is not in the table.');
    for (const role of ROLES) {
      const device = role === 'owner' ? ({ capability: 'drive', owner: true } as const) : { capability: role };
      for (const wheel of WHEELS)
        expect([role, wheel, authorize(kind, device, wheel)]).toEqual([role, wheel, WHO[who][role](wheel)]);
    }
  });
});
