import type { Duplex } from '../../base/duplex.ts';
import { type ToSurface } from '../../protocol/view/messages.ts';
import type { DoorSocket } from './socket.ts';

/**
 * A surface at the other end of a socket: each message is the JSON of one WebSocket message. Batches of ours settle when the
 * system has them; a surface is read no faster than its door reads.
 */
export const surfaceOf = (socket: DoorSocket): Duplex<unknown, ToSurface> => ({
  readable: new ReadableStream<readonly unknown[]>({
    start(controller) {
      let open = true;
      socket.onMessage((text) => {
        if (!open) return;
        controller.enqueue([parsed(text)]);
        socket.hold((controller.desiredSize ?? 0) <= 0);
      });
      socket.onOver(() => {
        open = false;
        controller.close();
      });
    },
    pull: () => socket.hold(false),
    cancel: () => socket.close(NORMAL, ''),
  }),
  writable: new WritableStream<readonly ToSurface[]>({
    async write(messages) {
      socket.send(messages.map((message) => ({ text: JSON.stringify(message) })));
      await socket.drained();
    },
    close: () => socket.close(NORMAL, ''),
    abort: () => socket.close(NORMAL, ''),
  }),
});

/** Of a WebSocket that is closed because there is nothing more to say. */
const NORMAL = 1000;

/** What is no JSON is refused by the door like anything else that nobody understands. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
