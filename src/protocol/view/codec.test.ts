import { describe, expect, test } from 'vitest';
import { SURFACE_MESSAGES } from '../../../test/fakes/surfaceMessages.ts';
import { Failure } from '../../base/failure.ts';
import { readFromSurface } from './codec.ts';

describe('what a surface says', () => {
  test.each(SURFACE_MESSAGES.map((message) => [JSON.stringify(message).slice(0, 90), message]))(
    '[S44] %s is understood',
    (_, message) => {
      expect(readFromSurface(message)).toEqual(message);
    },
  );

  test.each(SURFACE_MESSAGES.map((message) => [JSON.stringify(message).slice(0, 90), message]))(
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
});
