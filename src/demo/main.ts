import process from 'node:process';
import { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ndJsonStream } from '@agentclientprotocol/sdk';
import { demoAgent } from './agent.ts';
import { RecordStore, stateFolder } from './store.ts';

const complain = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const app = demoAgent({
  store: new RecordStore(stateFolder(process.env), complain),
  wait: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
  now: () => new Date(),
  platform: process.platform,
  complain,
  exit: (code) => process.exit(code),
});

// A client that is gone closes both pipes; without this the next chunk would end in a stack trace on stderr.
process.stdout.on('error', () => process.exit(0));

const connection = app.connect(ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)));
await connection.closed;
process.exit(0);
