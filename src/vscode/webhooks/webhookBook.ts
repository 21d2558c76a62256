import type * as vscode from 'vscode';
import { Failure, sentence } from '../../base/failure.ts';
import type { Log } from '../../base/log.ts';
import { webhookOf } from '../../machine/webhookFile.ts';
import type { Webhook } from '../../relay/webhook.ts';

/** By name; what can be read by everybody: which events each is told of. */
type Entries = Readonly<Record<string, unknown>>;

export interface WebhookBookParts {
  readonly storage: Pick<vscode.SecretStorage, 'get' | 'store' | 'delete'>;
  readonly log: Log;
  /** What must not be said in any log from then on. */
  conceal(value: string): void;
  /** The setting. */
  read(): Entries;
  write(entries: Entries | undefined): Promise<void>;
}

/**
 * The webhooks of the person: their names and events in the settings, their addresses and secrets in the secret storage
 * of the editor and nowhere else.
 */
export class WebhookBook {
  readonly #parts: WebhookBookParts;

  constructor(parts: WebhookBookParts) {
    this.#parts = parts;
  }

  get names(): readonly string[] {
    return Object.keys(this.#parts.read());
  }

  /** What cannot be used is told in the log, and left out. Never rejects. */
  async all(): Promise<readonly Webhook[]> {
    const found = await Promise.all(
      Object.entries(this.#parts.read()).map(([name, entry]) => this.#find(name, entry).catch(this.#leaveOut(name))),
    );
    return found.filter((hook) => hook !== undefined);
  }

  /** In the place of one of the same name. @throws why it could not be stored; then nothing was changed */
  async put({ name, url, secret, events }: Webhook): Promise<void> {
    const { storage, read, write } = this.#parts;
    // First: a name without a secret would be told as a mistake of the person's.
    await storage.store(keyOf(name), JSON.stringify({ url, secret }));
    await write({ ...read(), [name]: events === undefined ? {} : { events } });
  }

  /** @throws why its secret could not be deleted; then nothing was changed */
  async remove(name: string): Promise<void> {
    const { storage, read, write } = this.#parts;
    await storage.delete(keyOf(name));
    const { [name]: _, ...staying } = read();
    await write(Object.keys(staying).length === 0 ? undefined : staying);
  }

  async #find(name: string, entry: unknown): Promise<Webhook> {
    const { storage, conceal } = this.#parts;
    const { url, secret } = parsed(await storage.get(keyOf(name)));
    for (const each of [url, secret]) if (typeof each === 'string') conceal(each);
    if (url === undefined) throw new Failure('missing', 'its address is not stored on this machine; add it again');
    return webhookOf(name, { ...(typeof entry === 'object' ? entry : { entry }), url, secret });
  }

  #leaveOut(name: string): (failure: unknown) => undefined {
    return (failure) => {
      this.#parts.log.warn(`The webhook ${name} is not told of anything: ${sentence(failure)}.`);
    };
  }
}

/** Nothing where it is none of ours: the reason would hold some of the text. */
const parsed = (text: string | undefined): { readonly url?: unknown; readonly secret?: unknown } => {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
};

const keyOf = (name: string): string => `webhook:${name}`;
