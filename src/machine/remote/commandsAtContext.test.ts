import { expect, test } from 'vitest';
import { scriptedWorld, keyOf } from '../../backends/acp/testing.ts';
import type { BackendContext, Environment, TerminalOptions } from '../../router/ports.ts';
import type { Decided, RuledAction } from '../../router/rules.ts';
import type { Rule } from '../../model/rule.ts';
import { failedTerminal } from '../terminal.ts';
import { commandsAtContext } from './commandsAtContext.ts';

const never = new AbortController().signal;
const options: TerminalOptions = { name: 'x', command: 'x', args: [], cwd: '/', columns: 80, rows: 24 };

const environment = (label: string, asked: string[]): Environment => ({
  label,
  spawn: () => Promise.reject(new Error(`spawned in ${label}`)),
  terminal: async ({ command }) => {
    asked.push(`${label}: ${command}`);
    return failedTerminal('none');
  },
});

test('[environment] commands of an agent run there, its process and its own sign-in here', async () => {
  const asked: string[] = [];
  const { context } = scriptedWorld();
  const here: BackendContext = { ...context, environment: environment('here', asked) };
  const made = commandsAtContext('Box', here, async () => environment('Box', asked)).environment;
  expect([made.label, made.where, made.shell]).toEqual(['here', 'Box', 'posix']);
  await made.terminal({ ...options, owner: { session: keyOf('k'), terminal: 't' } }, never);
  await made.terminal({ ...options, command: 'sign in' }, never);
  expect(asked).toEqual(['Box: x', 'here: sign in']);
  await expect(made.spawn(options, never)).rejects.toThrow('spawned in here');
});

test('[environment] a rule that allows a command here allows none there; what it refuses, and files, are as they were', () => {
  const { context } = scriptedWorld();
  const rule = (scope: Rule['scope']): Rule => ({ id: 'r', scope, tool: 'execute', decision: 'allow' });
  const decide = (decided: Decided, tool: RuledAction['tool']): Decided =>
    commandsAtContext('Box', { ...context, permissions: { decide: () => decided } }, () =>
      Promise.reject(new Error('no')),
    ).permissions.decide(keyOf('k'), { tool, places: [] });
  const kept = { decision: 'allow', rule: rule('folder') } as const;
  expect(decide(kept, 'execute')).toEqual({});
  expect(decide(kept, 'edit')).toEqual(kept);
  const ofSession = { decision: 'allow', rule: rule('session') } as const;
  expect(decide(ofSession, 'execute')).toEqual(ofSession);
  expect(decide({ decision: 'deny' }, 'execute')).toEqual({ decision: 'deny' });
});
