// The demo agent behind a valve: what it says is slowed down or held back, and everything on its wire is kept in a file,
// so that a test knows what was really said by the time something broke.
//
//   node valveAgent.ts FOLDER
//
// FOLDER/pace holds the chunks of text that go out in a second, as many as are taken where it is absent. FOLDER/wire.ndjson holds what went through, in its order: `{"sent": message}` before it leaves the agent,
// `{"got": message}` before the agent sees it. While FOLDER/hold-NAME is there, nothing passes from the message of that
// name on: NAME is a method with `-` for `/`, or `chunk-N` for the agent's Nth chunk of text since its start.

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ndJsonStream } from '@agentclientprotocol/sdk';
import { demoAgent } from '../../src/demo/agent.ts';
import { RecordStore, stateFolder } from '../../src/demo/store.ts';
import { at } from './wire.ts';

const [folder = '.'] = process.argv.slice(2);
/** Chunks between two pauses: a timer for each would make the pace that of the timers. */
const together = 10;

async function pause(): Promise<void> {
  const pace = join(folder, 'pace');
  if (existsSync(pace)) await delay((together * 1000) / Number(readFileSync(pace, 'utf8')));
}

const complain = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function pass(direction: 'sent' | 'got', message: unknown, name: string | undefined): Promise<void> {
  const hold = join(folder, `hold-${name?.replaceAll('/', '-') ?? ''}`);
  while (name !== undefined && existsSync(hold)) await delay(20);
  appendFileSync(join(folder, 'wire.ndjson'), `${JSON.stringify({ [direction]: message })}\n`);
}

const methodOf = (message: unknown): string | undefined => {
  const method = at(message, 'method');
  return typeof method === 'string' ? method : undefined;
};

let chunks = 0;
const outgoing = async (message: unknown): Promise<void> => {
  const isChunk = at(message, 'params', 'update', 'sessionUpdate') === 'agent_message_chunk';
  if (isChunk) chunks += 1;
  await pass('sent', message, isChunk ? `chunk-${chunks}` : methodOf(message));
  if (isChunk && chunks % together === 0) await pause();
};

const throughValve = <T>(look: (message: T) => Promise<void>): TransformStream<T, T> =>
  new TransformStream<T, T>({
    async transform(message, controller) {
      await look(message);
      controller.enqueue(message);
    },
  });

const app = demoAgent({
  store: new RecordStore(stateFolder(process.env), complain),
  wait: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
  now: () => new Date(),
  platform: process.platform,
  complain,
  exit: (code) => process.exit(code),
});

process.stdout.on('error', () => process.exit(0));
// Also while something is held back: a client that is gone does not come again.
process.stdin.on('close', () => process.exit(0));

const wire = ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>);
const out = throughValve(outgoing);
void out.readable.pipeTo(wire.writable);
const readable = wire.readable.pipeThrough(throughValve((message) => pass('got', message, methodOf(message))));
await app.connect({ readable, writable: out.writable }).closed;
process.exit(0);
