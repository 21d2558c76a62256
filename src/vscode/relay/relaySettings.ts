import * as vscode from 'vscode';
import { Failure } from '../../base/failure.ts';
import type { RelayOptions } from '../../machine/relayService.ts';
import { ofThePerson } from '../settings.ts';

/** What holds for every relay of this machine. */
export type RelaySettings = Omit<RelayOptions, 'messageBytes' | 'limits'>;

/** As the settings of the person have it. @throws Failure `settings`: what is wrong in which, and what to do */
export const readRelaySettings = (): RelaySettings => {
  const port = ofThePerson('relay.port') ?? 0;
  const lease = ofThePerson('relay.lease');
  const hosts = ofThePerson('relay.hosts') ?? [];
  const [cert, key] = [text('certificate'), text('key')];
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw wrong('port', vscode.l10n.t('must be a whole number from 0 to 65535'));
  if (!Array.isArray(hosts) || !hosts.every((host) => typeof host === 'string' && HOST.test(host)))
    throw wrong('hosts', vscode.l10n.t('must be a list of names, each with its port where it is not the usual one'));
  if ((cert === undefined) !== (key === undefined))
    throw wrong(cert === undefined ? 'certificate' : 'key', vscode.l10n.t('is missing beside the other one'));
  return {
    bind: text('bind') ?? '127.0.0.1',
    port,
    lease: lease === 'on' || lease === 'off' ? lease : 'auto',
    hosts,
    // A configured name is enough for our own page.
    origins: [],
    ...(cert === undefined || key === undefined ? {} : { tls: { cert, key } }),
    terminals: ofThePerson('relay.terminals') === true,
  };
};

const HOST = /^(?:\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?$/u;

const text = (name: string): string | undefined => {
  const value = ofThePerson(`relay.${name}`);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
};

const wrong = (name: string, what: string): Failure =>
  new Failure(
    'settings',
    `wheelhouse.relay.${name} ${what}.`,
    vscode.l10n.t('Look at the setting wheelhouse.relay.{0}.', name),
  );
