import { expect, test, vi } from 'vitest';

vi.mock('vscode', () => ({ l10n: { t: (text: string) => text } }));
vi.mock('./asking.ts', () => ({ askText: () => undefined, BACK: Symbol('back') }));

const { commandLine, wordsIn } = await import('./flamecastChoices.ts');

test('[flamecast 2] a command line is read in its words, and written so that it is read as it was', () => {
  expect(wordsIn('npx  -y agent')).toEqual({ command: 'npx', args: ['-y', 'agent'] });
  expect(wordsIn('"/opt/my agent" --say "a \\"word\\"" ""')).toEqual({
    command: '/opt/my agent',
    args: ['--say', 'a "word"', ''],
  });
  expect(wordsIn('  ')).toBeUndefined();
  for (const args of [[], [''], ['a b', '"', '\\', 'x=y', '--flag="v"'], ['ü\t']])
    expect(wordsIn(commandLine({ command: 'agent', args }))).toEqual({ command: 'agent', args });
});
