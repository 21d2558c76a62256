import { X509Certificate } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createSecureContext, type SecureContext } from 'node:tls';
import { Failure, sentence } from '../../base/failure.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** PEM texts. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

export interface Secure {
  readonly context: SecureContext;
  /** SHA-256 of the certificate, in hexadecimal with colons. */
  readonly fingerprint: string;
}

/**
 * The address to listen on.
 * @throws Failure `invalid` for what is none; `insecure` for one that others reach, without a certificate
 */
export const addressOf = (bind: string, isSecure: boolean): string => {
  const address = bind === 'localhost' ? '127.0.0.1' : bind.replace(/^\[(.*)\]$/u, '$1');
  const kind = isIP(address);
  if (kind === 0)
    throw new Failure(
      'invalid',
      `“${bind}” is no address to listen on.`,
      'Name an IP address of this machine, or localhost.',
    );
  if (isSecure || LOOPBACK.check(address, kind === 6 ? 'ipv6' : 'ipv4')) return address;
  throw new Failure(
    'insecure',
    `Other machines can reach ${bind}, and without a certificate whoever is in between could read the tokens of your devices.`,
    'Name a certificate and its key, or listen on 127.0.0.1 and come by ssh, a tunnel or a proxy.',
  );
};

/** @throws Failure `invalid` */
export const secureOf = ({ cert, key }: TlsFiles): Secure => {
  try {
    return {
      context: createSecureContext({ cert, key, minVersion: 'TLSv1.2' }),
      fingerprint: new X509Certificate(cert).fingerprint256,
    };
  } catch (failure) {
    throw new Failure(
      'invalid',
      `The certificate and its key cannot be used: ${sentence(failure)}`,
      'Both are files in PEM format, and belong together.',
      { cause: failure },
    );
  }
};

/** How others name it in an address: for one that stands for all, the first by which another machine may come. */
export const shownAddress = (address: string): string => {
  const isAny = address === '0.0.0.0' || address === '::';
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === 'IPv4' && !each.internal)?.address;
  const shown = isAny ? (outside ?? '127.0.0.1') : address;
  return isIP(shown) === 6 ? `[${shown}]` : shown;
};
