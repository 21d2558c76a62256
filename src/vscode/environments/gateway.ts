import * as vscode from 'vscode';
import { GatewayBackend } from '../../backends/gateway.ts';
import type { Connect } from '../../base/duplex.ts';
import { connectGateway } from '../../machine/gatewaySocket.ts';
import { GATEWAY_VERSION } from '../../protocol/gateway/read.ts';
import type { BackendContext } from '../../router/ports.ts';
import { DEVICE } from '../core.ts';
import { plainLine } from '../plainText.ts';
import type { FarKindModule, FarParts } from './far.ts';
import { FarGateway } from './farGateway.ts';

type Gateway = FarKindModule<'gateway'>;

/** Sessions of apps that a gateway serves. */
export const open: Gateway['open'] = (parts, core) => {
  const emit: BackendContext['emit'] = (key, events, cursor) => core.store.append(key, events, cursor);
  return new FarGateway(core, parts, backendOf(parts, emit));
};

export const probe: Gateway['probe'] = async (parts, signal) => {
  await using backend = backendOf(parts, () => undefined);
  await backend.reach(signal);
  const { apps, sessions, otherVersion } = backend;
  const names = apps.map(({ name }) => name).join(', ');
  return [
    apps.length === 0 ? vscode.l10n.t('It names no apps.') : vscode.l10n.t('Apps: {0}', names),
    sessions.length === 1 ? vscode.l10n.t('1 session') : vscode.l10n.t('{0} sessions', sessions.length),
    ...(otherVersion === undefined ? [] : [versionWords(otherVersion)]),
  ];
};

/** Said and no more: what is understood works. */
const versionWords = (version: string): string =>
  vscode.l10n.t('It speaks version {0} of its protocol, and Wheelhouse {1}.', plainLine(version, 20), GATEWAY_VERSION);

const backendOf = (parts: FarParts<'gateway'>, emit: BackendContext['emit']): GatewayBackend => {
  const { address, clock, log, secret: token } = parts;
  const { id, label } = address;
  return new GatewayBackend({ id, label, clock, log, device: DEVICE, emit, token, connect: connecting(parts) });
};

const connecting =
  ({ address: { url, fingerprint }, ways, clock }: FarParts<'gateway'>): Connect<string> =>
  (signal) =>
    connectGateway({ url, ways, ...(fingerprint === undefined ? {} : { fingerprint }) }, clock, signal);
