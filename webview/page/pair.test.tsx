import { render } from 'preact';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLanguage } from '../l10n.ts';
import type { PairedDevice } from './device.ts';
import { Pairing } from './pair.tsx';
import type { PairingRequest, PairingResult } from './pairing.ts';

const device: PairedDevice = { id: 'd', token: 't', name: 'Pixel', may: 'drive' };

let root: HTMLElement;
let asked: { readonly request: PairingRequest; readonly signal: AbortSignal }[];
let answer: (result: PairingResult) => void;
let paired: PairedDevice[];
let known: number;
beforeEach(() => {
  root = document.createElement('div');
  document.body.append(root);
  asked = [];
  paired = [];
  known = 0;
});
afterEach(() => {
  render(null, root);
  root.remove();
});

const show = (code: string | undefined, isKnown = false): void =>
  render(
    <Pairing
      code={code}
      name="Pixel"
      t={createLanguage().t}
      pair={(request, signal) => {
        asked.push({ request, signal });
        return new Promise((resolve, reject) => {
          answer = resolve;
          signal.addEventListener('abort', () => reject(new Error('called off')));
        });
      }}
      onPaired={(one) => paired.push(one)}
      {...(isKnown ? { onKnown: () => (known += 1) } : {})}
    />,
    root,
  );
const button = (name: string): HTMLButtonElement => {
  const found = [...root.querySelectorAll('button')].find((one) => one.textContent === name);
  if (found === undefined) throw new Error(`No button “${name}” in: ${root.textContent}`);
  return found;
};
const fields = (): readonly HTMLInputElement[] => [...root.querySelectorAll<HTMLInputElement>('input[type="text"]')];
const submit = (): void => {
  root.querySelector('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
};
const drawn = (check: () => void): Promise<void> => vi.waitFor(check);

describe('the page of a device that is not paired', () => {
  test('[page pairing] it asks with the code of its address, and waits for the person at the host', async () => {
    show('7K3M-Q2ZD');
    submit();
    expect(asked[0]?.request).toEqual({ code: '7K3M-Q2ZD', name: 'Pixel', want: 'drive' });
    await drawn(() => expect(root.textContent).toContain('It asks whether “Pixel” may be let in.'));
    answer({ kind: 'paired', device });
    await drawn(() => expect(paired).toEqual([device]));
  });

  test('[page pairing] a person who gives up is back at the form, and nobody is asked any more', async () => {
    show('7K3M-Q2ZD');
    submit();
    await drawn(() => button('Cancel'));
    button('Cancel').click();
    await drawn(() => expect(fields()[0]?.value).toBe('7K3M-Q2ZD'));
    expect(asked[0]?.signal.aborted).toBe(true);
  });

  test.each<[Exclude<PairingResult['kind'], 'paired'>, string, string]>([
    ['refused', 'Not paired: the code is wrong, used or too old', ''],
    ['many', 'Too many wrong codes.', 'CODE'],
    ['unreachable', 'The host cannot be reached.', 'CODE'],
    ['odd', 'What answered is no host that this page knows.', 'CODE'],
  ])('[page pairing] %s is said, with what to do', async (kind, words, code) => {
    show('CODE');
    submit();
    await drawn(() => button('Cancel'));
    answer({ kind });
    await drawn(() => expect(root.querySelector('.refusal')?.textContent).toContain(words));
    expect(fields()[0]?.value).toBe(code);
  });

  test('[page pairing] without a code nobody is asked', async () => {
    show(undefined);
    submit();
    await drawn(() => expect(root.querySelector('.refusal')?.textContent).toBe('Write the code that the host shows.'));
    expect(asked).toEqual([]);
  });

  test('[page pairing] one that is paired already may leave it at that', async () => {
    show('CODE', true);
    button('It is paired already: show the sessions').click();
    expect(known).toBe(1);
  });
});
