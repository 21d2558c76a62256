import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import * as tls from 'node:tls';
import { Failure, sentence } from '../base/failure.ts';

/** The certificate that a server showed is not one to be believed. Nothing was said to it. */
export class CertificateRefused extends Failure {
  /** SHA-256 of what it showed, 64 lower-case hexadecimal digits. */
  readonly fingerprint: string;
  /** Another one alone is believed, and this is not it: pinning what came instead has to be somebody's deliberate act. */
  readonly isPinned: boolean;

  constructor(fingerprint: string, host: string, why: string | undefined) {
    super(
      'refused',
      why === undefined
        ? `${host} shows another certificate than the one that is believed.`
        : `The certificate of ${host} is not trusted: ${why}.`,
      why === undefined
        ? 'Somebody may be in between. Where it was renewed, enter its new fingerprint.'
        : 'Compare its fingerprint with the one that the other machine shows, and believe that one alone.',
    );
    this.fingerprint = fingerprint;
    this.isPinned = why === undefined;
  }
}

/**
 * What a request that {@link whenTrusted} sends is made with. The verdict is not left to the connection: it would be told
 * without the certificate it is about, and whoever puts another connection in the place of ours would make it.
 */
export const trustOptions = (fingerprint: string | undefined, { protocol }: URL): TrustOptions => {
  if (!isSecure(protocol)) return {};
  const ca = fingerprint === undefined ? authorities() : undefined;
  return { rejectUnauthorized: false, ...(ca === undefined ? {} : { ca }) };
};

interface TrustOptions {
  readonly rejectUnauthorized?: boolean;
  readonly ca?: string[];
}

const isSecure = (protocol: string): boolean => protocol === 'wss:' || protocol === 'https:';

/**
 * Those that this machine trusts beside those that Node does. Undefined: there are no others, and what Node has ready is
 * fifty times faster than a list.
 */
const authorities = (): string[] | undefined => {
  const known = new Set(tls.getCACertificates('default'));
  const others = tls.getCACertificates('system').filter((certificate) => !known.has(certificate));
  return others.length === 0 ? undefined : [...known, ...others];
};

/**
 * Has the request sent as soon as whom it goes to is known to be who it should be; it is destroyed with a
 * {@link CertificateRefused} if not, before a byte of it, and of the secret in it, has left.
 */
export const whenTrusted = (
  request: ClientRequest,
  { url, fingerprint }: { readonly url: URL; readonly fingerprint: string | undefined },
  send: () => void,
): void => {
  let proxied: number | undefined;
  request.once('proxyConnect', ({ statusCode }: { readonly statusCode: number }) => void (proxied = statusCode));
  request.once('socket', (socket: Socket) => {
    if (!isSecure(url.protocol)) return send();
    // What a proxy says instead of making a way comes on something like a socket, on which nothing can be sent.
    if (!(socket instanceof tls.TLSSocket)) {
      request.destroy(proxied === undefined ? noWay(url.host) : proxyFailure(proxied));
      return;
    }
    const decide = (): void => {
      const failure = distrust(socket, url.host, fingerprint);
      if (failure === undefined) send();
      else request.destroy(failure);
    };
    const isDone = socket.authorized || Boolean(socket.authorizationError);
    if (isDone) decide();
    else socket.once('secureConnect', decide);
  });
};

const noWay = (host: string): Failure =>
  new Failure('refused', `There is no encrypted way to ${host}.`, 'Look at the proxy settings.');

const proxyFailure = (status: number): Failure => {
  if (status === 407)
    return new Failure(
      'refused',
      'The proxy wants a name and a password.',
      'Put them into the address in the setting “http.proxy”.',
    );
  return status < 500
    ? new Failure('refused', `The proxy answered ${status} instead of making a way.`, 'Look at the proxy settings.')
    : new Failure('lost', `The proxy answered ${status}: it has no way there right now.`, 'Look at the address.');
};

const distrust = (socket: tls.TLSSocket, host: string, fingerprint: string | undefined): Failure | undefined => {
  const shown = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();
  if (shown === undefined) return new Failure('refused', `${host} shows no certificate.`);
  if (fingerprint !== undefined)
    return shown === fingerprint ? undefined : new CertificateRefused(shown, host, undefined);
  return socket.authorized ? undefined : new CertificateRefused(shown, host, wordsFor(socket.authorizationError));
};

/** What OpenSSL calls it, in words. */
const wordsFor = (failure: unknown): string => {
  const code =
    failure instanceof Error ? ('code' in failure ? String(failure.code) : failure.message) : String(failure);
  return REASONS[code] ?? code;
};

const REASONS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'it is signed by an authority that this machine does not know',
  UNABLE_TO_GET_ISSUER_CERT: 'it is signed by an authority that this machine does not know',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'it is signed by an authority that this machine does not know',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'it is signed by an authority that this machine does not know',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is of another name',
};

/** Node says the same by throwing, with the value in it. @throws Failure `refused` */
export const checkHeaders = (headers: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(headers))
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/u.test(value))
      throw new Failure(
        'refused',
        `What is to be sent as the header “${name.slice(0, 60)}” holds characters that no header can hold.`,
        'Look at the token and at the headers in the setting.',
      );
};

/** Why there is no connection, or none any more. */
export const wordsOf = (failure: unknown): string => {
  const code = failure instanceof Error && 'code' in failure ? String(failure.code) : '';
  return WORDS[code] ?? sentence(failure);
};

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at this address',
  ECONNRESET: 'the other side broke it off',
  EPIPE: 'the other side broke it off',
  ENOTFOUND: 'no machine of this name is known',
  EAI_AGAIN: 'the name cannot be looked up right now',
  ETIMEDOUT: 'the machine does not answer',
  EHOSTUNREACH: 'there is no way to this machine',
  EHOSTDOWN: 'there is no way to this machine',
  ENETUNREACH: 'there is no network',
  ENETDOWN: 'there is no network',
  EPROTO: 'what answers there does not speak TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'what answers there does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'what answers there does not speak TLS',
};
