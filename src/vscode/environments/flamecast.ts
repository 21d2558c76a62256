import * as vscode from 'vscode';
import { FlamecastBackend, type FlamecastBackendParts } from '../../backends/flamecast.ts';
import { FlamecastWays } from '../../machine/remote/flamecastWays.ts';
import { DEVICE } from '../core.ts';
import type { FarKindModule, FarParts } from './far.ts';
import { FarFlamecast } from './farFlamecast.ts';

type Flamecast = FarKindModule<'flamecast'>;
type Told = Pick<FlamecastBackendParts, 'emit' | 'terminal' | 'filesChanged'>;

/** Sessions of agents that a control plane runs. */
export const open: Flamecast['open'] = (parts, core) => {
  // Nothing is told before the connection that hears it is there: all of it comes from the network.
  const told: { by?: FarFlamecast } = {};
  const backend = backendOf(parts, {
    emit: (key, events, cursor) => core.store.append(key, events, cursor),
    terminal: (host, event) => told.by?.terminals.hear(host, event),
    filesChanged: (session, changes) => told.by?.filesChanged(session, changes),
  });
  return (told.by = new FarFlamecast(core, parts, backend));
};

export const probe: Flamecast['probe'] = async (parts, signal) => {
  const nothing = (): void => undefined;
  await using backend = backendOf(parts, { emit: nothing, terminal: nothing, filesChanged: nothing });
  await backend.reach(signal);
  const { sessions, templates, runtimes } = backend;
  const names = templates.map(({ name }) => name).join(', ');
  return [
    sessions.length === 1 ? vscode.l10n.t('1 session') : vscode.l10n.t('{0} sessions', sessions.length),
    templates.length === 0 ? vscode.l10n.t('It has no templates.') : vscode.l10n.t('Templates: {0}', names),
    ...(runtimes.length === 0 ? [] : [vscode.l10n.t('Runtimes: {0}', runtimes.map(({ type }) => type).join(', '))]),
  ];
};

const backendOf = (parts: FarParts<'flamecast'>, told: Told): FlamecastBackend => {
  const { address, clock, log, secret, ways: network } = parts;
  const { id, label, url, fingerprint } = address;
  const ways = new FlamecastWays({
    ...{ url, clock, log, secret, ways: network },
    ...(fingerprint === undefined ? {} : { fingerprint }),
  });
  return new FlamecastBackend({
    ...{ id, label, clock, log, device: DEVICE, ...told },
    request: (...asked) => ways.request(...asked),
    socket: (named) => ways.socket(named),
    stream: (...asked) => ways.stream(...asked),
  });
};
