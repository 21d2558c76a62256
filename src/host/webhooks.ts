import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Log } from '../base/log.ts';
import { readWebhookFile, webhooksOf } from '../machine/webhookFile.ts';
import { Webhooks } from '../machine/webhooks.ts';
import type { Webhook } from '../relay/webhook.ts';
import type { SessionStore } from '../router/store.ts';

export interface HostWebhooksParts {
  /** Absolute. */
  readonly state: string;
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly log: Log;
  conceal(value: string): void;
}

/** The webhooks of the host's own file, and those that a window told of: of two of one name the window's. */
export class HostWebhooks implements Disposable {
  readonly #parts: HostWebhooksParts;
  readonly #webhooks: Webhooks;
  #own: readonly Webhook[] = [];
  #told: readonly Webhook[] = [];

  constructor(parts: HostWebhooksParts) {
    this.#parts = parts;
    this.#webhooks = new Webhooks({ ...parts, fetch: globalThis.fetch, hooks: async () => this.#all() });
  }

  /** @throws Failure `usage` */
  async read(): Promise<void> {
    this.#own = this.#concealed(await readWebhookFile(join(this.#parts.state, 'webhooks.json')));
  }

  /** As the file has them, until somebody says otherwise. @throws Failure `usage` */
  configure(value: Readonly<Record<string, unknown>> = {}): void {
    this.#told = this.#concealed(webhooksOf(value));
  }

  dispose(): void {
    this.#webhooks.dispose();
  }

  #all(): readonly Webhook[] {
    return [...new Map([...this.#own, ...this.#told].map((hook) => [hook.name, hook])).values()];
  }

  #concealed(hooks: readonly Webhook[]): readonly Webhook[] {
    for (const { url, secret } of hooks) for (const each of [url, secret]) this.#parts.conceal(each);
    return hooks;
  }
}
