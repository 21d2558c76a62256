import { systemClock } from '../../machine/clock.ts';
import { Webhooks } from '../../machine/webhooks.ts';
import type { Core } from '../core.ts';
import { readWebhookSetting, writeWebhookSetting } from '../settings.ts';
import { WebhookBook } from './webhookBook.ts';

export const bookOf = ({ secretStorage, logs }: Core): WebhookBook =>
  new WebhookBook({
    storage: secretStorage,
    log: logs.main,
    conceal: (value) => logs.conceal(value),
    read: readWebhookSetting,
    write: writeWebhookSetting,
  });

/** A background host tells of its own sessions, which are only mirrored here. */
export const windowWebhooks = (core: Core): Webhooks => {
  const { store, logs } = core;
  const book = bookOf(core);
  return new Webhooks({ store, clock: systemClock, log: logs.main, fetch: globalThis.fetch, hooks: () => book.all() });
};
