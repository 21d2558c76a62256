import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, RelayRoom, resultOf, type TestClient } from '../../test/tools/relay.ts';

let room: RelayRoom;
let web: TestClient;
beforeEach(() => {
  room = new RelayRoom();
  web = room.client({ client: 'web' });
});
afterEach(() => room.close());

describe('switches', () => {
  const options = [
    {
      id: 'm',
      name: 'Mode',
      category: 'mode',
      source: 'config',
      control: {
        kind: 'select',
        value: 'ask',
        choices: [
          { value: 'ask', name: 'Ask' },
          { value: 'code', name: 'Code' },
        ],
      },
    },
    {
      id: 'model',
      name: 'Model',
      source: 'model',
      control: {
        kind: 'select',
        value: 's',
        choices: [
          { value: 's', name: 'Small' },
          { value: 'l', name: 'Large' },
        ],
      },
    },
    { id: 'quick', name: 'Quick', source: 'config', control: { kind: 'boolean', value: false } },
  ] as const;

  test('[relay 9 source’s extras] each way of setting one reaches the agent as the same', async () => {
    const key = await room.session();
    room.append(key, { kind: 'options/changed', options });
    const loaded = resultOf(await web.request('session/load', { sessionId: key }));
    expect(loaded).toMatchObject({
      modes: { currentModeId: 'ask', availableModes: [{ id: 'ask' }, { id: 'code' }] },
      configOptions: [
        { id: 'm', type: 'select', currentValue: 'ask' },
        { id: 'model' },
        { id: 'quick', type: 'boolean' },
      ],
    });
    expect(resultOf(await web.request('_chances/unstable/get_models'))).toEqual({
      models: {
        currentModelId: 's',
        availableModels: [
          { modelId: 's', name: 'Small' },
          { modelId: 'l', name: 'Large' },
        ],
      },
    });
    await web.request('session/set_mode', { sessionId: key, modeId: 'code' });
    await web.request('session/set_model', { sessionId: key, modelId: 'l' });
    await web.request('session/set_config_option', { sessionId: key, configId: 'quick', value: true, type: 'boolean' });
    await web.request('_chances/unstable/set_model', { modelId: 'l' });
    expect(
      resultOf(await web.request('_chances/unstable/set_options', { options: { m: 'ask', quick: true } })),
    ).toEqual({});
    expect(room.backend.performed).toEqual([
      { kind: 'option/set', option: 'm', value: 'code' },
      { kind: 'option/set', option: 'model', value: 'l' },
      { kind: 'option/set', option: 'quick', value: true },
      { kind: 'option/set', option: 'model', value: 'l' },
      { kind: 'option/set', option: 'm', value: 'ask' },
      { kind: 'option/set', option: 'quick', value: true },
    ]);
  });

  test('[relay 9 source’s extras] what the agent does not offer is −32602, and of several then none is set', async () => {
    const key = await room.session();
    room.append(key, { kind: 'options/changed', options });
    await web.request('session/load', { sessionId: key });
    const bad = { options: { quick: true, m: 'fly' } };
    expect(codeOf(await web.request('_chances/unstable/set_options', bad))).toBe(-32602);
    expect(codeOf(await web.request('session/set_mode', { sessionId: key, modeId: 'fly' }))).toBe(-32602);
    expect(room.backend.performed).toEqual([]);
    const bare = await room.session();
    expect(resultOf(await web.request('_chances/unstable/get_models', { sessionId: bare }))).toEqual({ models: null });
    expect(codeOf(await web.request('session/set_model', { sessionId: bare, modelId: 'l' }))).toBe(-32602);
  });

  test('[relay 9 source’s extras] get_state tells how a session stands', async () => {
    const key = await room.session();
    expect(resultOf(await web.request('_chances/unstable/get_state', { sessionId: key }))).toMatchObject({
      hostId: 'host-1',
      headSeq: room.get(key).at.seq,
      busy: false,
      pendingPermissionIds: [],
    });
    expect(codeOf(await web.request('_chances/unstable/get_state'))).toBe(-32602);
  });
});
