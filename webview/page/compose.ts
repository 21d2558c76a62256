import { batch, signal } from '@preact/signals';
import type { Clock } from '../../src/base/clock.ts';
import { Failure } from '../../src/base/failure.ts';
import type { SessionKey } from '../../src/model/session.ts';
import { type Action, type FromSurface, type ToSurface, VIEW_VERSION } from '../../src/protocol/view/messages.ts';
import { Bridge } from '../bridge.ts';
import type { Chat } from '../chat.ts';
import type { Language } from '../l10n.ts';
import { Prompts } from '../prompts.ts';
import { Store } from '../store.ts';
import { wheelBar } from '../words.ts';
import { type Keeper, keep, type PairedDevice, readKept } from './device.ts';
import { Link, type LinkParts } from './link.ts';
import type { Page } from './page.ts';
import { Places, type Steps } from './places.ts';

export interface PageParts extends Pick<LinkParts, 'connect' | 'ask'> {
  readonly device: PairedDevice;
  readonly keeper: Keeper;
  readonly history: Steps;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly language: Language;
  readonly touch: boolean;
  /** Asks the person, who sees the whole address, and opens it. */
  readonly follow: (address: string) => void;
  readonly forget: () => void;
}

/** Drafts, and where the reader was. */
const KEPT = 'wheelhouse.page';

export const composePage = (parts: PageParts): { readonly chat: Chat; readonly page: Page } => {
  const { device, keeper, clock, language, forget } = parts;
  const { t } = language;
  const bridge = new Bridge({
    // The bridge says nothing else.
    postMessage: (message) => link.send(message as FromSurface),
    getState: () => readKept(keeper, KEPT),
    setState: (state) => keep(keeper, KEPT, state),
  });
  const store = new Store(bridge, language, VIEW_VERSION, false);
  const places = new Places(store, parts.history);
  const link = new Link({
    clock,
    t,
    connect: parts.connect,
    ask: parts.ask,
    receive: receiver(store),
    lost: (failure) => bridge.lose(failure),
  });
  const whole = signal<string | undefined>(undefined);
  const act = (action: Action): void => {
    if (action.kind === 'link/open') {
      const address = webAddress(action.href);
      if (address !== undefined) return parts.follow(address);
      return store.refuse(new Failure('unsupported', t('Only web pages can be opened from here.')));
    }
    if (action.kind === 'large/open') {
      bridge.large(action.key, action.name).then(
        (text) => (whole.value = text),
        (failure: unknown) => store.refuse(failure),
      );
      return;
    }
    bridge.act(action).catch((failure: unknown) => store.refuse(failure));
  };
  const bar = (what: 'write' | 'answer'): string | undefined => {
    if (link.state.value.kind !== 'live') return t('This device is offline.');
    if (device.may === 'drive') return wheelBar(store, t);
    if (device.may === 'watch') return t('This device may only watch.');
    return what === 'answer' ? undefined : t('This device may watch and answer questions, and not write.');
  };
  const chat: Chat = {
    store,
    bridge,
    prompts: new Prompts(store, bridge),
    t,
    act,
    here: device.name,
    may: device.may,
    editor: false,
    touch: parts.touch,
    bar,
  };
  return { chat, page: { device, link, places, whole, forget } };
};

/**
 * Hands on what the host said. The first list on a new socket is the whole list: what it lacks is gone, and what is shown
 * is attached again from where it stands.
 */
const receiver = (store: Store): LinkParts['receive'] => {
  let fresh = false;
  const receive = (message: ToSurface): void => {
    if (message.type === 'welcome') fresh = true;
    if (message.type !== 'catalogue' || !fresh) return store.receive(message);
    fresh = false;
    const shown = store.shown.peek();
    const listed = new Set(message.sessions.map(({ key }) => key));
    const gone = [...store.sessions.peek().keys()].filter((key: SessionKey) => !listed.has(key));
    store.receive({ ...message, removed: [...message.removed, ...gone] });
    if (shown !== undefined && shown === store.shown.peek()) store.refresh();
  };
  return (messages) => batch(() => messages.forEach(receive));
};

/** As the person is shown it; undefined: no address that a page may open. */
const webAddress = (href: string): string | undefined => {
  const url = URL.canParse(href) ? new URL(href) : undefined;
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.href : undefined;
};
