import { hostname } from 'node:os';
import * as vscode from 'vscode';
import { codeIn, pairDevice } from '../../machine/pairDevice.ts';
import { StreamServer } from '../../machine/remote/streamServer.ts';
import type { FarKindModule, FarParts } from './far.ts';
import { FarStreams } from './farStreams.ts';

type Terminals = FarKindModule<'terminal'>;

/** Terminals that live elsewhere, and go on there. */
export const open: Terminals['open'] = (parts, core) => new FarStreams(core, parts, serverOf(parts));

export const probe: Terminals['probe'] = async (parts, signal) => {
  const sessions = await serverOf(parts).list(signal);
  const names = sessions.map(({ name }) => name).join(', ');
  return [
    sessions.length === 0
      ? vscode.l10n.t('No terminals yet')
      : sessions.length === 1
        ? vscode.l10n.t('1 terminal: {0}', names)
        : vscode.l10n.t('{0} terminals: {1}', sessions.length, names),
  ];
};

export const pair: NonNullable<Terminals['pair']> = async (parts, entered, signal) => {
  const code = codeIn(entered);
  const token = await serverOf(parts).pair(code, signal);
  if (token !== undefined) return token;
  const name = `VS Code · ${hostname()}`.slice(0, 64);
  return (await pairDevice({ ...parts.address, ways: parts.ways }, { code, name }, signal)).token;
};

const serverOf = ({ address, secret, ways, clock, log }: FarParts<'terminal'>): StreamServer => {
  const { url, fingerprint } = address;
  return new StreamServer({ url, ...(fingerprint === undefined ? {} : { fingerprint }), secret, ways, clock, log });
};
