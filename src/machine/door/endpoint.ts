import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Device } from '../../relay/device.ts';
import type { Target } from './guard.ts';
import type { Refusal } from './refusal.ts';
import type { DoorSocket } from './socket.ts';

/** Another wire behind the door. Who comes to it has passed the guard, and their token was right. */
export interface DoorEndpoint {
  /** What it answers: this very path; with a `/` at its end, all that is below it. */
  readonly path: string;
  /** See {@link DoorSocketParts.binaryIsText}. */
  readonly binaryIsText?: true;
  /** Serves a socket from the moment in which it is open, or says why there is none. */
  upgrade(target: Target, device: Device): Refusal | ((socket: DoorSocket) => void);
  /** Absent: there is nothing by plain HTTP. What it throws is answered with 500. */
  answer?(target: Target, device: Device, request: IncomingMessage, response: ServerResponse): Promise<void>;
}
