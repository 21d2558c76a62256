/**
 * Who may knock at all. A page of another origin reaches any address of this machine, loopback too, and a name that it owns
 * may lead here: so what a browser says of itself is looked at before any token.
 *
 * G1 Exactly one Host: the address that the connection came to, `localhost`, or a name that was configured, with the port.
 * G2 No Origin, or one that may: our own only for our own pages, every other one only where it was configured.
 * G3 What a browser calls cross-site is refused, whatever else it says.
 */
import type { IncomingMessage } from 'node:http';
import { Failure } from '../../base/failure.ts';

/** What a request line asks for. */
export interface Target {
  readonly path: string;
  /** Without its question mark. */
  readonly query: string;
  /** Of a target in absolute form. */
  readonly authority: string | undefined;
}

const ABSOLUTE = /^(?:https?|wss?):\/\/([^/?#]*)(.*)$/iu;

export const targetOf = (url: string): Target => {
  const [, authority, rest] = ABSOLUTE.exec(url) ?? [];
  const own = rest ?? url;
  const end = own.indexOf('?');
  return end < 0
    ? { path: own, query: '', authority }
    : { path: own.slice(0, end), query: own.slice(end + 1), authority };
};

/** A name or an address, lower case, without brackets; the port where it was said. */
interface Authority {
  readonly host: string;
  readonly port: number | undefined;
}

const AUTHORITY = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?))(?::([1-9]\d{0,4}))?$/u;

const authorityOf = (text: string): Authority | undefined => {
  const [, inner, name, port] = AUTHORITY.exec(text.toLowerCase()) ?? [];
  const host = inner === undefined ? name : plainAddress(inner);
  return host === undefined ? undefined : { host, port: port === undefined ? undefined : Number(port) };
};

/** One spelling for each address; undefined for what is none. */
const plainAddress = (inner: string): string | undefined => {
  try {
    return new URL(`http://[${inner}]`).hostname.slice(1, -1);
  } catch {
    return undefined;
  }
};

const MAPPED = '::ffff:';

/** As a browser names the address that a connection came to. */
const localAddress = (address = ''): string | undefined =>
  address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address.includes(':') ? plainAddress(address) : address;

/** Every value that a header was given, in the order of the wire: what is said twice is not said once. */
export const valuesOf = (request: IncomingMessage, name: string): readonly string[] =>
  request.rawHeaders.filter((_, at, all) => at % 2 === 1 && all[at - 1]?.toLowerCase() === name);

export class Guard {
  readonly #secure: boolean;
  readonly #hosts: readonly Authority[];
  readonly #origins: ReadonlySet<string>;

  /** @throws Failure `invalid` */
  constructor(parts: {
    readonly secure: boolean;
    readonly hosts: readonly string[];
    readonly origins: readonly string[];
  }) {
    this.#secure = parts.secure;
    this.#hosts = parts.hosts.map((host) => {
      const authority = authorityOf(host);
      if (authority !== undefined) return authority;
      throw new Failure('invalid', `“${host}” is no name of a host.`, 'Write it as name or name:port.');
    });
    this.#origins = new Set(parts.origins.map((origin) => origin.toLowerCase()));
  }

  /** `ours`: what is asked for is there for our own pages. */
  admits(request: IncomingMessage, { authority }: Target, ours: boolean): boolean {
    const [host, ...more] = valuesOf(request, 'host');
    if (host === undefined || more.length > 0 || !this.#isHere(host, request)) return false;
    if (authority !== undefined && authority.toLowerCase() !== host.toLowerCase()) return false;
    if (valuesOf(request, 'sec-fetch-site').some((site) => site.toLowerCase() === 'cross-site')) return false;
    const origins = [...valuesOf(request, 'origin'), ...valuesOf(request, 'sec-websocket-origin')];
    return origins.length === 0 || (origins.length === 1 && this.#mayCome(origins[0] ?? '', request, ours));
  }

  #mayCome(origin: string, request: IncomingMessage, ours: boolean): boolean {
    if (this.#origins.has(origin.toLowerCase())) return true;
    if (!ours) return false;
    const [, scheme, host] = /^(https?):\/\/([^/]+)$/iu.exec(origin) ?? [];
    if (scheme === undefined || host === undefined) return false;
    const isSecure = scheme.toLowerCase() === 'https';
    // In front of a name that was configured there may be something that has a certificate in our place.
    return isSecure === this.#secure ? this.#isHere(host, request) : isSecure && this.#isNamed(host, request);
  }

  #isHere(text: string, request: IncomingMessage): boolean {
    const authority = authorityOf(text);
    if (authority === undefined) return false;
    const { localAddress: address, localPort } = request.socket;
    const port = authority.port ?? (this.#secure ? 443 : 80);
    const isOwn = authority.host === 'localhost' || authority.host === localAddress(address);
    return (isOwn && port === localPort) || this.#isNamed(text, request);
  }

  #isNamed(text: string, { socket }: IncomingMessage): boolean {
    const told = authorityOf(text);
    return this.#hosts.some(
      ({ host, port }) =>
        host === told?.host &&
        (port === undefined ? told.port === undefined || told.port === socket.localPort : told.port === port),
    );
  }
}
