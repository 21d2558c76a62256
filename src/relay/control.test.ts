import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  codeOf,
  type Message,
  named,
  paramsOf,
  phone,
  RelayRoom,
  resultOf,
  stamps,
  tablet,
  type TestClient,
} from '../../test/tools/relay.ts';
import { question } from '../../test/tools/sessions.ts';
import type { SessionKey } from '../model/session.ts';
import type { Device } from './device.ts';

let room: RelayRoom;
let key: SessionKey;
let web: TestClient;
let pad: TestClient;
beforeEach(async () => {
  room = new RelayRoom({ lease: true });
  key = await room.session();
  web = room.client({ client: 'web' });
  pad = room.client({ client: 'pad', device: tablet });
});
afterEach(() => room.close());

const prompt = [{ type: 'text', text: 'hello' }];
const take = '_chances/unstable/take_control';
const release = '_chances/unstable/release_control';
const controls = (messages: readonly Message[]): readonly Message[] =>
  named(messages, '_chances/unstable/control').map(paramsOf);
const refusedBy = (holder: string | null, controlEpoch: number) => ({
  error: {
    code: -32010,
    message: 'not the controller — a lease is active; take control first',
    data: { holder, controlEpoch },
  },
});
const ask = (): void => room.append(key, { kind: 'question/asked', question: question('q1') });

describe('the wheel', () => {
  test('[relay 8 auto-claim] whoever drives first has it, in the same epoch, and all sessions hear it before the answer', async () => {
    const other = await room.session();
    const far = room.client({ client: 'far', device: tablet, session: other });
    for (const client of [web, pad, far]) client.take();
    const id = web.ask('session/prompt', { sessionId: key, prompt });
    await room.settled();
    const held = { lease: true, holder: 'web', controlEpoch: 0 };
    for (const client of [web, pad, far]) expect(controls(client.take())).toEqual([held]);
    expect(await pad.request('session/prompt', { sessionId: key, prompt })).toMatchObject(refusedBy('web', 0));
    room.end(key);
    expect(resultOf(await web.answerTo(id))).toEqual({ stopReason: 'end_turn' });
  });

  test('[relay 8 auto-claim] another base of the same device does not have it; another socket of the base does', async () => {
    await web.request('session/cancel', { sessionId: key });
    const tab = room.client({ client: 'web/2', session: key });
    const second = room.client({ client: 'phone-2', session: key });
    expect(codeOf(await tab.request('session/cancel', { sessionId: key }))).toBeUndefined();
    expect(codeOf(await second.request('session/cancel', { sessionId: key }))).toBe(-32010);
  });

  test('[relay 8 auto-claim] refuses the answer to a permission too, under the request’s own id', async () => {
    await web.request('session/cancel', { sessionId: key });
    ask();
    pad.answer('q1', 'yes');
    await room.settled();
    expect(pad.take().find((message) => message['error'] !== undefined)).toEqual({
      jsonrpc: '2.0',
      id: 'q1',
      ...refusedBy('web', 0),
    });
    expect(room.get(key).questions).toHaveLength(1);
    web.answer('q1', 'yes');
    await room.settled();
    expect(room.get(key).questions).toEqual([]);
  });

  test('[relay 8 take_control epoch ordering] state, then the stamped word on every ring, then the answer', async () => {
    web.take();
    pad.take();
    const id = pad.ask(take);
    await room.settled();
    const heard = pad.take();
    const told = heard.findIndex((message) => message['method'] === '_chances/unstable/control');
    const answered = heard.findIndex((message) => message['id'] === id);
    expect(paramsOf(heard[told])).toEqual({ lease: true, holder: 'pad', controlEpoch: 1 });
    expect(stamps(heard)).toEqual([room.get(key).at.seq]);
    expect(resultOf(heard[answered])).toEqual({ holder: 'pad', controlEpoch: 1 });
    expect(told).toBeLessThan(answered);
    expect(resultOf(await pad.request(take))).toEqual({ holder: 'pad', controlEpoch: 2 });
    expect(resultOf(await web.request(take))).toEqual({ holder: 'web', controlEpoch: 3 });
    expect(
      controls(web.take())
        .concat(controls(web.heard))
        .map(({ controlEpoch }) => controlEpoch),
    ).toEqual(expect.arrayContaining([1, 2, 3]));
  });

  test('[relay 9 lease] is given back by its holder alone; given back while nobody has it, nothing changes', async () => {
    await web.request(take);
    expect(await pad.request(release)).toMatchObject(refusedBy('web', 1));
    expect(resultOf(await web.request(release))).toEqual({ holder: null, controlEpoch: 2 });
    expect(resultOf(await pad.request(release))).toEqual({ holder: null, controlEpoch: 2 });
    expect(codeOf(await pad.request('session/cancel', { sessionId: key }))).toBeUndefined();
    expect(room.lease.state).toMatchObject({ holder: { client: 'pad' }, epoch: 2 });
  });

  test('[relay 9 lease] stays with whoever has it and is not connected, and is nobody’s when its device is revoked', async () => {
    await web.request(take);
    web.leave();
    expect(codeOf(await pad.request('session/cancel', { sessionId: key }))).toBe(-32010);
    room.relay.revoked(phone.id);
    expect(room.lease.state).toMatchObject({ holder: undefined, epoch: 2 });
    expect(codeOf(await pad.request('session/cancel', { sessionId: key }))).toBeUndefined();
  });

  test('[relay 9 lease] is its device’s: another one that takes the client’s id while it is away does not have it', async () => {
    await web.request(take);
    web.leave();
    const other = room.client({ client: 'web', device: tablet });
    expect(codeOf(await other.request('session/cancel', { sessionId: key }))).toBe(-32010);
    expect(codeOf(await other.request(release))).toBe(-32010);
  });

  test('[relay 9 lease] work that was accepted before runs on', async () => {
    const id = web.ask('session/prompt', { sessionId: key, prompt });
    await pad.request(take);
    room.end(key);
    expect(resultOf(await web.answerTo(id))).toEqual({ stopReason: 'end_turn' });
  });

  test('[relay 9 lease] switched off, both methods are unknown and anyone drives', async () => {
    room.lease.enable(false);
    expect(codeOf(await web.request(take))).toBe(-32601);
    expect(codeOf(await web.request(release))).toBe(-32601);
    expect(codeOf(await web.request('session/cancel', { sessionId: key }))).toBeUndefined();
    expect(codeOf(await pad.request('session/cancel', { sessionId: key }))).toBeUndefined();
    expect(room.lease.state.holder).toBeUndefined();
  });

  test('[relay 9 refusal] without an id and without an open request it is dropped', async () => {
    await web.request(take);
    pad.take();
    pad.say({ jsonrpc: '2.0', method: 'session/cancel', params: { sessionId: key } });
    pad.answer('never asked', 'yes');
    await room.settled();
    expect(pad.take()).toEqual([]);
  });

  test('[relay 9 fence] what was meant for another epoch is refused, to its holder too, and claims nothing', async () => {
    const fenced = (epoch: unknown): object => ({ sessionId: key, _meta: { 'wheelhouse.controlEpoch': epoch } });
    expect(codeOf(await web.request('session/cancel', fenced(7)))).toBe(-32010);
    expect(room.lease.state.holder).toBeUndefined();
    await web.request(take);
    expect(codeOf(await web.request('session/cancel', fenced(0)))).toBe(-32010);
    expect(codeOf(await web.request('session/cancel', fenced('1')))).toBe(-32010);
    expect(codeOf(await web.request('session/cancel', fenced(1)))).toBeUndefined();
    ask();
    web.answer('q1', 'yes', { 'wheelhouse.controlEpoch': 0 });
    await room.settled();
    expect(room.get(key).questions).toHaveLength(1);
    web.answer('q1', 'yes', { 'wheelhouse.controlEpoch': 1 });
    await room.settled();
    expect(room.get(key).questions).toEqual([]);
  });

  test('[relay 9 lease] a welcome says how it stands', async () => {
    await web.request(take);
    const late = room.client({ client: 'late', device: tablet });
    expect(late.take()[0]).toMatchObject({ lease: true, holder: 'web', controlEpoch: 1 });
  });
});

describe('what a device may do', () => {
  const watcher: Device = { id: 'd-tv', name: 'TV', capability: 'watch' };
  const answerer: Device = { id: 'd-watch', name: 'Watch', capability: 'answer' };

  test('[relay 9 pairing] one that may answer does so without the wheel, whoever has it, and claims none', async () => {
    ask();
    const watch = room.client({ client: 'watch', device: answerer });
    watch.answer('q1', 'no');
    await room.settled();
    expect(room.get(key).questions).toEqual([]);
    expect(room.lease.state.holder).toBeUndefined();
    await web.request(take);
    ask();
    watch.answer('q1', 'no');
    await room.settled();
    expect(room.get(key).questions).toEqual([]);
    expect(await watch.request('session/prompt', { sessionId: key, prompt })).toMatchObject({
      error: { code: -32010, data: { capability: 'answer' } },
    });
    expect(codeOf(await watch.request(take))).toBe(-32010);
  });

  test('[relay 9 pairing] one that may watch sees everything and changes nothing', async () => {
    ask();
    const tv = room.client({ client: 'tv', device: watcher });
    expect(tv.take()[0]).toMatchObject({ pendingPermissionIds: ['q1'] });
    tv.answer('q1', 'yes');
    await room.settled();
    expect(tv.take()).toEqual([
      expect.objectContaining({ id: 'q1', error: expect.objectContaining({ data: { capability: 'watch' } }) }),
    ]);
    expect(room.get(key).questions).toHaveLength(1);
    expect(codeOf(await tv.request('session/list'))).toBeUndefined();
  });
});
