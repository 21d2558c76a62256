import { describe, expect, test, vi } from 'vitest';
import { type Draft, entryOf, meant, placeOf, wrongIn } from './draft.ts';
import { newId } from './settingEntries.ts';

vi.mock('vscode', () => ({ l10n: { t: (text: string) => text } }));

describe('an environment on its way into the settings', () => {
  test.each([
    ['relay', 'box.example.net:8443', 'wss://box.example.net:8443/acp'],
    ['relay', 'https://box.example.net:8443/', 'wss://box.example.net:8443/acp'],
    ['relay', 'ws://127.0.0.1:7331/acp', 'ws://127.0.0.1:7331/acp'],
    ['environment', 'wss://box.example.net', 'wss://box.example.net/environment'],
    ['terminal', 'wss://box.example.net:7777', 'https://box.example.net:7777'],
    ['terminal', 'http://127.0.0.1:7777/terminal', 'http://127.0.0.1:7777/terminal'],
    ['acp', 'https://agents.example.net/acp', 'https://agents.example.net/acp'],
    ['acp', 'wss://agents.example.net/acp', 'wss://agents.example.net/acp'],
    ['relay', 'not an address', 'not an address'],
  ] as const)('[demand 10] %s: %s means %s', (kind, text, address) => {
    expect(meant(kind, text)).toBe(address);
  });

  test('[S50] the secret and the code never reach the settings', () => {
    const draft: Draft = {
      kind: 'relay',
      name: 'The Box',
      url: 'wss://box.example.net/acp',
      secret: 'secret-1',
      code: 'code-1',
      rest: {},
    };
    expect(entryOf(draft)).toEqual({ kind: 'relay', name: 'The Box', url: 'wss://box.example.net/acp' });
  });

  test('[S29] what the settings would not take is said before it is written, field by field', () => {
    expect(wrongIn({ kind: 'relay', url: 'ws://10.0.0.1/acp' }, 'url')).toMatch(/^This must be an address/u);
    expect(wrongIn({ kind: 'relay', url: 'wss://me:pw@box.example/acp' }, 'url')).toBeDefined();
    expect(wrongIn({ kind: 'relay', url: 'wss://box.example/acp' }, 'url')).toBeUndefined();
    expect(wrongIn({ kind: 'ssh', destination: '-oProxyCommand=id', folder: '/x' }, 'destination')).toBeDefined();
    expect(wrongIn({ kind: 'exec', command: [], folder: '/x' }, 'command')).toBeDefined();
    expect(wrongIn({ kind: 'acp', url: 'wss://a.example/', folder: 'relative' }, 'folder')).toBeDefined();
    expect(placeOf({ kind: 'relay', url: 'ws://10.0.0.1/acp' })).toBeUndefined();
  });

  test('[demand 10] its id is made of its name, and is that of no other', () => {
    expect(newId('The Box', [])).toBe('the-box');
    expect(newId('The Box', ['the-box', 'the-box-2'])).toBe('the-box-3');
    for (const name of ['Käßten 7', '…', '-a', '__proto__', 'x'.repeat(200)])
      expect(newId(name, [])).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/u);
  });
});
