// Sends the bytes of a file over a local socket whenever it is asked for them, and does nothing else.
//   node bareSocket.ts SOCKET FILE
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import process from 'node:process';

const [, , path = '', file = ''] = process.argv;
const bytes = readFileSync(file);
createServer((socket) => socket.on('data', () => void socket.write(bytes))).listen(path, () =>
  console.log('listening'),
);
