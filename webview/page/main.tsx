/** The chat without an editor around it: for a phone, or any other browser. Static, and without a secret of its own. */
import { options, render } from 'preact';
import type { Clock } from '../../src/base/clock.ts';
import { toDisposable } from '../../src/base/disposable.ts';
import { ChatContext } from '../chat.ts';
import { createLanguage, type Language } from '../l10n.ts';
import { PageApp } from './app.tsx';
import { composePage } from './compose.ts';
import { forgetDevice, guessName, keepDevice, type PairedDevice, readDevice } from './device.ts';
import type { LinkParts, PageSocket } from './link.ts';
import { PageContext } from './page.ts';
import { Pairing } from './pair.tsx';
import { codeIn, pair } from './pairing.ts';
import './theme.css';
import './page.css';

const clock: Pick<Clock, 'now' | 'after'> = {
  now: () => Date.now(),
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds);
    return toDisposable(() => clearTimeout(timer));
  },
};

/** The token goes as a sub-protocol: a browser can set no header here, and an address would be written down by others. */
const connect = ({ token }: PairedDevice): PageSocket =>
  new WebSocket(new URL('/view', location.href.replace(/^http/u, 'ws')), ['wheelhouse.v1', `bearer.${token}`]);

const ask = async ({ token }: PairedDevice): ReturnType<LinkParts['ask']> => {
  try {
    const { status } = await fetch('/view', {
      headers: { authorization: `Bearer ${token}` },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
    });
    return status === 401 ? 'unknown' : 'known';
  } catch {
    return undefined;
  }
};

/** The whole address, as it is: what a text calls a link may lead elsewhere. */
const follow = (address: string, { t }: Language): void => {
  // oxlint-disable-next-line no-alert
  if (confirm(`${t('Open this address?')}\n\n${address}`)) open(address, '_blank', 'noopener,noreferrer');
};

const showSessions = (root: HTMLElement, device: PairedDevice): void => {
  const language = createLanguage();
  const over = new AbortController();
  const { signal } = over;
  const forget = (): void => {
    forgetDevice(localStorage);
    over.abort();
    page.link.dispose();
    showPairing(root, undefined, undefined);
  };
  const { chat, page } = composePage({
    device,
    keeper: localStorage,
    history,
    clock,
    language,
    touch: matchMedia('(pointer: coarse)').matches,
    connect: () => connect(device),
    ask: () => ask(device),
    follow: (address) => follow(address, language),
    forget,
  });
  const wake = (): void => page.link.wake();
  addEventListener('popstate', () => page.places.moved(), { signal });
  addEventListener('online', wake, { signal });
  addEventListener('offline', wake, { signal });
  addEventListener('pagehide', () => chat.store.remember(), { signal });
  const looked = (): void => (document.visibilityState === 'visible' ? wake() : chat.store.remember());
  document.addEventListener('visibilitychange', looked, { signal });
  render(
    <ChatContext.Provider value={chat}>
      <PageContext.Provider value={page}>
        <PageApp />
      </PageContext.Provider>
    </ChatContext.Provider>,
    root,
  );
};

const showPairing = (root: HTMLElement, code: string | undefined, known: PairedDevice | undefined): void => {
  const onPaired = (device: PairedDevice): void => {
    keepDevice(localStorage, device);
    showSessions(root, device);
  };
  render(
    <Pairing
      code={code}
      name={known?.name ?? guessName(navigator.userAgent)}
      t={createLanguage().t}
      pair={(request, signal) => pair(request, fetch, signal)}
      onPaired={onPaired}
      {...(known === undefined ? {} : { onKnown: () => showSessions(root, known) })}
    />,
    root,
  );
};

const boot = (root: HTMLElement): void => {
  // However many batches arrive, the picture is made once for each frame.
  options.debounceRendering = (draw) => requestAnimationFrame(draw);
  const code = codeIn(location.hash);
  // A code is of use once; it is to stand in no history and on no screenshot.
  if (location.hash !== '') history.replaceState(history.state, '', location.pathname);
  // A page that is open already is not loaded again for an address that differs from its own by a code.
  addEventListener('hashchange', () => location.reload());
  const device = readDevice(localStorage);
  if (device === undefined || code !== undefined) showPairing(root, code, device);
  else showSessions(root, device);
};

const root = document.getElementById('app');
if (root !== null) boot(root);
