import * as vscode from 'vscode';
import { makeVisible } from '../../base/visibleText.ts';
import type { Proposal } from './proposal.ts';

/** All that is fetched and run, a line for each; what cannot be seen is made visible, and nothing is left out. */
export const consentText = (proposal: Proposal): string => {
  const { command, found, args, env, registry } = proposal;
  const line = (text: string): string => makeVisible(text, 'one');
  const variables = Object.entries(env).map(([name, value]) =>
    value === null ? vscode.l10n.t('{0} (removed)', line(name)) : `${line(name)}=${line(value)}`,
  );
  return [
    ...fetchedLines(proposal).map(line),
    vscode.l10n.t('Runs: {0}', line([command, ...args].map(word).join(' '))),
    ...(found === undefined || found === command ? [] : [vscode.l10n.t('{0} is: {1}', command, line(found))]),
    ...(variables.length === 0 ? [] : [vscode.l10n.t('With the variables: {0}', variables.join(', '))]),
    ...(registry === undefined ? [] : [vscode.l10n.t('Version: {0}, pinned', registry.version)]),
    '',
    vscode.l10n.t('It runs with your rights: it can read and change what you can.'),
  ].join('\n');
};

/** Quoted where one could take it for two, or for none. */
const word = (text: string): string => (/^[^\s"'\\]+$/u.test(text) ? text : JSON.stringify(text));

const fetchedLines = ({ fetched }: Proposal): readonly string[] => {
  if (fetched === undefined) return [];
  if (fetched.kind === 'binary')
    return [
      vscode.l10n.t('Downloads: {0}', fetched.archive),
      fetched.sha256 === undefined
        ? vscode.l10n.t('Checksum: the registry names none, so nothing tells whether what comes is what was meant')
        : vscode.l10n.t('Checksum (SHA-256): {0}', fetched.sha256),
      vscode.l10n.t('Into: {0}', fetched.folder),
    ];
  return [
    fetched.kind === 'npx'
      ? vscode.l10n.t(
          'Downloads the npm package: {0}, and what it needs, from the registry that your npm uses',
          fetched.package,
        )
      : vscode.l10n.t(
          'Downloads the Python package: {0}, and what it needs, from the index that your uv uses',
          fetched.package,
        ),
    vscode.l10n.t('Checksum: as the package manager checks it'),
  ];
};
