/** Remote execution behind the door. Source: the remote execution protocol, §11. */
import type { Log } from '../../base/log.ts';
import { makeVisible } from '../../base/visibleText.ts';
import { EVENT } from '../../protocol/environment/messages.ts';
import { readRequestFrame } from '../../protocol/environment/request.ts';
import type { DoorEndpoint } from '../door/endpoint.ts';
import type { DoorSocket } from '../door/socket.ts';
import type { ExecutionService } from './service.ts';

const NOT_UNDERSTOOD = 1003;
/** Characters of what was not understood that the log says. */
const LOGGED = 200;

export const executionEndpoint = (service: ExecutionService, log: Log): DoorEndpoint => ({
  path: '/environment',
  upgrade: () => (socket) => serve(socket, service, log),
});

const serve = (socket: DoorSocket, service: ExecutionService, log: Log): void => {
  const gone = new AbortController();
  socket.onOver(() => gone.abort());
  const say = (event: string, payload: unknown): void => socket.send([{ text: JSON.stringify({ event, payload }) }]);
  const complain = (message: string): void => say(EVENT.error, { code: 'invalid_request', message });
  // The first says enough of them all.
  let wondered = false;
  say(EVENT.hello, service.hello);
  socket.onMessage((text) => {
    const frame = readRequestFrame(text);
    if (frame.kind !== 'request') {
      if (!wondered)
        log.warn(
          `“${socket.device.name}” sent what nobody understands here: ${makeVisible(text.slice(0, LOGGED), 'one')}`,
        );
      wondered = true;
      if (frame.kind === 'other') return;
      complain('Every message must be an object with an “event”, as JSON.');
      socket.hold(true);
      return void socket.drained().then(() => socket.close(NOT_UNDERSTOOD, 'not understood'));
    }
    void service.answer(socket.device, frame.payload, gone.signal).then((answer) => {
      if (answer === undefined) complain('A request must have a requestID.');
      else say(EVENT.response, answer);
    });
  });
};
