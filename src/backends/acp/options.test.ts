import { describe, expect, test } from 'vitest';
import { reduce } from '../../model/reduce.ts';
import { emptySession, type SessionOption } from '../../model/session.ts';
import { never, openWorld, probe, update } from './testing.ts';

const modes = {
  currentModeId: 'ask',
  availableModes: [
    { id: 'ask', name: 'Ask', description: 'Asks first' },
    { id: 'code', name: 'Code' },
  ],
};
const model = {
  id: 'model',
  name: 'Model',
  category: 'model',
  type: 'select',
  currentValue: 'a',
  options: [
    {
      group: 'g',
      name: 'Group',
      options: [
        { value: 'a', name: 'A' },
        { value: 'b', name: 'B', description: 'Better' },
      ],
    },
  ],
};
const models = {
  currentModelId: 'auto',
  availableModels: [{ modelId: 'auto', name: 'Auto', description: 'Lets it choose' }, { modelId: 'pro' }, null],
};
const fast = { id: 'fast', name: 'Fast', type: 'boolean', currentValue: false };
type World = Awaited<ReturnType<typeof openWorld>>;
const current = (world: World): readonly SessionOption[] =>
  reduce(
    emptySession({
      key: world.key,
      backend: 'b',
      agentLabel: 'B',
      title: '',
      cwd: '/',
      createdAt: 0,
      owns: { history: 'us', queue: 'us', questions: 'us' },
      epoch: 'e',
    }),
    world.events(world.key).map((event, index) => ({ seq: index + 1, at: 0, event })),
  ).options;
const values = (world: World) => Object.fromEntries(current(world).map(({ id, control }) => [id, control.value]));

describe('options of a session', () => {
  test('[acp 7] modes alone are one option, set by their own method and kept in step', async () => {
    const world = await openWorld({ modes });
    expect(current(world)).toEqual([
      {
        id: 'mode',
        name: 'Mode',
        category: 'mode',
        source: 'mode',
        control: {
          kind: 'select',
          value: 'ask',
          choices: [
            { value: 'ask', name: 'Ask', description: 'Asks first' },
            { value: 'code', name: 'Code' },
          ],
        },
      },
    ]);
    const set = world.backend.perform(world.key, { kind: 'option/set', option: 'mode', value: 'code' }, never);
    expect(await world.agent.answer('session/set_mode', {})).toEqual({ sessionId: 's', modeId: 'code' });
    await set;
    expect(values(world)).toEqual({ mode: 'code' });
    await world.agent.say(update({ sessionUpdate: 'current_mode_update', currentModeId: 'ask' }), {
      id: 'x',
      method: 'probe',
    });
    await world.agent.next();
    expect(values(world)).toEqual({ mode: 'ask' });
  });

  test('[acp 7] configOptions win over modes; groups are kept, booleans have their own shape, unknown types are left out', async () => {
    const world = await openWorld({
      modes,
      configOptions: [model, fast, { id: 'odd', name: 'Odd', type: 'slider', currentValue: 3 }, null],
    });
    expect(current(world)).toEqual([
      {
        id: 'model',
        name: 'Model',
        category: 'model',
        source: 'config',
        control: {
          kind: 'select',
          value: 'a',
          choices: [
            { value: 'a', name: 'A', group: 'Group' },
            { value: 'b', name: 'B', description: 'Better', group: 'Group' },
          ],
        },
      },
      { id: 'fast', name: 'Fast', source: 'config', control: { kind: 'boolean', value: false } },
    ]);
    const set = world.backend.perform(world.key, { kind: 'option/set', option: 'fast', value: true }, never);
    const full = {
      configOptions: [
        { ...model, currentValue: 'b' },
        { ...fast, currentValue: true },
      ],
    };
    expect(await world.agent.answer('session/set_config_option', full)).toEqual({
      sessionId: 's',
      configId: 'fast',
      value: true,
      type: 'boolean',
    });
    await set;
    expect(values(world)).toEqual({ model: 'b', fast: true });
    const select = world.backend.perform(world.key, { kind: 'option/set', option: 'model', value: 'a' }, never);
    expect(await world.agent.answer('session/set_config_option', {})).toEqual({
      sessionId: 's',
      configId: 'model',
      value: 'a',
    });
    await select;
    expect(values(world)).toEqual({ model: 'a', fast: true });
    await world.agent.say(update({ sessionUpdate: 'config_option_update', configOptions: [fast] }), {
      id: 'x',
      method: 'probe',
    });
    await world.agent.next();
    expect(values(world)).toEqual({ fast: false });
  });

  test('[acp 7] [acp 10 gemini] models of the older kind are an option beside the modes, set by their own method', async () => {
    const world = await openWorld({ modes, models });
    expect(current(world).map(({ id, source, category }) => [id, source, category])).toEqual([
      ['mode', 'mode', 'mode'],
      ['model', 'model', 'model'],
    ]);
    const set = world.backend.perform(world.key, { kind: 'option/set', option: 'model', value: 'pro' }, never);
    expect(await world.agent.answer('session/set_model', {})).toEqual({ sessionId: 's', modelId: 'pro' });
    await set;
    expect(values(world)).toEqual({ mode: 'ask', model: 'pro' });
  });

  test('[acp 7] they are left out where an option is about models, and stay where none is', async () => {
    expect(values(await openWorld({ models, configOptions: [model] }))).toEqual({ model: 'a' });
    expect(values(await openWorld({ models, configOptions: [{ ...model, id: 'm' }] }))).toEqual({ m: 'a' });
    const world = await openWorld({ modes, models, configOptions: [fast] });
    expect(values(world)).toEqual({ fast: false, model: 'auto' });
    const set = world.backend.perform(world.key, { kind: 'option/set', option: 'fast', value: true }, never);
    await world.agent.answer('session/set_config_option', { configOptions: [{ ...fast, currentValue: true }] });
    await set;
    expect(values(world)).toEqual({ fast: true, model: 'auto' });
    await world.agent.say(update({ sessionUpdate: 'config_option_update', configOptions: [model] }));
    await probe(world);
    expect(values(world)).toEqual({ model: 'a' });
  });

  test('[acp 7] a value that is not among those that are offered is kept as it is', async () => {
    const odd = { ...model, currentValue: '$runtime|openai|x(openai)' };
    expect(values(await openWorld({ configOptions: [odd] }))).toEqual({ model: '$runtime|openai|x(openai)' });
    expect(values(await openWorld({ models: { ...models, currentModelId: 'gone' } }))).toEqual({ model: 'gone' });
  });

  test.each([
    [{ currentModelId: 'auto' }],
    [{ availableModels: [] }],
    ['auto'],
    [{ currentModelId: 3, availableModels: [{ modelId: 'a' }] }],
  ])('[acp 7] %j are no models', async (none) => {
    expect(values(await openWorld({ models: none }))).toEqual({});
  });

  test('[acp 7] a mode option among the config options follows current_mode_update', async () => {
    const mode = {
      id: 'm',
      name: 'Mode',
      category: 'mode',
      type: 'select',
      currentValue: 'ask',
      options: [{ value: 'ask' }, { value: 'code' }],
    };
    const world = await openWorld({ modes, configOptions: [mode] });
    await world.agent.say(update({ sessionUpdate: 'current_mode_update', currentModeId: 'code' }), {
      id: 'x',
      method: 'probe',
    });
    await world.agent.next();
    expect(values(world)).toEqual({ m: 'code' });
  });

  test('[acp 7] an option that is not there, a value of the wrong kind and an agent’s refusal are told', async () => {
    const world = await openWorld({ configOptions: [fast] });
    const set = (option: string, value: string | boolean) =>
      world.backend.perform(world.key, { kind: 'option/set', option, value }, never);
    await expect(set('none', 'x')).rejects.toMatchObject({ code: 'invalid' });
    await expect(set('fast', 'yes')).rejects.toMatchObject({ code: 'invalid' });
    const refused = expect(set('fast', true)).rejects.toMatchObject({ code: 'agent error', message: 'Agent: not now' });
    const { id } = await world.agent.next('session/set_config_option');
    await world.agent.say({ id, error: { code: -32602, message: 'not now' } });
    await refused;
    expect(values(world)).toEqual({ fast: false });
  });
});
