import { resolve } from 'node:path';
import { isText } from '../model/fold/read.ts';
import type { RelayOptions } from '../machine/relayService.ts';
import { RELAY_LIMITS, type RelayLimits } from '../relay/ports.ts';
import { type Fields, fieldsOf, isFlag, isWhole, optional, refuseOthers, wrong } from './fields.ts';

/** Of the configuration, under `relay`. */
export type RelayConfig = Omit<RelayOptions, 'messageBytes' | 'limits'>;

export const DEFAULT_RELAY: RelayConfig = {
  bind: '127.0.0.1',
  port: 0,
  lease: 'auto',
  terminals: false,
  hosts: [],
  origins: [],
};

const LEASES: readonly RelayConfig['lease'][] = ['auto', 'on', 'off'];
const MOST_PORT = 65_535;

/** @param folder what paths in it are relative to @throws Failure `usage` */
export const parseRelay = (value: unknown, folder: string): RelayConfig => {
  const { lease, terminals, bind, port, hosts, origins, tls, ...others } = fieldsOf(value, 'relay');
  refuseOthers(others, 'relay.');
  const said = {
    lease: optional(lease, isLease, 'relay.lease must be “auto”, “on” or “off”.'),
    terminals: optional(terminals, isFlag, 'relay.terminals must be true or false.'),
    bind: optional(bind, isWord, 'relay.bind must be an address of this machine.'),
    port: optional(port, isPort, `relay.port must be a whole number from 0 to ${MOST_PORT}.`),
    hosts: optional(hosts, areTexts, 'relay.hosts must be a list of texts.'),
    origins: optional(origins, areTexts, 'relay.origins must be a list of texts.'),
    tls: tls === undefined ? undefined : parseTls(tls, folder),
  };
  return { ...DEFAULT_RELAY, ...Object.fromEntries(Object.entries(said).filter(([, each]) => each !== undefined)) };
};

const parseTls = (value: unknown, folder: string): NonNullable<RelayConfig['tls']> => {
  const { cert, key, ...others } = fieldsOf(value, 'relay.tls');
  refuseOthers(others, 'relay.tls.');
  if (isWord(cert) && isWord(key)) return { cert: resolve(folder, cert), key: resolve(folder, key) };
  throw wrong('relay.tls must hold “cert” and “key”, the paths of two files.');
};

const LIMITS = ['ringFrames', 'ringBytes', 'liveSessions', 'terminals'] as const;

/** What devices may take, as far as it is said. @throws Failure `usage` */
export const parseRelayLimits = (limits: Fields): Partial<RelayLimits> =>
  Object.fromEntries(
    LIMITS.flatMap((name) => {
      const most = optional(limits[name], isSome, `limits.${name} must be a whole number from 1 on.`);
      return most === undefined ? [] : [[name, most]];
    }),
  );

export const relayLimits = (said: Partial<RelayLimits> | undefined): RelayLimits => ({ ...RELAY_LIMITS, ...said });

export const isLease = (value: unknown): value is RelayConfig['lease'] => LEASES.some((lease) => lease === value);

export const isPort = (value: unknown): value is number => isWhole(value) && value >= 0 && value <= MOST_PORT;

const isWord = (value: unknown): value is string => isText(value) && value !== '';
const isSome = (value: unknown): value is number => isWhole(value) && value > 0;
const areTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isWord);
