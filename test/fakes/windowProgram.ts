/**
 * Stands for a window: follows one session of a host and writes down what it hears, until it is killed.
 * `node windowProgram.js OPTIONS`, where OPTIONS is the JSON of {@link WindowOptions}. Each line that it prints is the JSON
 * of a {@link Heard}, written when it was heard and before it is acknowledged.
 */
import process from 'node:process';
import { HostConnection } from '../../src/backends/host/connection.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { connectLocal } from '../../src/machine/localSocket.ts';
import { eachEntry } from '../../src/model/entry.ts';
import type { Position, SessionKey } from '../../src/model/session.ts';

export interface WindowOptions {
  readonly view: string;
  readonly token: string;
  readonly session: SessionKey;
  readonly position?: Position;
  /** Asked of the session as soon as it is attached. */
  readonly prompt?: string;
}

export type Heard =
  /** `text`: what the agent had said by then. */
  | { readonly kind: 'snapshot'; readonly at: Position; readonly text: string }
  | { readonly kind: 'event'; readonly at: Position; readonly text?: string; readonly end?: string };

const never = new AbortController().signal;

async function main({ view, token, session: key, position, prompt }: WindowOptions): Promise<void> {
  const line = await connectLocal(view, systemClock, never);
  const way = { lines: line.lines, token, close: () => line.dispose() };
  const connection = await HostConnection.open(way, { app: 'test', device: 'window', log: silent }, never);
  const tell = (heard: Heard): void => void process.stdout.write(`${JSON.stringify(heard)}\n`);
  let attached = false;
  const over = connection.listen((message) => {
    if (message.type === 'catalogue' && !attached && message.sessions.some((session) => session.key === key)) {
      attached = true;
      connection.say({ type: 'attach', key, ...(position === undefined ? {} : { position }) });
    } else if (message.type === 'snapshot') {
      const { at, entries } = message.session;
      const agent = [...eachEntry(entries)].flatMap((entry) => (entry.kind === 'agent' ? entry.parts : []));
      const text = agent.map((part) => (part.type === 'text' ? part.text : '')).join('');
      tell({ kind: 'snapshot', at, text });
      connection.say({ type: 'ack', key, seq: at.seq });
    } else if (message.type === 'events') {
      for (const { seq, event } of message.events) {
        const at = { epoch: message.epoch, seq };
        if (event.kind === 'turn/ended') tell({ kind: 'event', at, end: event.reason });
        else if (event.kind === 'update' && event.update.sessionUpdate === 'agent_message_chunk')
          tell({ kind: 'event', at, text: event.update.content.type === 'text' ? event.update.content.text : '' });
        else tell({ kind: 'event', at });
      }
      const last = message.events.at(-1)?.seq;
      if (last !== undefined) connection.say({ type: 'ack', key, seq: last });
    }
  });
  if (prompt !== undefined) {
    const content = [{ type: 'text', text: prompt }] as const;
    await connection.ask((id) => ({ type: 'command', id, key, command: { kind: 'prompt', prompt: content } }), never);
  }
  await over;
}

await main(JSON.parse(process.argv[2] ?? '') as WindowOptions);
