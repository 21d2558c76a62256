import { methods, type ContentBlock, type SessionUpdate } from '@agentclientprotocol/sdk';
import { describe, expect, test } from 'vitest';
import { DemoClient, everything, open, type Answers } from '../testing.ts';

const ended = { stopReason: 'end_turn' };

async function started(answers: Answers = {}, capabilities = everything): Promise<{ demo: DemoClient; id: string }> {
  const demo = new DemoClient(answers);
  await demo.initialize(capabilities);
  return { demo, id: await demo.session() };
}

function of<Kind extends SessionUpdate['sessionUpdate']>(updates: readonly SessionUpdate[], kind: Kind) {
  return updates.filter(
    (update): update is Extract<SessionUpdate, { sessionUpdate: Kind }> => update.sessionUpdate === kind,
  );
}

describe('words', () => {
  test('[demo tour] markdown of every sort, in chunks, with a notice before it', async () => {
    const { demo, id } = await started();
    await using _ = demo;
    expect(await demo.prompt(id, '/tour')).toEqual(ended);
    const text = demo.said(id);
    expect(text).toMatch(/^# Welcome/);
    for (const part of [/^## /m, /^```json$/m, /^\| :-- \|/m, /^1\. /m, /^> /m, /\]\(https:/])
      expect(text).toMatch(part);
    expect(of(demo.of(id), 'agent_message_chunk').length).toBeGreaterThan(40);
    expect(of(demo.of(id), 'notice')).toMatchObject([{ severity: 'info' }]);
  });

  test('[demo notice] a client that takes no notices gets none', async () => {
    const { demo, id } = await started({}, {});
    await using _ = demo;
    await demo.prompt(id, '/tour');
    expect(of(demo.of(id), 'notice')).toEqual([]);
  });

  test('[demo think] thoughts come before the answer and apart from it', async () => {
    const { demo, id } = await started();
    await using _ = demo;
    await demo.prompt(id, '/think');
    expect(demo.said(id, 'agent_thought_chunk')).toContain('I am a script');
    expect(demo.said(id)).toContain('The answer stands on its own');
    const kinds = demo.of(id).map((update) => update.sessionUpdate);
    expect(kinds.lastIndexOf('agent_thought_chunk')).toBeLessThan(kinds.indexOf('agent_message_chunk'));
  });

  test('[demo plan] each step goes from pending through in_progress to completed', async () => {
    const { demo, id } = await started();
    await using _ = demo;
    await demo.prompt(id, '/plan');
    const plans = of(demo.of(id), 'plan').map(({ entries }) => entries.map(({ status }) => status[0]).join(''));
    expect(plans).toEqual(['pppp', 'ippp', 'cipp', 'ccip', 'ccci', 'cccc']);
  });

  test.each([
    ['/long 5000', 5000],
    ['/slow 25', 25],
    ['/long', 1000],
    ['/slow x', 100],
  ])('[demo lines] %s says each number once and in order', async (command, count) => {
    const { demo, id } = await started();
    await using _ = demo;
    await demo.prompt(id, command);
    const numbers = [...demo.said(id).matchAll(/^- line (\d+)$/gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual(Array.from({ length: count }, (_unused, index) => index + 1));
    expect(of(demo.of(id), 'agent_message_chunk')).toHaveLength(count);
  });

  test('[demo honest] free text gets the truth about the agent and its commands', async () => {
    const { demo, id } = await started();
    await using _ = demo;
    await demo.prompt(id, 'Please fix the bug');
    expect(demo.said(id)).toContain('no model behind it');
    expect(demo.said(id)).toContain('`/long N, 1000 when absent`');
    await demo.prompt(id, '/nonsense now');
    expect(demo.said(id)).toContain('There is no command `/nonsense`.');
  });

  test('[demo attachments] what was attached is named with its size and not understood', async () => {
    const { demo, id } = await started();
    await using _ = demo;
    const prompt: ContentBlock[] = [
      { type: 'text', text: 'look' },
      { type: 'image', mimeType: 'image/png', data: Buffer.alloc(12 * 1024).toString('base64') },
      { type: 'resource', resource: { uri: 'file:///a.txt', text: 'one\ntwo' } },
      { type: 'resource_link', uri: 'file:///b`c.txt', name: 'b' },
    ];
    await demo.prompt(id, prompt);
    expect(demo.said(id)).toContain('I got an image of 12 KB, image/png, and I cannot look at it.');
    expect(demo.said(id)).toContain('I got the text of `file:///a.txt`: 7 bytes in 2 lines.');
    expect(demo.said(id)).toContain('I got a link to ``file:///b`c.txt``, and I did not open it.');
  });

  test('[demo usage] title at the first prompt, usage after every turn', async () => {
    const { demo, id } = await started();
    await using _ = demo;
    await demo.prompt(id, '  a long\n question '.repeat(9));
    await demo.prompt(id, '/think');
    const titles = of(demo.of(id), 'session_info_update').flatMap(({ title }) => title ?? []);
    expect(titles).toHaveLength(1);
    expect(titles[0]).toMatch(/^a long question a long.{1,45}…$/);
    const usage = of(demo.of(id), 'usage_update');
    expect(usage).toHaveLength(2);
    expect(usage[1]?.used).toBeGreaterThan(usage[0]?.used ?? 0);
    expect(usage[0]).toMatchObject({ size: 32_000 });
  });
});

describe('/edit', () => {
  test('[demo edit] reads, shows the diff, asks, writes', async () => {
    const { demo, id } = await started();
    await using _ = demo;
    const path = demo.path('README.md');
    demo.files.set(path, '# Title\n\nText.\n');
    expect(await demo.prompt(id, '/edit')).toEqual(ended);
    const newText = '# Title\n\n> Edited with the demo agent of Wheelhouse.\n\nText.\n';
    expect(demo.files.get(path)).toBe(newText);
    expect(demo.permissions).toMatchObject([
      {
        sessionId: id,
        toolCall: { title: 'Edit README.md', kind: 'edit', content: [{ type: 'diff', path, newText }] },
        options: [{ kind: 'allow_once' }, { kind: 'allow_always' }, { kind: 'reject_once' }],
      },
    ]);
    expect(of(demo.of(id), 'tool_call').map(({ title }) => title)).toEqual(['Read README.md', 'Edit README.md']);
    expect(of(demo.of(id), 'tool_call')[1]?.locations).toEqual([{ path, line: 3 }]);
    expect(demo.statuses(id)).toEqual(['completed', 'completed']);
  });

  test('[demo edit] a rejection writes nothing and says so', async () => {
    const { demo, id } = await started({ permission: () => 'reject_once' });
    await using _ = demo;
    demo.files.set(demo.path('a.ts'), 'let a;\n');
    expect(await demo.prompt(id, '/edit a.ts')).toEqual(ended);
    expect(demo.files.get(demo.path('a.ts'))).toBe('let a;\n');
    expect(demo.statuses(id)).toEqual(['completed', 'failed']);
    expect(demo.said(id)).toContain('You said no');
  });

  test('[demo edit] a missing file is created, "always" is remembered for that file alone', async () => {
    const { demo, id } = await started({ permission: () => 'allow_always' });
    await using _ = demo;
    await demo.prompt(id, '/edit notes.md');
    expect(demo.permissions[0]?.toolCall.content).toMatchObject([{ type: 'diff', oldText: null }]);
    await demo.prompt(id, '/edit notes.md');
    expect(demo.permissions).toHaveLength(1);
    expect(demo.files.get(demo.path('notes.md'))).toContain('Wheelhouse, 2 times.');
    await demo.prompt(id, '/edit other.md');
    expect(demo.permissions).toHaveLength(2);
  });

  test('[demo edit] without the client for files it reads from disk and does not write', async () => {
    const { demo, id } = await started({}, {});
    await using _ = demo;
    demo.write('README.md', '# Disk\n');
    await demo.prompt(id, '/edit');
    expect(demo.permissions[0]?.toolCall.content).toMatchObject([{ oldText: '# Disk\n' }]);
    expect(demo.statuses(id)).toEqual(['completed', 'failed']);
    expect(demo.said(id)).toContain('does not offer to write files');
  });

  test('[demo confirm] off = no question, and a warning when it is switched off', async () => {
    const { demo, id } = await started();
    await using _ = demo;
    const params = { sessionId: id, configId: 'confirm', type: 'boolean', value: false } as const;
    await demo.connection.agent.request(methods.agent.session.setConfigOption, params);
    expect(of(demo.of(id), 'notice')).toMatchObject([{ severity: 'warning', title: 'Confirm is off' }]);
    await demo.prompt(id, '/edit');
    await demo.prompt(id, '/run ls');
    expect(demo.permissions).toEqual([]);
    expect(demo.files.has(demo.path('README.md'))).toBe(true);
    expect(demo.terminals).toHaveLength(1);
  });

  test('[demo mode] Ask neither edits nor runs', async () => {
    const { demo, id } = await started();
    await using _ = demo;
    await demo.connection.agent.request(methods.agent.session.setMode, { sessionId: id, modeId: 'ask' });
    await demo.prompt(id, '/edit');
    await demo.prompt(id, '/run ls');
    expect([demo.permissions, demo.terminals, [...demo.files]]).toEqual([[], [], []]);
    expect(demo.said(id)).toContain('The mode is *Ask*');
  });
});

describe('/run', () => {
  test('[demo run] shows the whole command, asks, embeds the terminal, reports the exit', async () => {
    const exit = open<{ exitCode: number }>();
    const { demo, id } = await started({ exit: exit.promise });
    await using _ = demo;
    const turn = demo.prompt(id, '/run printf "a\\nb" && ls');
    await demo.seen(id, (update) => 'status' in update && update.status === 'in_progress');
    exit.resolve({ exitCode: 3 });
    expect(await turn).toEqual(ended);
    const line = 'printf "a\\nb" && ls';
    expect(demo.permissions[0]?.toolCall).toMatchObject({
      title: `Run ${line}`,
      kind: 'execute',
      rawInput: { command: '/bin/sh', args: ['-c', line], cwd: demo.folder },
      content: [{ content: { text: `\`\`\`sh\n${line}\n\`\`\`` } }],
    });
    expect(demo.terminals).toMatchObject([{ command: '/bin/sh', args: ['-c', line] }]);
    expect(of(demo.of(id), 'tool_call_update')[0]?.content).toEqual([{ type: 'terminal', terminalId: '0' }]);
    expect(demo.statuses(id)).toEqual(['failed']);
    expect(demo.said(id)).toContain('exit code 3');
    await demo.until(() => demo.terminals[0]?.released === true);
  });

  test('[demo run] a rejection runs nothing', async () => {
    const { demo, id } = await started({ permission: () => 'reject_once' });
    await using _ = demo;
    await demo.prompt(id, '/run');
    expect(demo.terminals).toEqual([]);
    expect(demo.statuses(id)).toEqual(['failed']);
  });

  test('[demo run] a client without terminals is told so', async () => {
    const { demo, id } = await started({}, {});
    await using _ = demo;
    expect(await demo.prompt(id, '/run')).toEqual(ended);
    expect(demo.said(id)).toContain('offers no terminals');
  });
});

describe('/ask', () => {
  test('[acp 8] a form where the client offers one, and its answers come back', async () => {
    const { demo, id } = await started({
      elicitation: ({ message, mode }) => {
        expect([message, mode]).toEqual(['A small order before the work begins.', 'form']);
        return { action: 'accept', content: { drink: 'tea', cups: 2 } };
      },
    });
    await using _ = demo;
    await demo.prompt(id, '/ask');
    expect(demo.said(id)).toContain('- **drink**: `"tea"`\n- **cups**: `2`');
  });

  test.each([
    ['decline', 'declined'],
    ['cancel', 'closed the form'],
  ])('[acp 8] %s is understood', async (action, words) => {
    const { demo, id } = await started({ elicitation: () => ({ action }) });
    await using _ = demo;
    await demo.prompt(id, '/ask');
    expect(demo.said(id)).toContain(words);
  });

  test('[acp 8] without forms, one option for each answer', async () => {
    const { demo, id } = await started({ permission: () => 'water' }, {});
    await using _ = demo;
    await demo.prompt(id, '/ask');
    expect(demo.permissions[0]?.options.map(({ name }) => name)).toEqual([
      'Coffee',
      'Tea',
      'Water',
      'I would rather not say',
    ]);
    expect(demo.said(id)).toContain('You answered: Water.');
  });
});

describe('tool calls and ends', () => {
  test('[demo many] N calls of several kinds with real locations, every tenth fails', async () => {
    const { demo, id } = await started();
    await using _ = demo;
    demo.write('here.txt', '');
    await demo.prompt(id, '/many 120');
    const calls = of(demo.of(id), 'tool_call');
    expect(calls).toHaveLength(120);
    expect(new Set(calls.map(({ kind }) => kind)).size).toBe(7);
    expect(calls[0]?.locations).toEqual([{ path: demo.path('here.txt'), line: 1 }]);
    expect(demo.statuses(id).filter((status) => status === 'failed')).toHaveLength(12);
    expect(demo.statuses(id).filter((status) => status === 'completed')).toHaveLength(108);
  });

  test('[acp 5 error] /fail is -32603 with details, and the session lives on', async () => {
    const { demo, id } = await started();
    await using _ = demo;
    const data = { details: 'You asked the demo agent to fail, and it did.' };
    await expect(demo.prompt(id, '/fail')).rejects.toMatchObject({ code: -32603, data });
    expect(await demo.prompt(id, '/think')).toEqual(ended);
  });

  test('[demo crash] the process is ended with 1 in the middle of the turn', async () => {
    const { demo, id } = await started();
    await using _ = demo;
    const turn = demo.prompt(id, '/crash');
    await demo.until(() => demo.exits.length > 0);
    expect(demo.exits).toEqual([1]);
    expect(demo.complaints).toHaveLength(1);
    await demo.cancel(id);
    await turn;
  });
});
