import { describe, expect, test } from 'vitest';
import { silent } from '../../base/log.ts';
import type { Rule } from '../../model/rule.ts';
import type { SessionKey } from '../../model/session.ts';
import type { FarMachine } from '../../router/farMachine.ts';
import type { BackendContext, SpawnOptions, Terminal, TerminalOptions } from '../../router/ports.ts';
import type { Decided } from '../../router/rules.ts';
import { systemClock } from '../clock.ts';
import { farContext } from './farContext.ts';

const { signal } = new AbortController();
const untouchable = (): never => {
  throw new Error('Something of this machine was asked for.');
};
const SSH: FarMachine = {
  id: 'build',
  label: 'Build',
  kind: 'ssh',
  destination: 'me@build',
  options: ['-p', '22'],
  folder: '/srv/app',
};
const EXEC: FarMachine = {
  id: 'box',
  label: 'Box',
  kind: 'exec',
  command: ['docker', 'exec', '-i', 'app'],
  folder: '/app',
};

const world = (machine: FarMachine, decided: Decided = {}) => {
  const spawned: SpawnOptions[] = [];
  const terminals: TerminalOptions[] = [];
  const written: string[] = [];
  const lines = {
    readable: new ReadableStream(),
    writable: new WritableStream<readonly string[]>({ write: (each) => void written.push(...each) }),
  };
  const child = { pid: 1, lines, stderrTail: () => '', exited: Promise.resolve({ code: 255, signal: null }) };
  const context: BackendContext = {
    emit: untouchable,
    workspace: { roots: untouchable, place: untouchable, readText: untouchable, writeText: untouchable },
    filesOf: untouchable,
    mcpServers: untouchable,
    permissions: { decide: () => decided },
    environment: {
      label: 'here',
      spawn: async (options) => {
        spawned.push(options);
        return { ...child, [Symbol.asyncDispose]: () => Promise.resolve() };
      },
      terminal: async (options) => {
        terminals.push(options);
        return {} as Terminal;
      },
    },
    clock: systemClock,
    log: silent,
  };
  const here = { variables: untouchable, forbiddenRoots: untouchable };
  return { context: farContext(machine, context, here), spawned, terminals, written };
};

describe('an agent of another machine', () => {
  test('[S30] nothing of this machine is handed on: no files, no servers, no program of that name', async () => {
    const { context, spawned, written } = world(SSH);
    expect(context).toMatchObject({ machine: 'Build' });
    expect(context.filesOf).toBeUndefined();
    expect(context.mcpServers).toBeUndefined();
    expect(context.workspace.roots()).toEqual(['/srv/app']);
    const agent = { id: 'a', label: 'A' };
    const env = { KEY: 'secret', GONE: null };
    const child = await context.environment.spawn(
      { command: 'agent', args: ['a\nb'], cwd: '/srv/app', env, agent },
      signal,
    );
    const [{ command, args, env: handed, agent: vetted } = { command: '', args: [] as readonly string[] }] = spawned;
    expect([command, handed, vetted]).toEqual(['ssh', undefined, undefined]);
    expect(args[0]).toBe('-T');
    expect(args.join(' ')).toContain(' -p 22 -o ConnectTimeout=30 ');
    expect(args.slice(-3, -1)).toEqual(['--', 'me@build']);
    expect(args.join(' ')).not.toMatch(/secret|srv|agent/u);
    expect(written).toEqual(['d/srv/app', 'eKEY=secret', 'uGONE', 'aagent', '+a', 'ab', '.']);
    expect(child.stderrTail()).toMatch(/Try “ssh me@build” in a terminal/u);
  });

  test('[I9] a terminal is one there where there are any, and is watched where there are none', async () => {
    const options = { name: 'ls', command: 'ls -l', args: [], shell: true, cwd: '/app/x', columns: 80, rows: 24 };
    const ssh = world(SSH);
    await ssh.context.environment.terminal(options, signal);
    expect(ssh.terminals[0]).toMatchObject({ name: 'ls · Build', command: 'ssh' });
    expect(ssh.terminals[0]?.args[0]).toBe('-tt');
    expect(ssh.terminals[0]?.args.at(-1)).toMatch(/ '\/app\/x' '-' 'sh' '-c' 'ls -l'$/u);
    const exec = world(EXEC);
    await exec.context.environment.terminal(options, signal);
    expect(exec.terminals[0]?.args.slice(0, 4)).toEqual(['exec', '-i', 'app', 'sh']);
    expect(exec.terminals[0]?.args.at(5)).toContain('cat');
    const both = world({ ...EXEC, terminal: ['docker', 'exec', '-it', 'app'] });
    await both.context.environment.terminal(options, signal);
    expect(both.terminals[0]?.args.slice(1, 4)).toEqual(['-it', 'app', 'sh']);
    expect(both.terminals[0]?.args.slice(-5)).toEqual(['/app/x', '-', 'sh', '-c', 'ls -l']);
    const failed = await exec.context.environment.terminal({ ...options, env: { 'A-B': '' } }, signal);
    expect(await failed.exited).toEqual({ code: 127, signal: null });
  });

  test('[S28] what rules allow on this machine is asked about there; what they refuse is refused', () => {
    const decide = (rule: Partial<Rule>, decision: 'allow' | 'deny' | 'ask'): Decided => {
      const whole: Rule = { id: 'r', scope: 'machine', tool: '*', match: undefined, decision, ...rule } as Rule;
      const { permissions } = world(SSH, { decision, rule: whole }).context;
      return permissions.decide('s' as SessionKey, { tool: 'edit', places: [] });
    };
    expect(decide({ scope: 'machine' }, 'allow')).toEqual({});
    expect(decide({ scope: 'folder' }, 'allow')).toEqual({});
    expect(decide({ scope: 'session' }, 'allow').decision).toBe('allow');
    expect(decide({ scope: 'machine' }, 'deny').decision).toBe('deny');
    expect(decide({ scope: 'folder' }, 'ask').decision).toBe('ask');
  });
});
