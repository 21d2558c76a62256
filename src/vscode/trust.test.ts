import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Command } from '../model/event.ts';
import type { SessionKey } from '../model/session.ts';
import type { Environment } from '../router/ports.ts';
import { requireTrust, trustedOnly, trustedPrompts } from './trust.ts';

const window = vi.hoisted(() => ({ isTrusted: false }));
vi.mock('vscode', () => ({ workspace: window, l10n: { t: (text: string) => text } }));

const { signal } = new AbortController();
const started: string[] = [];
const environment: Environment = {
  label: 'here',
  spawn: () => (started.push('agent'), Promise.reject(new Error('it was started'))),
  terminal: () => (started.push('command'), Promise.reject(new Error('it was started'))),
};
const guarded = trustedOnly(environment);

beforeEach(() => {
  started.length = 0;
  window.isTrusted = false;
});

describe('Restricted Mode', () => {
  test('[S33] nothing starts in it, on whichever way, and afterwards it does', async () => {
    const ways = [() => guarded.spawn({ command: 'x' } as never, signal), () => guarded.terminal({} as never, signal)];
    for (const start of ways) await expect(start()).rejects.toMatchObject({ code: 'untrusted' });
    expect(started).toEqual([]);
    expect(requireTrust).toThrow('No agent starts in Restricted Mode.');
    window.isTrusted = true;
    for (const start of ways) await expect(start()).rejects.toThrow('it was started');
    expect(started).toEqual(['agent', 'command']);
  });

  test('[S33] a prompt that no agent could take is refused; what needs none is not', async () => {
    const done: string[] = [];
    const router = trustedPrompts({ perform: async (_key, { kind }) => void done.push(kind) });
    const perform = (command: Command) => router.perform('k' as SessionKey, command, 'editor', signal);
    const prompt: Command = { kind: 'prompt', prompt: [{ type: 'text', text: 'hi' }] };
    await expect(perform(prompt)).rejects.toMatchObject({ code: 'untrusted' });
    await perform({ kind: 'rename', title: 'x' });
    window.isTrusted = true;
    await perform(prompt);
    expect(done).toEqual(['rename', 'prompt']);
  });
});
