// A real browser on pages of other origins, and on ours: what it lets them do to the door.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from '../ui/browser.ts';
import { type DoorWorld, openDoorWorld, OWNER_TOKEN, SESSION_DATA } from './doorWorld.ts';

let browser: Browser;
let evil: Server;
let origin = '';

beforeAll(async () => {
  // Two names of other sites that lead here, as their owners can make any name do.
  const rules = 'MAP evil.example 127.0.0.1, MAP rebound.example 127.0.0.1';
  // Not every browser looks at who calls into a local network: the door is what is tried here.
  const off = 'LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests';
  browser = await launchBrowser(`--host-resolver-rules=${rules}`, `--disable-features=${off}`);
  evil = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<!DOCTYPE html><title>evil</title>');
  });
  await once(evil.listen(0, '127.0.0.1'), 'listening');
  const at = evil.address();
  origin = `http://evil.example:${typeof at === 'object' && at !== null ? at.port : 0}`;
});

afterAll(async () => {
  await browser?.close();
  evil?.close();
});

/** Everything that a page can try on the door, and what it came to. */
const attempts = async (page: Page, door: string, token: string): Promise<Readonly<Record<string, string>>> =>
  page.evaluate(
    async ([base, right]) => {
      const socket = (url: string, protocols: string[]): Promise<string> =>
        new Promise((resolve) => {
          const opened = new WebSocket(url, protocols);
          opened.onmessage = ({ data }) => resolve(`heard ${String(data)}`);
          opened.onerror = () => resolve('failed');
        });
      const ask = async (path: string, init: RequestInit): Promise<string> => {
        try {
          const answer = await fetch(`${base}${path}`, init);
          return `${answer.type} ${answer.status} ${await answer.text()}`;
        } catch {
          return 'failed';
        }
      };
      const load = (tag: 'script' | 'img' | 'iframe', path: string): Promise<string> =>
        new Promise((resolve) => {
          const element = document.createElement(tag);
          element.onerror = () => resolve('failed');
          element.onload = () => {
            let inside = 'loaded';
            try {
              if (element instanceof HTMLIFrameElement)
                inside = `framed ${element.contentDocument?.title ?? 'nothing'}`;
            } catch {
              inside = 'framed nothing';
            }
            resolve(inside);
          };
          element.src = `${base}${path}`;
          document.body.append(element);
        });
      const ws = (base ?? '').replace('http', 'ws');
      const offered = ['wheelhouse.v1', `bearer.${right ?? ''}`];
      const body = JSON.stringify({ code: '0000-0000', name: 'evil', want: ['drive'] });
      return {
        'the relay, with the right token': await socket(`${ws}/acp?client_id=evil`, offered),
        'the view, with the right token': await socket(`${ws}/view`, offered),
        'the relay, without one': await socket(`${ws}/acp`, []),
        'a simple POST': await ask('/pair', { method: 'POST', body }),
        'a POST without cors': await ask('/pair', { method: 'POST', body, mode: 'no-cors' }),
        'a POST of JSON': await ask('/pair', { method: 'POST', body, headers: { 'Content-Type': 'application/json' } }),
        'the token in a header': await ask('/acp', { headers: { Authorization: `Bearer ${right ?? ''}` } }),
        'the page, read': await ask('/app/', {}),
        'the page, without cors': await ask('/app/', { mode: 'no-cors' }),
        'the page, framed': await load('iframe', '/app/'),
        'a script of it': await load('script', '/app/page.js'),
      };
    },
    [door, token] as const,
  );

const newPage = async (address: string): Promise<Page> => {
  const page = await browser.newPage();
  await page.goto(address);
  return page;
};

const nothingHappened = (world: DoorWorld): void => {
  expect(world.guests).toEqual([]);
  expect(world.viewers).toEqual([]);
  expect(world.devices.list()).toEqual([]);
};

describe('a page of another origin in a real browser', () => {
  test('[S1] [S3] [CVE-2025-52882] [CVE-2026-22812] it opens no socket, even with the right token, and reads, frames and changes nothing', async () => {
    await using world = await openDoorWorld();
    for (const host of ['127.0.0.1', 'localhost']) {
      const page = await newPage(origin);
      const came = await attempts(page, `http://${host}:${world.port}`, OWNER_TOKEN);
      expect(came).toEqual({
        'the relay, with the right token': 'failed',
        'the view, with the right token': 'failed',
        'the relay, without one': 'failed',
        'a simple POST': 'failed',
        'a POST without cors': expect.stringMatching(/^(?:failed|opaque 0 )$/u),
        'a POST of JSON': 'failed',
        'the token in a header': 'failed',
        'the page, read': 'failed',
        'the page, without cors': expect.stringMatching(/^(?:failed|opaque 0 )$/u),
        'the page, framed': expect.stringMatching(/^(?:failed|framed nothing)$/u),
        'a script of it': 'failed',
      });
      await page.close();
    }
    nothingHappened(world);
  });

  test('[S2] [CVE-2025-66414] a name that was made to lead to the door is of the same origin there, and still gets nothing', async () => {
    await using world = await openDoorWorld();
    const door = `http://rebound.example:${world.port}`;
    const page = await browser.newPage();
    // What its owner served before the name led here.
    await page.route('**/evil', (route) => route.fulfill({ contentType: 'text/html', body: '<title>evil</title>' }));
    await page.goto(`${door}/evil`);
    const came = await attempts(page, door, OWNER_TOKEN);
    const refused = 'basic 403 Not from here.';
    expect(came).toEqual({
      'the relay, with the right token': 'failed',
      'the view, with the right token': 'failed',
      'the relay, without one': 'failed',
      'a simple POST': refused,
      'a POST without cors': refused,
      'a POST of JSON': refused,
      'the token in a header': refused,
      'the page, read': refused,
      'the page, without cors': refused,
      'the page, framed': 'framed nothing',
      'a script of it': 'failed',
    });
    nothingHappened(world);
    await page.close();
  });

  test('[S1] another page of this machine is another origin as well', async () => {
    await using world = await openDoorWorld();
    const page = await newPage(origin.replace('evil.example', 'localhost'));
    const came = await attempts(page, `http://localhost:${world.port}`, OWNER_TOKEN);
    expect([came['the relay, with the right token'], came['the view, with the right token']]).toEqual([
      'failed',
      'failed',
    ]);
    nothingHappened(world);
    await page.close();
  });

  test('[relay 9 /view] our own page runs under its policy, and talks to the view door with its token as a protocol', async () => {
    await using world = await openDoorWorld();
    const door = `http://localhost:${world.port}`;
    const page = await newPage(`${door}/app/`);
    expect(await page.title()).toBe('The page ran');
    const came = await attempts(page, door, OWNER_TOKEN);
    expect(came['the view, with the right token']).toContain(SESSION_DATA);
    expect(came['the relay, with the right token']).toBe('failed');
    expect(came['a POST of JSON']).toBe('basic 403 This device was not paired.');
    expect(world.guests).toEqual([]);
    await page.close();
  });
});
