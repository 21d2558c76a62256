import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { overridesFor } from './quirk.ts';

const agent = (command: string, args: readonly string[] = []) => ({ id: 'a', label: 'A', command, args });
const noReading = [{ fs: { readTextFile: false } }];

describe('quirks', () => {
  test('[acp 10 gemini] what the agent calls itself says which it is, whatever it is started with', () => {
    expect(overridesFor(agent('mine'), 'gemini-cli')).toEqual(noReading);
    expect(overridesFor(agent('/usr/bin/gemini'), 'something else')).toEqual([]);
  });

  test.each([
    ['/usr/bin/gemini', []],
    ['C:\\npm\\gemini.cmd', []],
    ['npx', ['-y', '@google/gemini-cli@0.61.0', '--acp']],
  ])('[acp 10 gemini] before it has said so, %s %j is taken for it', (command, args) => {
    expect(overridesFor(agent(command, args))).toEqual(noReading);
  });

  test('[acp 10] what the person takes back comes on top', () => {
    const definition = { ...agent('mine'), capabilities: { terminal: false } };
    expect(overridesFor(definition, 'gemini-cli')).toEqual([...noReading, { terminal: false }]);
  });

  test('[acp 10] each is a file of less than 40 lines, and nothing else of what speaks with agents names one', () => {
    const here = import.meta.dirname;
    const quirks = readdirSync(here).filter((name) => !name.startsWith('quirk.'));
    for (const name of quirks)
      expect(readFileSync(join(here, name), 'utf8').split('\n').length, name).toBeLessThanOrEqual(40);
    const agents = /\b(?:gemini|opencode|codex|claude|copilot|qwen|kimi|cline|kilo|goose|auggie)\b/iu;
    const naming = ['base', 'model', 'protocol', 'router', 'backends'].flatMap((room) =>
      readdirSync(join(here, '..', '..', room), { recursive: true, withFileTypes: true })
        .filter(({ name, parentPath }) => /(?<!\.test|testing)\.ts$/u.test(name) && parentPath !== here)
        .map(({ name, parentPath }) => join(parentPath, name))
        // Files that agents obey are known by their names, whoever the agent is.
        .filter((path) => !path.endsWith('protectedFiles.ts'))
        .filter((path) => agents.test(withoutComments(readFileSync(path, 'utf8')))),
    );
    expect(naming).toEqual([]);
  });
});

const withoutComments = (source: string): string => source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gmu, '');
