import type { Duplex } from '../base/duplex.ts';
import type { ToSurface } from '../protocol/view/messages.ts';

/** One life of the page in a webview, from its hello to the next one: batches out, whatever it posts in. */
export class Surface {
  readonly duplex: Duplex<unknown, ToSurface>;
  #controller: ReadableStreamDefaultController<readonly unknown[]> | undefined;

  constructor(post: (batch: readonly ToSurface[]) => void) {
    this.duplex = {
      readable: new ReadableStream<readonly unknown[]>({
        start: (controller) => {
          this.#controller = controller;
        },
        cancel: () => {
          this.#controller = undefined;
        },
      }),
      // Not awaited: a hidden webview answers when it is shown again, and the door's own window bounds what is on its way.
      writable: new WritableStream<readonly ToSurface[]>({ write: post }),
    };
  }

  receive(message: unknown): void {
    this.#controller?.enqueue(Array.isArray(message) ? message : [message]);
  }

  end(): void {
    this.#controller?.close();
    this.#controller = undefined;
  }
}

/** Whether a page begins anew with this: after a reload the same webview says hello again. */
export const isHello = (message: unknown): boolean => {
  const first: unknown = Array.isArray(message) ? message[0] : message;
  return typeof first === 'object' && first !== null && 'type' in first && first.type === 'hello';
};
