import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { webRequest } from './webRequest.ts';

const never = new AbortController().signal;
let server: Server;
let url: string;
let answer: RequestListener;
const asked: { readonly request: IncomingMessage; readonly body: string }[] = [];

beforeEach(async () => {
  asked.length = 0;
  answer = (_request, response) => void response.end();
  server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      asked.push({ request, body });
      answer(request, response);
    })();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('a question over HTTP', () => {
  test('[web request] what is sent as JSON arrives as it is, with its headers', async () => {
    answer = (_request, response) => void response.writeHead(201, { 'x-what': 'that' }).end('{"id":"ä"}');
    const json = { text: 'größer', list: [1] };
    const question = { url: `${url}/sessions`, method: 'POST', json, headers: { authorization: 'Bearer t' } } as const;
    const { status, headers, text } = await webRequest(question, never);
    expect([status, headers['x-what'], text]).toEqual([201, 'that', '{"id":"ä"}']);
    const { request, body } = asked[0] ?? {};
    expect(JSON.parse(body ?? '')).toEqual(json);
    expect(request?.headers).toMatchObject({ authorization: 'Bearer t', 'content-type': 'application/json' });
    expect(request?.headers['transfer-encoding']).toBe(undefined);
    expect(request?.method).toBe('POST');
  });

  test.each([301, 302, 303, 307, 308, 401, 404, 500])(
    '[web request] %i is an answer, and no other place is asked',
    async (status) => {
      answer = (_request, response) => void response.writeHead(status, { location: `${url}/other` }).end('no');
      expect(await webRequest({ url, method: 'GET' }, never)).toMatchObject({ status, text: 'no' });
      expect(asked).toHaveLength(1);
    },
  );

  test('[web request] an answer that is too long is left as soon as that is known', async () => {
    let sent = 0;
    const left = Promise.withResolvers<void>();
    answer = (_request, response) => {
      response.on('close', () => left.resolve());
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000))) sent += 10_000;
      };
      response.on('drain', more);
      more();
    };
    const failure = webRequest({ url, method: 'GET', longest: 100_000 }, never);
    await expect(failure).rejects.toMatchObject({ code: 'too large' });
    await left.promise;
    expect(sent).toBeLessThan(20_000_000);
  });

  test('[web request] one that never ends is left in time; a half answer is none', async () => {
    answer = (_request, response) => void response.writeHead(200).write('{"half":');
    const slow = webRequest({ url, method: 'GET', patience: 200 }, never);
    await expect(slow).rejects.toMatchObject({ code: 'lost', message: expect.stringContaining('0.2 s') });
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"half":', () => response.destroy());
    };
    const broken = webRequest({ url, method: 'GET' }, never);
    await expect(broken).rejects.toMatchObject({ code: 'lost', message: expect.stringContaining('broke it off') });
  });

  test('[web request] given up', async () => {
    const stop = new AbortController();
    answer = () => stop.abort(new Error('enough'));
    await expect(webRequest({ url, method: 'GET' }, stop.signal)).rejects.toThrow('enough');
    await expect(webRequest({ url, method: 'GET' }, stop.signal)).rejects.toThrow('enough');
    expect(asked).toHaveLength(1);
  });

  test.each([
    ['ftp://127.0.0.1/', {}],
    ['nowhere', {}],
    ['http://127.0.0.1/', { authorization: 'Bearer sentinel\r\nx: y' }],
    ['http://127.0.0.1/', { 'a b': 'c' }],
    ['http://127.0.0.1/', { authorization: 'Bearer sentinel\u{1F600}' }],
  ])('[web request] %s with %o is refused before anything is sent', async (wrong, headers) => {
    const failure: unknown = await webRequest({ url: wrong, method: 'GET', headers }, never).catch((f: unknown) => f);
    expect(failure).toMatchObject({ code: 'refused' });
    expect(String(failure)).not.toContain('sentinel');
  });

  test('[web request] what answers with another protocol is no answer', async () => {
    server.on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    });
    answer = (request) =>
      void request.socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    await expect(webRequest({ url, method: 'GET' }, never)).rejects.toMatchObject({ code: 'lost' });
  });
});
