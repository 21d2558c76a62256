import { methods, type SessionUpdate } from '@agentclientprotocol/sdk';
import { describe, expect, test } from 'vitest';
import { DemoClient, everything, open } from './testing.ts';

const to = methods.agent.session;
const kinds = (updates: readonly SessionUpdate[]): string[] => updates.map((update) => update.sessionUpdate);

describe('the connection', () => {
  test('[acp 4] initialize answers version 1 and only what the agent can do', async () => {
    await using demo = new DemoClient();
    const answer = await demo.initialize();
    expect(answer.protocolVersion).toBe(1);
    expect(answer.agentInfo).toMatchObject({ name: 'wheelhouse-demo', title: 'Demo' });
    expect(answer.agentCapabilities).toMatchObject({
      loadSession: true,
      promptCapabilities: { image: true, embeddedContext: true },
      sessionCapabilities: { list: {}, resume: {}, close: {}, delete: {} },
    });
  });

  test('[acp 3] a relative cwd and an unknown session are refused by name', async () => {
    await using demo = new DemoClient();
    await demo.initialize();
    const { agent } = demo.connection;
    await expect(agent.request(to.new, { cwd: 'here', mcpServers: [] })).rejects.toMatchObject({ code: -32602 });
    await expect(demo.prompt('demo-none', 'hi')).rejects.toMatchObject({ code: -32002 });
  });

  test('[acp 10 commands] the commands come after the response that names the session', async () => {
    await using demo = new DemoClient();
    await demo.initialize();
    const response = demo.connection.agent.request(to.new, { cwd: demo.folder, mcpServers: [] });
    const atResponse = await response.then(() => demo.updates.length);
    const { sessionId } = await response;
    await demo.seen(sessionId, (update) => update.sessionUpdate === 'available_commands_update');
    expect(atResponse).toBe(0);
    const [update] = demo.of(sessionId);
    const names = update?.sessionUpdate === 'available_commands_update' ? update.availableCommands : [];
    expect(names.map(({ name }) => name).join(' ')).toBe('tour edit run plan think ask many long slow fail crash hang');
  });
});

describe('options', () => {
  test('[acp 7] the mode is an option too, and the boolean comes only to clients that know booleans', async () => {
    await using demo = new DemoClient();
    await demo.initialize();
    const rich = await demo.connection.agent.request(to.new, { cwd: demo.folder, mcpServers: [] });
    expect(rich.modes?.currentModeId).toBe('code');
    expect(rich.configOptions?.map(({ id, type }) => `${id}:${type}`)).toEqual([
      'mode:select',
      'model:select',
      'style:select',
      'confirm:boolean',
    ]);
    await using plain = new DemoClient();
    await plain.initialize({});
    const poor = await plain.connection.agent.request(to.new, { cwd: plain.folder, mcpServers: [] });
    expect(poor.configOptions?.map(({ id }) => id)).toEqual(['mode', 'model', 'style']);
  });

  test('[acp 7] mode and option stay in step, whichever is set', async () => {
    await using demo = new DemoClient();
    await demo.initialize();
    const sessionId = await demo.session();
    const { agent } = demo.connection;
    await agent.request(to.setMode, { sessionId, modeId: 'ask' });
    const told = demo.of(sessionId).find((update) => update.sessionUpdate === 'config_option_update');
    expect(told).toMatchObject({ configOptions: [{ id: 'mode', currentValue: 'ask' }, {}, {}, {}] });
    const { configOptions } = await agent.request(to.setConfigOption, { sessionId, configId: 'mode', value: 'code' });
    expect(configOptions[0]).toMatchObject({ id: 'mode', currentValue: 'code' });
    expect(demo.of(sessionId).at(-1)).toMatchObject({ sessionUpdate: 'current_mode_update', currentModeId: 'code' });
  });

  test('[acp 7] an unknown option or value is -32602 and changes nothing', async () => {
    await using demo = new DemoClient();
    await demo.initialize();
    const sessionId = await demo.session();
    const { agent } = demo.connection;
    for (const [configId, value] of [
      ['mode', 'fly'],
      ['speed', 'fast'],
      ['confirm', 'no'],
    ] as const) {
      const request = agent.request(to.setConfigOption, { sessionId, configId, value });
      await expect(request).rejects.toMatchObject({ code: -32602 });
    }
    expect(demo.of(sessionId)).toHaveLength(1);
  });
});

describe('sessions', () => {
  test('[acp 3] history survives the process: list, then load replays before it answers', async () => {
    await using first = new DemoClient();
    await first.initialize();
    const sessionId = await first.session();
    await first.prompt(sessionId, '/plan');
    await first.prompt(sessionId, '/many 3');

    await using second = new DemoClient({}, first.folder);
    await second.initialize();
    const { agent } = second.connection;
    const { sessions } = await agent.request(to.list, { cwd: first.folder });
    expect(sessions).toMatchObject([{ sessionId, title: '/plan', cwd: first.folder }]);
    expect(await agent.request(to.list, { cwd: '/elsewhere' })).toEqual({ sessions: [] });

    const load = agent.request(to.load, { sessionId, cwd: first.folder, mcpServers: [] });
    const replayed = await load.then(() => kinds(second.of(sessionId)));
    expect(replayed).toEqual([
      'user_message_chunk',
      'plan',
      'agent_message_chunk',
      'user_message_chunk',
      'tool_call',
      'tool_call',
      'tool_call',
      'agent_message_chunk',
      'session_info_update',
      'usage_update',
    ]);
    expect(second.statuses(sessionId)).toEqual(['completed', 'completed', 'completed']);
    expect(second.said(sessionId)).toBe(first.said(sessionId));
    expect(await second.prompt(sessionId, '/think')).toEqual({ stopReason: 'end_turn' });
  });

  test('[acp 3] resume replays nothing and keeps the options', async () => {
    await using demo = new DemoClient();
    await demo.initialize();
    const sessionId = await demo.session();
    await demo.prompt(sessionId, '/think');
    const { agent } = demo.connection;
    await agent.request(to.setConfigOption, { sessionId, configId: 'model', value: 'large' });
    await agent.request(to.close, { sessionId });
    await expect(demo.prompt(sessionId, 'hi')).rejects.toMatchObject({ code: -32002 });
    const before = demo.of(sessionId).length;
    const state = await agent.request(to.resume, { sessionId, cwd: demo.folder });
    expect(demo.of(sessionId)).toHaveLength(before);
    expect(state.configOptions?.[1]).toMatchObject({ id: 'model', currentValue: 'large' });
  });

  test('[acp 3] a deleted session is gone, also when a turn was running in it', async () => {
    await using demo = new DemoClient();
    await demo.initialize();
    const sessionId = await demo.session();
    const turn = demo.prompt(sessionId, '/hang');
    await demo.seen(sessionId, (update) => update.sessionUpdate === 'agent_message_chunk');
    const { agent } = demo.connection;
    await agent.request(to.delete, { sessionId });
    expect(await turn).toEqual({ stopReason: 'cancelled' });
    expect(await agent.request(to.list, {})).toEqual({ sessions: [] });
    const load = agent.request(to.load, { sessionId, cwd: demo.folder, mcpServers: [] });
    await expect(load).rejects.toMatchObject({ code: -32002 });
  });

  test('[acp 10 busy] a second prompt in a running turn is refused, and the turn goes on', async () => {
    await using demo = new DemoClient();
    await demo.initialize();
    const sessionId = await demo.session();
    const turn = demo.prompt(sessionId, '/hang');
    await demo.seen(sessionId, (update) => update.sessionUpdate === 'agent_message_chunk');
    await expect(demo.prompt(sessionId, '/plan')).rejects.toMatchObject({ code: -32600 });
    await demo.cancel(sessionId);
    expect(await turn).toEqual({ stopReason: 'cancelled' });
  });

  test('[demand 7] two sessions run their turns at the same time and stay apart', async () => {
    const answer = open<string>();
    await using demo = new DemoClient({ permission: () => answer.promise });
    await demo.initialize();
    const [one, two] = [await demo.session(), await demo.session()];
    const waiting = demo.prompt(one, '/edit');
    await demo.until(() => demo.permissions.length === 1);
    expect(await demo.prompt(two, '/long 100')).toEqual({ stopReason: 'end_turn' });
    expect(demo.said(two)).toContain('line 100');
    expect(demo.said(one)).toBe('');
    answer.resolve('allow_once');
    expect(await waiting).toEqual({ stopReason: 'end_turn' });
  });
});

describe('cancel', () => {
  const commands = [
    '/tour',
    '/edit',
    '/run',
    '/plan',
    '/think',
    '/ask',
    '/many 40',
    '/long 100000',
    '/slow 50',
    '/hang',
  ];

  test.each(commands)('[acp 9.2] %s ends at once, with no tool call left open', async (command) => {
    const never = open<never>().promise;
    await using demo = new DemoClient({ permission: () => never, exit: never });
    // Without forms, so that /ask waits on a permission that nobody answers.
    await demo.initialize({ ...everything, elicitation: {} });
    const sessionId = await demo.session();
    const before = demo.of(sessionId).length;
    const turn = demo.prompt(sessionId, command);
    const titled = (update: SessionUpdate): boolean => update.sessionUpdate === 'session_info_update';
    await demo.until(() =>
      demo
        .of(sessionId)
        .slice(before)
        .some((update) => !titled(update)),
    );
    await demo.cancel(sessionId);
    expect(await turn).toEqual({ stopReason: 'cancelled' });
    expect(demo.statuses(sessionId)).not.toContain('pending');
    expect(demo.statuses(sessionId)).not.toContain('in_progress');
  });

  test('[acp 2 order] a cancel in the same breath as its prompt still finds the turn', async () => {
    await using demo = new DemoClient();
    await demo.initialize();
    const sessionId = await demo.session();
    const turn = demo.prompt(sessionId, '/hang');
    await demo.cancel(sessionId);
    expect(await turn).toEqual({ stopReason: 'cancelled' });
  });

  test('[acp 3 terminal] a running command loses its terminal with the turn', async () => {
    await using demo = new DemoClient({ exit: open<never>().promise });
    await demo.initialize();
    const sessionId = await demo.session();
    const turn = demo.prompt(sessionId, '/run sleep 100');
    await demo.seen(sessionId, (update) => 'status' in update && update.status === 'in_progress');
    await demo.cancel(sessionId);
    expect(await turn).toEqual({ stopReason: 'cancelled' });
    await demo.until(() => demo.terminals[0]?.released === true);
    expect(demo.statuses(sessionId)).toEqual(['failed']);
  });

  test('[acp 3 permission] an outcome of cancelled ends the turn too', async () => {
    await using demo = new DemoClient({ permission: () => '' });
    await demo.initialize();
    const sessionId = await demo.session();
    expect(await demo.prompt(sessionId, '/run ls')).toEqual({ stopReason: 'cancelled' });
    expect(demo.terminals).toEqual([]);
  });
});
