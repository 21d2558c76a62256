/** What real agents do, one after the other: each with the switch of the fake that does the same. */
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../src/model/entry.ts';
import { WORDS } from '../../src/model/fold/words.ts';
import { until } from '../tools/until.ts';
import { core, said } from './core.ts';

/** Tool calls and notices of the transcript, a line each. */
const brief = (entries: readonly Entry[]): readonly string[] =>
  entries.flatMap((entry) => {
    if (entry.kind === 'tool') return [`${entry.status} ${entry.title}`];
    return entry.kind === 'notice' ? [`${entry.severity}: ${entry.title}`] : [];
  });

const ends = { reason: 'end_turn' };

describe('tool calls and questions about them', () => {
  test('[acp 10 qwen] [acp 10 gemini] a call that is only asked about is one card, from the question to its end', async () => {
    const it = await core();
    const turn = it.prompt('qwen-no-call');
    const question = await it.answer('proceed_once');
    expect(question).toMatchObject({
      title: 'Writing to a.txt',
      tool: { content: [{ type: 'diff', newText: 'a\n' }] },
    });
    expect(await turn).toMatchObject(ends);
    expect(brief(it.entries())).toEqual(['completed Writing to a.txt']);
  });

  test('[acp 10 cline] [acp 10 kilo] a question before its tool call: one card, and the answer still counts', async () => {
    const it = await core();
    const turn = it.prompt('cline-asks-first');
    const question = await until('the question', () => it.session().questions[0]);
    // The call comes while it is asked, says the same, and takes nothing away from what was shown.
    await until('the tool call', () => it.kinds.filter((kind) => kind === 'update').length >= 2);
    expect(it.session().questions).toEqual([question]);
    await it.answer('proceed_once');
    expect(await turn).toMatchObject(ends);
    expect(brief(it.entries())).toEqual(['completed Writing to a.txt']);
    expect(said(it.entries())).toContain('answer: proceed_once');
  });

  test('[acp 10 cline] a tool call after its own in_progress neither falls back nor stands twice', async () => {
    const it = await core();
    expect(await it.prompt('cline-pending-again')).toMatchObject(ends);
    expect(brief(it.entries())).toEqual(['completed ls']);
  });

  test('[acp 10 kimi] a question of one word shows what was told of its call before', async () => {
    const it = await core();
    const turn = it.prompt('kimi-bare-question');
    const question = await it.answer('cancel');
    expect(question.tool).toMatchObject({ toolKind: 'execute', rawInput: { command: 'rm -r build' } });
    expect(await turn).toMatchObject(ends);
  });

  test('[acp 10 codex] a terminal that we never made is shown with what the agent tells of it', async () => {
    const it = await core();
    await it.prompt('codex-told-terminal');
    expect(Object.values(it.session().terminals)).toMatchObject([
      { command: 'seq 3', tail: '1\n2\n3\n', exit: { code: 0, signal: null } },
    ]);
    expect(brief(it.entries())).toEqual(['completed seq 3']);
  });

  test('[acp 10 codex-zed] a refusal that ends the turn is told as the agent’s doing, and the session goes on', async () => {
    const it = await core();
    const turn = it.prompt('codex-zed-reject-ends');
    await it.answer('cancel');
    expect(await turn).toMatchObject({ reason: 'cancelled' });
    expect(brief(it.entries())).toEqual(['cancelled Writing to a.txt', `info: ${WORDS.agentStopped}`]);
    expect(await it.prompt('hello')).toMatchObject(ends);
  });

  test('[acp 10 claude] [acp 10 copilot] a call of which nobody says what became of it is closed with the turn', async () => {
    const it = await core();
    const turn = it.prompt('claude-leaves-open');
    await it.answer('cancel');
    expect(await turn).toMatchObject(ends);
    expect(brief(it.entries())).toEqual(['abandoned Writing to a.txt']);
  });

  test('[acp 10 kilo] a tool that waits for the person and asks nobody ends with a stop', async () => {
    const it = await core();
    const turn = it.prompt('kilo-waits');
    await until('the call', () => brief(it.entries()).includes('in_progress question'));
    await it.cancel();
    expect(await turn).toMatchObject({ reason: 'cancelled' });
    expect(brief(it.entries())).toEqual(['cancelled question', `info: ${WORDS.stopped}`]);
  });

  test('[acp 10 kilo] [acp 10 opencode] a list of things to do that comes as a call is shown as one', async () => {
    const it = await core();
    await it.prompt('kilo-todo');
    expect(brief(it.entries())).toEqual(['completed 1 todos']);
  });

  test('[acp 10 kimi] its shell runs in a terminal of ours, in the folder that it goes to', async () => {
    const it = await core();
    await it.prompt('kimi-shell');
    expect(said(it.entries())).toContain('exit: {"exitCode":0,"signal":null}');
    expect(Object.values(it.session().terminals)).toMatchObject([{ tail: 'from its shell\n' }]);
  });

  test('[acp 10 kimi] what it writes without asking goes through us, and is read back', async () => {
    const it = await core();
    await it.prompt('kimi-writes-unasked');
    expect([...it.files.values()]).toEqual(['unasked\n']);
    expect(said(it.entries())).toContain('read: {"content":"unasked\\n"}');
  });

  test('[acp 2] a request that is taken back is answered -32800 and asked of nobody', async () => {
    const it = await core();
    expect(await it.prompt('take-back')).toMatchObject(ends);
    expect(said(it.entries())).toContain('answer: error -32800');
    expect(it.session().questions).toEqual([]);
  });
});

describe('what agents say', () => {
  const failing = ['opencode', 'gemini', 'qwen', 'claude', 'cline', 'codex-zed'];
  test.each(failing)('[acp 10 %s] the error of its model ends the turn in the model’s own words', async (agent) => {
    const it = await core();
    const end = await it.prompt(`model-error ${agent}`);
    expect(end).toMatchObject({
      reason: 'failed',
      error: { message: expect.stringContaining('mock error') as string },
    });
    expect(end.error?.message).not.toContain('{');
    expect(await it.prompt('hello')).toMatchObject(ends);
  });

  test.each(['copilot', 'codex'])('[acp 10 %s] an error that is told as text is text', async (agent) => {
    const it = await core();
    expect(await it.prompt(`model-error ${agent}`)).toMatchObject(ends);
    expect(said(it.entries())).toBe('mock error\n');
    expect(brief(it.entries())).toEqual([]);
  });

  test('[acp 10 kimi] an error that is not told at all: that nothing came is said', async () => {
    const it = await core();
    expect(await it.prompt('model-error kimi')).toMatchObject(ends);
    expect(brief(it.entries())).toEqual([`info: ${WORDS.nothing}`]);
  });

  test('[acp 5] an error that is no object ends the turn in its words', async () => {
    const it = await core();
    expect(await it.prompt('model-error nobody')).toMatchObject({ reason: 'failed', error: { message: 'mock error' } });
  });

  test('[acp 10 qwen] text of no length for the sake of its usage makes no message', async () => {
    const it = await core();
    await it.prompt('qwen-empty-chunks');
    expect(said(it.entries())).toBe('said');
    expect(it.entries().map(({ kind }) => kind)).toEqual(['user', 'agent']);
    expect(it.session().usage).toBeUndefined();
  });

  test('[acp 10 qwen] a vendor’s request is answered -32601, its notification passed over', async () => {
    const it = await core();
    await it.prompt('qwen-vendor');
    expect(said(it.entries())).toContain('error -32601');
    expect(it.entries().map(({ kind }) => kind)).toEqual(['user', 'agent']);
  });

  test('[acp 10 claude] [acp 10 codex] a status of its sign-in is no part of the session', async () => {
    const it = await core();
    await it.prompt('claude-auth-status');
    expect(it.entries().map(({ kind }) => kind)).toEqual(['user', 'agent']);
  });

  test('[acp 10 copilot] [acp 10 qwen] what it says after the stop and before the end is still shown', async () => {
    const it = await core();
    const turn = it.prompt('copilot-chunk-after-cancel');
    await until('the first chunk', () => said(it.entries()).includes('before'));
    await it.cancel();
    expect(await turn).toMatchObject({ reason: 'cancelled' });
    expect(said(it.entries())).toBe('before the cancel\nafter the cancel\n');
  });

  test('[acp 10 cline] [acp 10 gemini] a thousand lines on stderr are none of the session', async () => {
    const it = await core();
    await it.prompt('cline-chatty');
    expect(said(it.entries())).toBe('after the noise\n');
    // It comes by a pipe of its own.
    await until('the noise', () => it.backend.stderrTail().includes('not for the client'));
  });

  test('[acp 10 kimi] [acp 10 claude] a plan stands once, as it was told last', async () => {
    const it = await core();
    await it.prompt('kimi-plan');
    expect(it.entries().filter(({ kind }) => kind === 'plan')).toMatchObject([
      { items: [{ content: 'Look', status: 'completed' }] },
    ]);
  });

  test('[acp 6] several plans stand each in its place: as items, as text, as a file, and as one that was taken back', async () => {
    const it = await core();
    await it.prompt('plans');
    expect(it.entries().filter(({ kind }) => kind === 'plan')).toMatchObject([
      { plan: 'steps', items: [{ status: 'completed' }, { status: 'in_progress' }] },
      { plan: 'why', text: expect.stringContaining('## Why') as string },
      { plan: 'file', uri: expect.stringMatching(/^file:.*PLAN\.md$/u) as string },
      { plan: 'old', withdrawn: true },
    ]);
  });

  test('[acp 6] a helper has a card; its calls and its questions are those of the session', async () => {
    const it = await core();
    const turn = it.prompt('subagent');
    expect(await it.answer('yes')).toMatchObject({ title: 'Run the tests' });
    expect(await turn).toMatchObject(ends);
    expect(it.entries().map(({ kind }) => kind)).toEqual(['user', 'subagent', 'tool', 'tool', 'agent']);
    expect(brief(it.entries())).toEqual(['completed Read a.txt', 'completed Run the tests']);
    expect(Object.values(it.session().subagents)).toMatchObject([
      {
        title: 'Reviewer',
        description: 'Reads the change.',
        state: 'idle',
        said: 'Look at it.\n\nI read **two** files.',
      },
    ]);
  });
});

describe('forms and pages', () => {
  test('[acp 8] a field of every kind comes back in its type', async () => {
    const it = await core();
    const turn = it.prompt('form');
    const content = { name: 'ada', colour: 'red', count: 3, ratio: 0.5, sure: true, tags: ['a', 'b'], teams: ['x'] };
    await it.answer({ kind: 'accepted', content });
    await turn;
    expect(said(it.entries())).toContain(JSON.stringify({ action: 'accept', content }));
  });

  test('[acp 8] a page is asked with its whole address, accepted without content, and told when it is done', async () => {
    const it = await core();
    const turn = it.prompt('page');
    const question = await it.answer({ kind: 'accepted', content: {} });
    expect(question).toMatchObject({
      title: 'Connect the tracker.',
      url: { href: 'https://tracker.example.com/connect?state=0123456789abcdef&scope=read%20write' },
    });
    await turn;
    expect(said(it.entries())).toContain('page: {"action":"accept"}');
    await until('its end', () => brief(it.entries()).includes(`info: ${WORDS.pageDone}`));
    expect(brief(it.entries())).toEqual([`info: ${WORDS.opened}`, `info: ${WORDS.pageDone}`]);
  });

  test.each([
    'javascript:alert(1)',
    'file:///etc/passwd',
    'vscode://x/y',
    'https://bank.example@evil.example/',
    'no address',
  ])('[acp 8] [S46] %s is no page to be opened', async (url) => {
    const it = await core();
    await it.prompt(`page ${url}`);
    expect(said(it.entries())).toContain('page: error -32602');
  });

  test('[acp 10 kimi] an answer for each option: the one that was chosen goes back', async () => {
    const it = await core();
    const turn = it.prompt('kimi-question');
    expect((await it.answer('q0_opt_1')).options.map(({ name }) => name)).toEqual(['Red', 'Green', 'Skip']);
    await turn;
    expect(said(it.entries())).toBe('answer: q0_opt_1\n');
  });

  test('[acp 10 qwen] Submit and Cancel are two options like any others', async () => {
    const it = await core();
    const turn = it.prompt('qwen-question');
    await it.answer('submit');
    await turn;
    expect(said(it.entries())).toBe('answer: submit\n');
  });
});
