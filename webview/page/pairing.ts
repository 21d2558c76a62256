/** How a device becomes one that the host knows: it shows the code, and the person confirms it at the host. */
import type { May } from '../chat.ts';
import { type PairedDevice, readPaired } from './device.ts';

export interface PairingRequest {
  readonly code: string;
  readonly name: string;
  readonly want: May;
}

/**
 * `refused`: the code is wrong, used or too old, or the person said no; the host does not tell which. `many`: too many
 * wrong tries. `unreachable`: nobody answers. `odd`: something that no such host says.
 */
export type PairingResult =
  | { readonly kind: 'paired'; readonly device: PairedDevice }
  | { readonly kind: 'refused' | 'many' | 'unreachable' | 'odd' };

/** Resolves when the person has decided. @throws the signal's reason */
export const pair = async (
  { code, name, want }: PairingRequest,
  post: typeof fetch,
  signal: AbortSignal,
): Promise<PairingResult> => {
  const capabilities = { watch: ['watch'], answer: ['watch', 'answer'], drive: ['watch', 'answer', 'drive'] }[want];
  try {
    const answer = await post('/pair', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code, name, want: capabilities }),
      credentials: 'omit',
      redirect: 'error',
      signal,
    });
    if (answer.status === 403 || answer.status === 401) return { kind: 'refused' };
    if (answer.status === 429) return { kind: 'many' };
    if (answer.status !== 200) return { kind: 'odd' };
    const device = readPaired(await answer.json(), name);
    return device === undefined ? { kind: 'odd' } : { kind: 'paired', device };
  } catch {
    signal.throwIfAborted();
    return { kind: 'unreachable' };
  }
};

/** The code in the fragment of an address that a person was given: `#pair=CODE`. */
export const codeIn = (fragment: string): string | undefined => {
  const code = new URLSearchParams(fragment.replace(/^#/u, '')).get('pair')?.trim();
  return code === '' ? undefined : code;
};
