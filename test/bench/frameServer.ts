// A WebSocket server that sends its frames, made beforehand, whenever it is asked for them, and does nothing else.
//   node frameServer.ts FRAMES BYTES
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import process from 'node:process';
import { WebSocketServer } from 'ws';
import { bytesOf } from '../../src/machine/door/frames.ts';
import { encodeFrame } from '../../src/protocol/terminal/frame.ts';
import { listenHere } from '../tools/listen.ts';

const [, , frames = '', length = ''] = process.argv;
const payload = Buffer.alloc(Number(length), 'output of a terminal ');
const all = Buffer.concat(
  Array.from({ length: Number(frames) }, (_, at) => bytesOf({ bytes: encodeFrame(2 ** 32 - 100 + at, payload) })),
);
const server = createServer();
const sockets = new WebSocketServer({ noServer: true });
server.on('upgrade', (request, raw: Socket, head) => {
  sockets.handleUpgrade(request, raw, head, (socket) => socket.on('message', () => void raw.write(all)));
});
console.log(await listenHere(server));
