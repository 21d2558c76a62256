import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { Failure, sentence } from '../base/failure.ts';

export interface DownloadParts {
  readonly clock: Clock;
  /** The one that the editor put its proxy and its certificates into, where there is one. */
  readonly fetch: typeof globalThis.fetch;
}

/** How long nothing may come before it counts as broken, ms. */
const SILENCE = 60_000;
const MOST_REDIRECTS = 5;

/**
 * An address that something is fetched from: `https`, or `http` of this very machine, without a name or password in it.
 * @throws Failure `invalid`
 */
export const checkAddress = (text: string): URL => {
  const address = URL.parse(text);
  if (address === null) throw new Failure('invalid', `“${text.slice(0, 200)}” is no address.`);
  const local = address.protocol === 'http:' && isLoopback(address.hostname);
  if (address.protocol !== 'https:' && !local)
    throw new Failure('invalid', `${address.protocol}//${address.host} is not fetched from: only https is.`);
  if (address.username !== '' || address.password !== '')
    throw new Failure('invalid', `The address on ${address.host} holds a name or a password, and must not.`);
  return address;
};

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));

/**
 * A text of at most `most` bytes.
 * @throws Failure `invalid`, `too large`, `failed`; the signal's reason
 */
export const fetchText = async (
  address: string,
  most: number,
  parts: DownloadParts,
  signal: AbortSignal,
): Promise<string> => {
  const chunks: Uint8Array[] = [];
  await receive(address, most, parts, signal, async (bytes) => {
    chunks.push(bytes);
  });
  return Buffer.concat(chunks).toString('utf8');
};

/**
 * Writes what is at the address into a new file that the person alone can read.
 * @param sha256 hex, lower case; undefined: any
 * @returns the SHA-256 of what came, hex
 * @throws Failure `invalid`, `too large`, `failed`, `checksum`; the signal's reason. The file is left to the caller.
 */
export const fetchFile = async (
  what: { readonly address: string; readonly file: string; readonly most: number; readonly sha256?: string },
  parts: DownloadParts & { readonly progress?: (received: number, total: number | undefined) => void },
  signal: AbortSignal,
): Promise<string> => {
  const hash = createHash('sha256');
  const file = await open(what.file, 'wx', 0o600);
  try {
    let received = 0;
    await receive(what.address, what.most, parts, signal, async (bytes, total) => {
      hash.update(bytes);
      await file.writeFile(bytes);
      received += bytes.length;
      parts.progress?.(received, total);
    });
  } finally {
    await file.close();
  }
  const found = hash.digest('hex');
  if (what.sha256 === undefined || what.sha256 === found) return found;
  throw new Failure(
    'checksum',
    `What came from ${new URL(what.address).host} is not what the registry names: its SHA-256 is ${found} instead of ${what.sha256}.`,
    'Nothing of it was unpacked or run. Look the registry up again, and tell the makers of the agent if it stays.',
  );
};

type Take = (bytes: Uint8Array, total: number | undefined) => Promise<void>;

const receive = async (
  address: string,
  most: number,
  { clock, fetch }: DownloadParts,
  signal: AbortSignal,
  take: Take,
): Promise<void> => {
  const silent = new AbortController();
  const { host } = checkAddress(address);
  let timer = clock.after(SILENCE, () => silent.abort());
  const alive = (): void => {
    timer.dispose();
    timer = clock.after(SILENCE, () => silent.abort());
  };
  try {
    const response = await follow(address, fetch, AbortSignal.any([signal, silent.signal]));
    if (!response.ok || response.body === null)
      throw new Failure('failed', `${host} answered with ${response.status}.`, 'Try again later, or set a mirror.');
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    // A length is that of the packed bytes where the answer is packed, and no promise in any case.
    const total = Number.isFinite(length) && !response.headers.has('content-encoding') ? length : undefined;
    let received = 0;
    for await (const bytes of response.body) {
      alive();
      received += bytes.length;
      if (received > most || (total ?? 0) > most)
        throw new Failure('too large', `What ${host} sends is larger than ${megabytes(most)} MB.`);
      await take(bytes, total);
    }
  } catch (failure) {
    signal.throwIfAborted();
    if (failure instanceof Failure) throw failure;
    const why = silent.signal.aborted ? `it was silent for ${SILENCE / 1000} s` : causeOf(failure);
    throw new Failure('failed', `${host} could not be read: ${why}.`, 'Check the network and the proxy settings.', {
      cause: failure,
    });
  } finally {
    timer.dispose();
  }
};

/** By hand: each step is looked at, and none leads from the network to this machine. */
const follow = async (first: string, fetch: DownloadParts['fetch'], signal: AbortSignal): Promise<Response> => {
  const beginning = checkAddress(first);
  let address = beginning;
  for (let step = 0; step <= MOST_REDIRECTS; step += 1) {
    const response = await fetch(address.href, { redirect: 'manual', signal, credentials: 'omit' });
    const next = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || next === null) return response;
    await response.body?.cancel();
    address = checkAddress(new URL(next, address).href);
    if (address.protocol === 'http:' && beginning.protocol === 'https:')
      throw new Failure('invalid', `${beginning.host} leads to ${address.host} without https, and is not followed.`);
  }
  throw new Failure('failed', `${beginning.host} leads from one address to the next without an end.`);
};

/** What `fetch` itself says is “fetch failed”, whatever it was. */
export const causeOf = (failure: unknown): string =>
  sentence(failure instanceof Error && failure.cause instanceof Error ? failure.cause : failure);

const megabytes = (bytes: number): number => Math.round(bytes / 1_000_000);
