/** A host at the other end of sockets that a test opens, fills and cuts. */
import type { FromSurface, ToSurface } from '../../src/protocol/view/messages.ts';
import type { Keeper } from './device.ts';
import type { PageSocket } from './link.ts';
import type { Steps } from './places.ts';

export class FakeSocket implements PageSocket {
  onopen: PageSocket['onopen'] = null;
  onmessage: PageSocket['onmessage'] = null;
  onclose: PageSocket['onclose'] = null;
  readonly sent: FromSurface[] = [];
  closed = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.onopen?.call(this as unknown as WebSocket, new Event('open'));
  }

  say(...messages: readonly ToSurface[]): void {
    for (const message of messages) this.hear(JSON.stringify(message));
  }

  hear(data: unknown): void {
    this.onmessage?.call(this as unknown as WebSocket, new MessageEvent('message', { data }));
  }

  cut(code = 1006): void {
    this.onclose?.call(this as unknown as WebSocket, new CloseEvent('close', { code }));
  }
}

export const memoryKeeper = (): Keeper & { readonly items: Map<string, string> } => {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
};

/** A browser's history that goes back at once. */
export class FakeHistory implements Steps {
  readonly steps: unknown[] = [null];
  moved: () => void = () => undefined;

  get state(): unknown {
    return this.steps.at(-1);
  }

  pushState(state: unknown): void {
    this.steps.push(state);
  }

  replaceState(state: unknown): void {
    this.steps[this.steps.length - 1] = state;
  }

  back(): void {
    this.steps.pop();
    this.moved();
  }
}
