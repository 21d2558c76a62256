import type { Signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { PairedDevice } from './device.ts';
import type { Link } from './link.ts';
import type { Places } from './places.ts';

/** What the parts of the page are given beside the chat. */
export interface Page {
  readonly device: PairedDevice;
  readonly link: Link;
  readonly places: Places;
  /** A text that is shown in full, in front of everything. */
  readonly whole: Signal<string | undefined>;
  /** Forgets what pairing gave, so that the device can be paired again. */
  readonly forget: () => void;
}

export const PageContext = createContext<Page | undefined>(undefined);

export const usePage = (): Page => {
  const page = useContext(PageContext);
  if (page === undefined) throw new Error('A part of the page was drawn outside of it.');
  return page;
};
