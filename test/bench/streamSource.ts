// A server of terminals that sends its output, made beforehand, whenever something is typed, and does nothing else.
//   node streamSource.ts FRAMES BYTES
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import process from 'node:process';
import { WebSocketServer } from 'ws';
import { bytesOf } from '../../src/machine/door/frames.ts';
import { encodeFrame } from '../../src/protocol/terminal/frame.ts';
import { listenHere } from '../tools/listen.ts';

const LINE = '\u001b[32m12:00:00\u001b[0m compiling a file with a name and some eighty characters of a log line\r\n';
const HEADER = 8;

const [, , frames = '', length = ''] = process.argv;
const payload = Buffer.alloc(Number(length), LINE);
const frame = bytesOf({ bytes: encodeFrame(0, payload) });
const all = Buffer.concat(Array.from({ length: Number(frames) }, () => frame));
const header = frame.length - payload.length - HEADER;

let seq = 0;
const number = (): Buffer => {
  for (let at = 0; at < all.length; at += frame.length) all.writeBigUInt64BE(BigInt((seq += 1)), at + header);
  return all;
};

const server = createServer();
const sockets = new WebSocketServer({ noServer: true });
server.on('upgrade', (request, raw: Socket, head) => {
  sockets.handleUpgrade(request, raw, head, (socket) => {
    socket.send(JSON.stringify({ type: 'session-meta', name: 'source', createdAt: '' }));
    socket.on('message', (data: Buffer) => {
      const { type } = JSON.parse(data.toString()) as { readonly type: string };
      if (type === 'resume') socket.send(JSON.stringify({ type: 'resumed', from: null, to: null, complete: true }));
      else if (type === 'input') raw.write(number());
    });
  });
});
console.log(await listenHere(server));
