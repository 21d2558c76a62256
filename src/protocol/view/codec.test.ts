import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../base/failure.ts';
import { readFromSurface } from './codec.ts';

const good: readonly object[] = [
  { type: 'mentions', id: 1, of: 'file', words: 'src/a' },
  {
    type: 'command',
    id: 1,
    key: 'k',
    command: { kind: 'prompt', prompt: [{ type: 'resource_link', uri: 'mention:aB_1-', name: 'a.ts' }] },
  },
  { type: 'hello', version: 1 },
  { type: 'attach', key: 'k' },
  { type: 'attach', key: 'k', position: { epoch: 'e', seq: 4 } },
  { type: 'page', key: 'k', before: 3 },
  { type: 'detach', key: 'k' },
  { type: 'ack', key: 'k', seq: 0 },
  {
    type: 'command',
    id: 1,
    key: 'k',
    command: {
      kind: 'prompt',
      prompt: [
        { type: 'text', text: 'x' },
        { type: 'image', data: 'AA==', mimeType: 'image/png' },
      ],
    },
  },
  { type: 'command', id: 1, key: 'k', command: { kind: 'cancel' } },
  { type: 'command', id: 1, key: 'k', command: { kind: 'close' } },
  { type: 'command', id: 1, key: 'k', command: { kind: 'rename', title: 't' } },
  {
    type: 'command',
    id: 1,
    key: 'k',
    command: { kind: 'queue/change', id: 'q', prompt: [{ type: 'text', text: 'x' }] },
  },
  { type: 'command', id: 1, key: 'k', command: { kind: 'queue/move', id: 'q' } },
  { type: 'command', id: 1, key: 'k', command: { kind: 'queue/move', id: 'q', before: 'r' } },
  { type: 'command', id: 1, key: 'k', command: { kind: 'queue/remove', id: 'q' } },
  { type: 'command', id: 1, key: 'k', command: { kind: 'queue/send', id: 'q' } },
  { type: 'command', id: 1, key: 'k', command: { kind: 'queue/pause' } },
  { type: 'command', id: 1, key: 'k', command: { kind: 'queue/resume' } },
  { type: 'command', id: 1, key: 'k', command: { kind: 'queue/clear' } },
  { type: 'command', id: 1, key: 'k', command: { kind: 'session/afresh' } },
  { type: 'command', id: 1, key: 'k', command: { kind: 'option/set', option: 'o', value: false } },
  {
    type: 'command',
    id: 1,
    key: 'k',
    command: { kind: 'question/answer', question: 'q', hash: 'h', outcome: { kind: 'selected', option: 'o' } },
  },
  {
    type: 'command',
    id: 1,
    key: 'k',
    command: {
      kind: 'question/answer',
      question: 'q',
      hash: 'h',
      outcome: { kind: 'accepted', content: { a: 'b', c: 1, d: true, e: ['f'] } },
    },
  },
  {
    type: 'command',
    id: 1,
    key: 'k',
    command: {
      kind: 'question/answer',
      question: 'q',
      hash: 'h',
      outcome: { kind: 'selected', option: 'o' },
      remember: { scope: 'folder', match: 1 },
    },
  },
  { type: 'command', id: 1, key: 'k', command: { kind: 'rule/revoke', rule: 'r' } },
  { type: 'do', id: 2, action: { kind: 'rules/show', key: 'k' } },
  { type: 'large', id: 1, key: 'k', name: 'n' },
  { type: 'do', id: 2, action: { kind: 'session/take', key: 'k' } },
  { type: 'do', id: 2, action: { kind: 'large/open', key: 'k', name: 'n' } },
  { type: 'do', id: 2, action: { kind: 'session/new' } },
  { type: 'do', id: 2, action: { kind: 'session/new', agent: 'demo' } },
  { type: 'do', id: 2, action: { kind: 'location/open', key: 'k', entry: 'e1', index: 0 } },
  { type: 'do', id: 2, action: { kind: 'diff/open', key: 'k', entry: 'e1', index: 0 } },
  { type: 'do', id: 2, action: { kind: 'question/diff', key: 'k', question: 'q', index: 0 } },
  { type: 'do', id: 2, action: { kind: 'terminal/show', key: 'k', terminal: 't' } },
  { type: 'do', id: 2, action: { kind: 'agent/restart', key: 'k' } },
  { type: 'do', id: 2, action: { kind: 'agent/log', key: 'k' } },
  { type: 'do', id: 2, action: { kind: 'link/open', href: 'https://example.com' } },
  { type: 'do', id: 2, action: { kind: 'mend', what: 'trust' } },
];

describe('what a surface says', () => {
  test.each(good.map((message) => [JSON.stringify(message).slice(0, 90), message]))(
    '[S44] %s is understood',
    (_, message) => {
      expect(readFromSurface(message)).toEqual(message);
    },
  );

  test.each(good.map((message) => [JSON.stringify(message).slice(0, 90), message]))(
    '[S44] %s with one field more is refused',
    (_, message) => {
      expect(() => readFromSurface({ ...message, path: '/etc/passwd' })).toThrow(Failure);
    },
  );

  test.each<[string, unknown]>([
    [
      'a path to open',
      { type: 'do', id: 1, action: { kind: 'location/open', key: 'k', entry: 'e', index: 0, path: '/etc/passwd' } },
    ],
    [
      'an address as an attachment',
      {
        type: 'command',
        id: 1,
        key: 'k',
        command: { kind: 'prompt', prompt: [{ type: 'resource_link', uri: 'file:///etc/passwd', name: 'x' }] },
      },
    ],
    [
      'an address as a mention: behind the id',
      {
        type: 'command',
        id: 1,
        key: 'k',
        command: { kind: 'prompt', prompt: [{ type: 'resource_link', uri: 'mention:../../etc/passwd', name: 'x' }] },
      },
    ],
    [
      'an address as a mention: with a second line',
      {
        type: 'command',
        id: 1,
        key: 'k',
        command: { kind: 'prompt', prompt: [{ type: 'resource_link', uri: 'mention:a\\nfile:///etc', name: 'x' }] },
      },
    ],
    [
      'an address as a mention: a number that is none',
      {
        type: 'command',
        id: 1,
        key: 'k',
        command: { kind: 'prompt', prompt: [{ type: 'resource_link', uri: 'queued:-1', name: 'x' }] },
      },
    ],
    [
      'a rule in words of its own',
      {
        type: 'command',
        id: 1,
        key: 'k',
        command: {
          kind: 'question/answer',
          question: 'q',
          hash: 'h',
          outcome: { kind: 'selected', option: 'o' },
          remember: { scope: 'machine', match: '**' },
        },
      },
    ],
    ['an empty prompt', { type: 'command', id: 1, key: 'k', command: { kind: 'prompt', prompt: [] } }],
    [
      'a turn of its own',
      {
        type: 'command',
        id: 1,
        key: 'k',
        command: { kind: 'prompt', prompt: [{ type: 'text', text: 'x' }], turn: 't' },
      },
    ],
    [
      'more than a prompt may hold',
      {
        type: 'command',
        id: 1,
        key: 'k',
        command: { kind: 'prompt', prompt: Array(9).fill({ type: 'text', text: 'x'.repeat(4 * 1024 * 1024) }) },
      },
    ],
    ['half a number', { type: 'ack', key: 'k', seq: 1.5 }],
    ['an index below zero', { type: 'do', id: 1, action: { kind: 'diff/open', key: 'k', entry: 'e', index: -1 } }],
    ['a number that is not one', { type: 'ack', key: 'k', seq: Number.NaN }],
    ['a list', [{ type: 'hello', version: 1 }]],
    ['an undefined position', { type: 'attach', key: 'k', position: undefined }],
    ['no session', { type: 'attach', key: '' }],
    ['an address without end', { type: 'do', id: 1, action: { kind: 'link/open', href: 'x'.repeat(10_000) } }],
  ])('[S44] %s is refused', (_, message) => {
    expect(() => readFromSurface(message)).toThrow(Failure);
  });

  test('[S44] anything at all is either understood as it stands or refused with a Failure', () => {
    const parts = fc.constantFrom(
      'type',
      'key',
      'command',
      'kind',
      'prompt',
      'action',
      'id',
      '__proto__',
      ...good.map((message) => JSON.stringify(message).slice(9, 14)),
    );
    const anything = fc.oneof(
      fc.anything({ withNullPrototype: true }),
      fc.dictionary(parts, fc.anything()),
      fc
        .tuple(fc.constantFrom(...good), fc.dictionary(parts, fc.anything(), { minKeys: 1 }))
        .map(([message, more]) => ({ ...message, ...more })),
    );
    fc.assert(
      fc.property(anything, (message) => {
        try {
          expect(readFromSurface(message)).toEqual(message);
        } catch (failure) {
          if (!(failure instanceof Failure)) throw failure;
        }
      }),
      { numRuns: 5000 },
    );
  });
});
