/** What real agents do to whole sessions, each with the switch of the fake that does the same. */
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../src/model/entry.ts';
import { WORDS } from '../../src/model/fold/words.ts';
import type { SessionOption } from '../../src/model/session.ts';
import { core, coreWith, never, said } from './core.ts';

const ends = { reason: 'end_turn' };

describe('sessions', () => {
  const values = (options: readonly SessionOption[]) =>
    options.map(({ id, source, control }) => `${source} ${id} ${String(control.value)}`);

  test.each([
    ['gemini', ['mode mode default', 'model model auto']],
    ['copilot', ['config https://agentclientprotocol.com/protocol/session-modes#agent #agent']],
    ['qwen', ['config mode default', 'config model $runtime|openai|x(openai)']],
    ['cline', ['config mode default', 'config provider cline', 'model model auto']],
    [
      'codex',
      [
        'config mode default',
        'config collaboration_mode default',
        'config permissions read-only',
        'config model b',
        'config fast-mode false',
      ],
    ],
  ])('[acp 10 %s] its switches are understood, none of them twice', async (agent, expected) => {
    const it = await core('--options', agent);
    expect(values(it.session().options)).toEqual(expected);
  });

  test.each([
    ['gemini', 'mode', 'plan', ['mode mode plan', 'model model auto']],
    ['gemini', 'model', 'pro', ['mode mode default', 'model model pro']],
    ['cline', 'model', 'pro', ['config mode default', 'config provider cline', 'model model pro']],
    ['cline', 'provider', 'openai', ['config mode default', 'config provider openai', 'model model auto']],
  ])('[acp 10 %s] %s set to %s and told again is set once', async (agent, option, value, expected) => {
    const it = await core('--options', agent);
    await it.set(option, value);
    // What it echoes has come by the end of a turn.
    await it.prompt('hello');
    expect(values(it.session().options)).toEqual(expected);
  });

  test('[acp 10 copilot] what it says before it tells the session’s id is not lost', async () => {
    const it = await core('--copilot-early-updates');
    expect(it.session().commands.length).toBeGreaterThan(0);
    expect(said(it.entries())).toBe('before the session\n');
  });

  test.each([
    ['claude', 'queue'],
    ['qwen', 'cancel'],
    ['kimi', 'busy'],
    ['codex-zed', 'never'],
  ])('[acp 10 %s] a second prompt (%s) is never sent while the first runs', async (_agent, what) => {
    const it = await core('--second-prompt', what);
    const both = await Promise.all([it.prompt('burst 2000'), it.prompt('hello')]);
    expect(both.map(({ reason }) => reason)).toEqual(['end_turn', 'end_turn']);
  });

  test.each([
    ['claude', -32002],
    ['opencode', -32602],
    ['qwen', -32603],
  ])('[acp 10 %s] a session that it does not know (%d) goes on afresh, and says so', async (_agent, code) => {
    const it = await core('--resume', '--forget', `--forget-code=${code}`);
    await it.prompt('hello');
    await it.router.restart('fake', never);
    expect(it.session().link).toMatchObject({ state: 'disconnected', forgotten: true });
    expect(await it.prompt('again')).toMatchObject(ends);
  });

  test('[acp 10 gemini] the past that it tells after its answer does not stand there twice', async () => {
    const it = await core('--name', 'gemini-cli', '--load', '--gemini-late-past');
    await it.prompt('hello');
    const before = it.entries();
    await it.router.restart('fake', never);
    expect(it.session().link).toMatchObject({ state: 'ready' });
    expect(it.entries()).toEqual(before);
    expect(await it.prompt('hello')).toMatchObject(ends);
    expect(it.entries()).toHaveLength(2 * before.length);
  });

  test('[acp 10 cline] [acp 10 codex] one that takes long to end is gone all the same', async () => {
    const it = await core('--slow-exit', '5000');
    const { pid } = it.backend.figures;
    await it.backend[Symbol.asyncDispose]();
    expect(pid !== undefined && isAlive(pid)).toBe(false);
  });

  test('[acp 10 gemini] the name alone makes the quirk: it is started again, without the offer to read files', async () => {
    const it = await core('--name', 'gemini-cli');
    await it.prompt('initialize');
    expect(said(it.entries())).toMatch(/"readTextFile": false,\s+"writeTextFile": true/u);
  });

  test('[acp 11] one that would speak version 2 with whoever asks for it is asked for 1', async () => {
    const it = await core('--newest');
    expect(await it.prompt('hello')).toMatchObject(ends);
  });

  test.each([0, 2, 99])(
    '[acp 11] one that answers version %d is refused in words, and nothing is left running',
    async (version) => {
      await expect(core('--version', String(version))).rejects.toMatchObject({
        code: 'version',
        message: `Fake speaks version ${version} of the Agent Client Protocol, and Wheelhouse speaks version 1.`,
      });
    },
  );

  test('[acp 3] a fork is another session, and says where it came from', async () => {
    const it = await core('--fork');
    await it.prompt('hello');
    const { cwd, agentSession } = it.session();
    const key = await it.router.newSession({ backend: 'fake', cwd, fork: it.key }, never);
    const forked = it.sessionOf(key);
    expect(forked.agentSession).not.toBe(agentSession);
    expect(forked.entries.flat()).toMatchObject([{ kind: 'notice', title: WORDS.forked, description: 'hello' }]);
  });

  test('[acp 3] an agent that does not say that it can fork is not asked to', async () => {
    const it = await core();
    const { cwd } = it.session();
    await expect(it.router.newSession({ backend: 'fake', cwd, fork: it.key }, never)).rejects.toMatchObject({
      code: 'unsupported',
    });
  });
});

describe('MCP servers', () => {
  const mcpServers = (cwd: string) =>
    Promise.resolve([
      { name: 'files', command: '/bin/files', args: [cwd], env: [] },
      { type: 'http' as const, name: 'tickets', url: 'https://mcp.example.com', headers: [] },
      { type: 'sse' as const, name: 'old', url: 'https://sse.example.com', headers: [] },
    ]);
  const names = (entries: readonly Entry[]) => [...said(entries).matchAll(/"name":"(\w+)"/gu)].map(([, name]) => name);

  test('[acp 9] an agent that reaches none over the network gets those on stdio', async () => {
    const it = await coreWith({ mcpServers });
    await it.prompt('mcp');
    expect(said(it.entries())).toBe(`mcp: [{"name":"files","command":"/bin/files","args":["${it.cwd}"],"env":[]}]\n`);
  });

  test('[acp 9] one that takes http gets those as well, in a session that it takes up too', async () => {
    const it = await coreWith({ mcpServers }, '--mcp-http', '--resume');
    await it.prompt('mcp');
    await it.router.restart('fake', never);
    await it.prompt('mcp');
    expect(names(it.entries())).toEqual(['files', 'tickets', 'files', 'tickets']);
  });

  test('[acp 9] servers that cannot be read keep no session from opening', async () => {
    const it = await coreWith({ mcpServers: () => Promise.reject(new Error('no')) });
    await it.prompt('mcp');
    expect(said(it.entries())).toBe('mcp: []\n');
  });
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
