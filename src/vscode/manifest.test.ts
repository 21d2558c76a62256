import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXECUTION_WORDS } from '../host/executionWords.ts';
import { WORDS } from '../model/fold/words.ts';
import { GATE_WORDS } from '../router/gateWords.ts';
import { COMMANDS } from './commandIds.ts';

interface Setting {
  readonly scope: string;
  readonly type: string;
  readonly enum?: readonly string[];
  readonly ignoreSync?: boolean;
}

interface Manifest {
  readonly [key: string]: unknown;
  readonly activationEvents: readonly string[];
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] };
    readonly virtualWorkspaces: { readonly supported: unknown };
  };
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string }[]>>;
    readonly keybindings: readonly { readonly command: string; readonly when?: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, Setting>> };
  };
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const manifest = readJson('package.json') as Manifest;
const { contributes } = manifest;

const sources = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && /(?<!\.test)\.tsx?$/u.test(file.name))
    .map((file) => join(file.parentPath, file.name))
    .sort();

/** Every text that the window and its chat say, and the fold in the transcript, as the key of its translation. */
const spokenTexts = (): string[] => {
  const said = ['src/extension.ts', ...sources('src/vscode'), ...sources('webview')].flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/\bt\(\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)")/gu)].map(
      ([, single, double]) =>
        JSON.parse(`"${single?.replaceAll("\\'", "'").replaceAll('"', '\\"') ?? double ?? ''}"`) as string,
    ),
  );
  return [
    ...new Set([...said, ...Object.values(WORDS), ...Object.values(GATE_WORDS), ...Object.values(EXECUTION_WORDS)]),
  ].sort();
};

describe('package.json', () => {
  test('[manifest] what it contributes as a command is what the extension registers', () => {
    expect(contributes.commands.map(({ command }) => command).sort()).toEqual(
      COMMANDS.map((name) => `wheelhouse.${name}`).sort(),
    );
    const used = [...Object.values(contributes.menus).flat(), ...contributes.keybindings].map(({ command }) => command);
    for (const command of used) expect(COMMANDS.map((name) => `wheelhouse.${name}`)).toContain(command);
  });

  test('[manifest] nothing activates it but its own views, commands, terminals and links', () => {
    expect(manifest.activationEvents).toEqual(['onUri']);
  });

  test('[manifest] every key has a condition', () => {
    for (const { when } of contributes.keybindings) expect(when).toMatch(/wheelhouse/u);
  });

  test('[S33] what says which program runs, and what it may do unasked, cannot come from a workspace', () => {
    const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
    expect(restricted).toEqual([
      'wheelhouse.agents',
      'wheelhouse.environments',
      'wheelhouse.defaultAgent',
      'wheelhouse.registry',
      'wheelhouse.permissions.rules',
    ]);
    for (const key of restricted) expect(contributes.configuration.properties[key]?.scope).toBe('machine');
  });

  test('[S26] no setting can come from a workspace: each is of the person or of the machine', () => {
    for (const [key, { scope }] of Object.entries(contributes.configuration.properties))
      expect([key, scope]).toEqual([key, expect.stringMatching(/^(?:machine|application)$/u)]);
  });

  test('[acp 4.2.11] what may name a program, an address or a secret is not carried to other machines', () => {
    for (const [key, { scope, type, enum: choices, ignoreSync }] of Object.entries(
      contributes.configuration.properties,
    )) {
      const closed = type === 'boolean' || type === 'number' || choices !== undefined;
      // VS Code leaves out what is of the machine; said as well for every other that reads these settings.
      expect([key, closed || (scope === 'machine' && ignoreSync === true)]).toEqual([key, true]);
    }
  });

  test('[acp 4.2.3] it runs where the files are, never in a browser, and says that virtual folders are not enough', () => {
    expect(manifest['extensionKind']).toEqual(['workspace']);
    expect(manifest['browser']).toBeUndefined();
    expect(manifest.capabilities.virtualWorkspaces).toEqual({ supported: 'limited', description: '%trust.virtual%' });
  });

  test('[acp 4.2.7] the state that VS Code keeps for all windows holds nothing', () => {
    for (const path of ['src/extension.ts', ...sources('src/vscode')])
      expect([path, readFileSync(path, 'utf8').includes('globalState')]).toEqual([path, false]);
  });

  test('[manifest] every text stands in package.nls.json, and no more than that', () => {
    const used = [...JSON.stringify(manifest).matchAll(/"%([^%"]+)%"/gu)].map(([, key = '']) => key);
    expect([...new Set(used)].sort()).toEqual(Object.keys(readJson('package.nls.json') as object).sort());
  });

  // `npx vitest run src/vscode/manifest.test.ts --update` writes it anew.
  test('[manifest] every text that the window says stands in the bundle for translators', async () => {
    const texts = spokenTexts();
    expect(texts.length).toBeGreaterThan(50);
    const bundle = `${JSON.stringify(Object.fromEntries(texts.map((text) => [text, text])), undefined, 2)}\n`;
    await expect(bundle).toMatchFileSnapshot('../../media/l10n/bundle.l10n.json');
  });
});
