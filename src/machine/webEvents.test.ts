import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished, expect, test } from 'vitest';
import { until } from '../../test/tools/until.ts';
import type { Link } from '../base/duplex.ts';
import { manualClock } from '../base/testing.ts';
import { systemClock } from './clock.ts';
import { connectEvents, type StreamedEvent } from './webEvents.ts';

const never = new AbortController().signal;

/** A server that answers as it is told to, and what it was asked. */
const serving = async (answer: (response: ServerResponse) => void) => {
  const asked: IncomingMessage[] = [];
  const responses: ServerResponse[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    responses.push(response);
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/stream`, asked, responses };
};

const begin = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
};

/** What comes, event by event. */
const heard = ({ messages }: Link<StreamedEvent, never>): StreamedEvent[] => {
  const events: StreamedEvent[] = [];
  const read = async (): Promise<void> => {
    for await (const batch of messages.readable) events.push(...batch);
  };
  void read();
  return events;
};

/** All of it in pieces of one byte: whatever may be torn is torn. */
const told = async (text: string, events: number): Promise<readonly StreamedEvent[]> => {
  const { url } = await serving((response) => {
    begin(response);
    const bytes = Buffer.from(text);
    const next = (at: number): void => {
      if (at < bytes.length) response.write(bytes.subarray(at, at + 1), () => setImmediate(next, at + 1));
    };
    next(0);
  });
  const link = await connectEvents({ url }, systemClock, never);
  const all = heard(link);
  await until('all events', () => all.length >= events);
  link.end();
  return all;
};

test('[events] fields, comments, several lines of data, and an id that stays', async () => {
  const text =
    '\uFEFF: hello\nevent: rpc\nid: 7\ndata: {"a":\ndata: "é"}\n\ndata:no space\n\n' +
    'event: alone\n\nretry: 5\nnonsense\ndata\n\n';
  expect(await told(text, 3)).toEqual([
    { event: 'rpc', id: '7', data: '{"a":\n"é"}' },
    { event: 'message', id: '7', data: 'no space' },
    { event: 'message', id: '7', data: '' },
  ]);
});

test('[events] lines end as they like', async () => {
  expect(await told('data: a\r\n\r\ndata: b\r\rdata: c\n\n', 3)).toEqual(
    ['a', 'b', 'c'].map((data) => ({ event: 'message', id: '', data })),
  );
});

test('[events] it asks for what follows what is known, with the headers that it was given', async () => {
  const { url, asked } = await serving(begin);
  const link = await connectEvents({ url, after: '41', headers: { authorization: 'Bearer t' } }, systemClock, never);
  expect(asked[0]?.headers).toMatchObject({
    accept: 'text/event-stream',
    'last-event-id': '41',
    authorization: 'Bearer t',
  });
  link.end();
  expect(await link.closed).toMatchObject({ code: 'lost' });
});

test.each([
  [401, 'refused'],
  [404, 'refused'],
  [204, 'lost'],
  [429, 'lost'],
  [503, 'lost'],
])('[events] %d instead of a stream: %s', async (status, code) => {
  const { url } = await serving((response) => void response.writeHead(status).end());
  await expect(connectEvents({ url }, systemClock, never)).rejects.toMatchObject({ code });
});

test('[S15] [events] a redirect is not followed', async () => {
  const there = await serving(begin);
  const { url } = await serving((response) => void response.writeHead(307, { location: there.url }).end());
  const asked = connectEvents({ url, headers: { authorization: 'Bearer t' } }, systemClock, never);
  await expect(asked).rejects.toMatchObject({ code: 'refused' });
  expect(there.asked).toEqual([]);
});

test('[events] the end of the server ends it, and nothing of half an event is told', async () => {
  const { url, responses } = await serving((response) => {
    begin(response);
    response.write('data: whole\n\ndata: half');
  });
  const link = await connectEvents({ url }, systemClock, never);
  const events = heard(link);
  await until('the first', () => events.length === 1);
  responses[0]?.end();
  expect(await link.closed).toMatchObject({ code: 'lost', message: expect.stringContaining('the server ended it') });
  expect(events.map(({ data }) => data)).toEqual(['whole']);
});

test('[events] an event that never ends is given up before it is held', async () => {
  const { url } = await serving((response) => {
    begin(response);
    const piece = `data: ${'x'.repeat(1024 * 1024)}\n`;
    const more = (): void => {
      if (!response.destroyed) response.write(piece, more);
    };
    response.on('error', () => undefined);
    more();
  });
  const link = await connectEvents({ url }, systemClock, never);
  const events = heard(link);
  expect(await link.closed).toMatchObject({ message: expect.stringContaining('too long') });
  expect(events).toEqual([]);
});

test('[events] one that says comments and then nothing is dead; one that never did is not', async () => {
  for (const [text, waiting] of [
    [': beat\n\ndata: a\n\n', 1],
    ['data: a\n\n', 0],
  ] as const) {
    const clock = manualClock();
    const { url } = await serving((response) => {
      begin(response);
      response.write(text);
    });
    const link = await connectEvents({ url }, clock, never);
    const events = heard(link);
    await until('the event', () => events.length === 1);
    expect(clock.waiting).toBe(waiting);
    let isOver = false;
    void link.closed.then(() => (isOver = true));
    clock.advance(75_000);
    if (waiting === 1) await until('its end', () => isOver);
    else expect(isOver).toBe(false);
    link.end();
  }
});

test('[events] nobody waits longer than ten seconds for an answer, or after they left', async () => {
  const { url, asked } = await serving(() => undefined);
  const clock = manualClock();
  const slow = connectEvents({ url }, clock, never);
  await until('the request', () => asked.length === 1);
  clock.advance(10_000);
  await expect(slow).rejects.toMatchObject({ code: 'lost', message: expect.stringContaining('no answer') });
  const left = new AbortController();
  const waiting = connectEvents({ url }, systemClock, left.signal);
  await until('the request', () => asked.length === 2);
  left.abort(new Error('left'));
  await expect(waiting).rejects.toThrow('left');
});
