import { describe, expect, test } from 'vitest';
import type { Question, QuestionTool } from '../model/question.ts';
import { shortAction } from './shortAction.ts';

const tool: QuestionTool = {
  call: 'c',
  toolKind: 'execute',
  content: [],
  locations: [],
  rawInput: { command: 'npm test' },
};
const question: Question = {
  id: 'q',
  kind: 'permission',
  title: 'Run npm test',
  hash: 'h',
  at: 0,
  tool,
  options: [
    { id: 'a', name: 'Allow once', kind: 'allow_once' },
    { id: 'r', name: 'Reject', kind: 'reject_once' },
  ],
};
const withTool = (more: Partial<QuestionTool>): Question => ({ ...question, tool: { ...tool, ...more } });

describe('shortAction', () => {
  test('[fact 5] a command that stands whole in a short title', () => {
    expect(shortAction(question)).toBe('Run npm test');
    expect(shortAction(withTool({ toolKind: 'read', rawInput: undefined }))).toBe('Run npm test');
  });

  test('[fact 5] not where the title leaves something out', () => {
    expect(shortAction({ ...question, title: 'Run the tests' })).toBeUndefined();
    expect(shortAction(withTool({ rawInput: { command: 'npm test', cwd: '/elsewhere' } }))).toBeUndefined();
    expect(shortAction(withTool({ rawInput: ['npm test'] }))).toBeUndefined();
    expect(shortAction(withTool({ rawInput: undefined }))).toBeUndefined();
    expect(shortAction(withTool({ toolKind: 'read', locations: [{ path: '/etc/passwd' }] }))).toBeUndefined();
    expect(
      shortAction(withTool({ content: [{ type: 'diff', path: '/a', oldText: null, newText: 'x' }] })),
    ).toBeUndefined();
  });

  test('[fact 5] not for a change of files, nor for a kind that nobody knows', () => {
    for (const toolKind of ['edit', 'delete', 'move', 'other', 'telepathy'])
      expect(shortAction(withTool({ toolKind }))).toBeUndefined();
  });

  test('[S26] [S27] not for what we ask ourselves, nor for what the agent changed after asking', () => {
    expect(shortAction({ ...question, guard: { kind: 'outside', detail: '/etc' } })).toBeUndefined();
    expect(shortAction({ ...question, stale: true })).toBeUndefined();
  });

  test('[S31] not for a title or an option that needs protection', () => {
    expect(shortAction({ ...question, title: 'Run npm test\n' })).toBeUndefined();
    expect(shortAction({ ...question, title: `Run npm test ${'x'.repeat(60)}` })).toBeUndefined();
    const [allow, reject] = question.options;
    expect(allow !== undefined && reject !== undefined).toBe(true);
    expect(shortAction({ ...question, options: [{ id: 'a', name: 'Allow', kind: 'who_knows' }] })).toBeUndefined();
    expect(
      shortAction({ ...question, options: [{ id: 'a', name: 'A\u202Ellow', kind: 'allow_once' }] }),
    ).toBeUndefined();
  });
});
