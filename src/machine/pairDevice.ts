import { Failure, sentence } from '../base/failure.ts';

interface Paired {
  readonly token: string;
  readonly capabilities: readonly string[];
}

/** Milliseconds: the person at the host has two minutes. */
const PATIENCE = 150_000;
/** Characters of an answer. */
const MOST = 64 * 1024;

/**
 * Exchanges a pairing code for the token of this device, once the person at the host has agreed. Source: the relay
 * protocol, §9, pairing. @throws Failure `refused`, `lost`
 */
export const pairDevice = async (
  relay: string,
  asked: { readonly code: string; readonly name: string },
  signal: AbortSignal,
): Promise<Paired> => {
  const url = new URL('/pair', relay.replace(/^ws/u, 'http'));
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: asked.code, name: asked.name, want: ['drive'] }),
    redirect: 'error',
    signal: patience,
  }).catch((failure: unknown) => {
    signal.throwIfAborted();
    throw new Failure('lost', `The relay cannot be reached: ${sentence(failure)}.`, 'Look at its address.');
  });
  const text = (await answer.text()).slice(0, MOST);
  if (!answer.ok)
    throw new Failure(
      'refused',
      answer.status === 404 ? 'There is no relay at this address.' : 'The relay did not take the code.',
      answer.status === 404 ? 'Look at the setting.' : 'Have it show a new one: each works once, for two minutes.',
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
