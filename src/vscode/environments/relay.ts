import { hostname } from 'node:os';
import * as vscode from 'vscode';
import { probeRelay } from '../../backends/relay/probe.ts';
import { Failure } from '../../base/failure.ts';
import { codeIn, pairDevice } from '../../machine/pairDevice.ts';
import { relaySocket } from '../../machine/relaySocket.ts';
import type { Core } from '../core.ts';
import type { FarKindModule, FarParts } from './far.ts';
import { FarRelay } from './farRelay.ts';

type Relay = FarKindModule<'relay'>;

/** The relays of other machines: their sessions are listed here, shown and driven. */
export const open: Relay['open'] = (parts, core: Core) => new FarRelay(core, parts, connecting(parts));

export const probe: Relay['probe'] = async (parts, signal) => {
  const { clock } = parts;
  const { sessions, roots, terminal } = await probeRelay({ connect: connecting(parts), clock }, signal);
  return [
    sessions === 1 ? vscode.l10n.t('1 session') : vscode.l10n.t('{0} sessions', sessions ?? '?'),
    ...(roots.length === 0 ? [] : [vscode.l10n.t('Folders: {0}', roots.join(', '))]),
    terminal ? vscode.l10n.t('It opens terminals.') : vscode.l10n.t('It opens no terminals.'),
  ];
};

export const pair: NonNullable<Relay['pair']> = async (parts, code, signal) => {
  const name = `VS Code · ${hostname()}`.slice(0, 64);
  return (await pairDevice(placeOf(parts), { code: codeIn(code), name }, signal)).token;
};

const connecting = (parts: FarParts<'relay'>): ReturnType<typeof relaySocket> =>
  relaySocket({ ...placeOf(parts), token: async () => (await parts.secret()) ?? unknown() }, parts.clock);

type Place = Pick<Parameters<typeof relaySocket>[0], 'url' | 'fingerprint' | 'ways'>;

const placeOf = ({ address: { url, fingerprint }, ways }: FarParts<'relay'>): Place => ({
  url,
  ways,
  ...(fingerprint === undefined ? {} : { fingerprint }),
});

const unknown = (): never => {
  throw new Failure(
    'refused',
    vscode.l10n.t('Nothing is known yet that this relay would let us in with.'),
    vscode.l10n.t('Connect it, and enter a pairing code.'),
  );
};
