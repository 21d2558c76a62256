import { Failure } from '../base/failure.ts';
import type { SocketWays } from './webProxy.ts';
import { webRequest } from './webRequest.ts';

interface Paired {
  readonly token: string;
  readonly capabilities: readonly string[];
}

/** Milliseconds: the person at the host has two minutes. */
const PATIENCE = 150_000;
/** Bytes of an answer. */
const MOST = 64 * 1024;

/**
 * Exchanges a pairing code for the token of this device, once the person at the host has agreed. Source: the relay
 * protocol, §9, pairing. @throws CertificateRefused; Failure `refused`, `lost`
 */
export const pairDevice = async (
  relay: { readonly url: string; readonly fingerprint?: string; readonly ways?: SocketWays },
  asked: { readonly code: string; readonly name: string },
  signal: AbortSignal,
): Promise<Paired> => {
  const url = new URL('/pair', relay.url.replace(/^ws/u, 'http')).href;
  const json = { code: asked.code, name: asked.name, want: ['drive'] };
  const question = { ...relay, url, method: 'POST', json, longest: MOST, patience: PATIENCE } as const;
  const { status, text } = await webRequest(question, signal);
  if (status < 200 || status > 299)
    throw new Failure(
      'refused',
      status === 404 ? 'There is no relay at this address.' : 'The relay did not take the code.',
      status === 404 ? 'Look at the setting.' : 'Have it show a new one: each works once, for two minutes.',
    );
  const paired = readPaired(text);
  if (paired === undefined) throw new Failure('refused', 'What answered there is no relay that pairs devices.');
  return paired;
};

const readPaired = (text: string): Paired | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('token' in value) || typeof value.token !== 'string')
      return undefined;
    const said = 'capabilities' in value && Array.isArray(value.capabilities) ? value.capabilities : [];
    return { token: value.token, capabilities: said.filter((each) => typeof each === 'string') };
  } catch {
    return undefined;
  }
};

/** The code in what a person entered: itself, or the address that the host shows with it. */
export const codeIn = (text: string): string => (/#pair=([^&\s]+)/u.exec(text)?.[1] ?? text).trim();
