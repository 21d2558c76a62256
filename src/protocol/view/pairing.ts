/**
 * What the page that shows a pairing code and the window around it say to each other: all of what is shown, whenever
 * something of it changes, with every text in the person's language.
 */
export interface PairingShown {
  readonly title: string;
  /** What to do, one paragraph each. */
  readonly steps: readonly string[];
  /** While a device can still use it. */
  readonly code?: {
    /** Grouped, for a person to read. */
    readonly text: string;
    readonly label: string;
    /** Milliseconds until it is dead, from when this was sent. */
    readonly left: number;
    /** With `{0}` for minutes and seconds. */
    readonly countdown: string;
    /** Where a device finds the page, the one to be scanned first. */
    readonly links: readonly PairingLink[];
    readonly scan: string;
  };
  /** How it stands: what the device wants, what became of it. */
  readonly status: string;
  readonly warning?: string;
  /** Buttons, by what they ask for. */
  readonly buttons: readonly { readonly ask: PairingAsked['ask']; readonly text: string }[];
}

export interface PairingLink {
  readonly href: string;
  /** Whom it is for. */
  readonly about: string;
  readonly copy: string;
}

/** `copy`: the link with that number. */
export type PairingAsked =
  | { readonly ask: 'hello' }
  | { readonly ask: 'again' | 'settings' }
  | { readonly ask: 'copy'; readonly link: number };

export const readPairingAsked = (value: unknown): PairingAsked | undefined => {
  if (typeof value !== 'object' || value === null || !('ask' in value)) return undefined;
  const { ask } = value;
  if (ask === 'hello') return { ask };
  if (ask === 'again' || ask === 'settings') return { ask };
  if (ask !== 'copy' || !('link' in value) || !Number.isSafeInteger(value.link)) return undefined;
  return { ask, link: Number(value.link) };
};
