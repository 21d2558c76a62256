import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256, startRegistry, type FakeRegistry } from '../../test/fakes/registry.ts';
import { until } from '../../test/tools/until.ts';
import { manualClock } from '../base/testing.ts';
import { systemClock } from './clock.ts';
import { checkAddress, fetchFile, fetchText } from './download.ts';

const never = new AbortController().signal;
const parts = { clock: systemClock, fetch };
let folder: string;
let server: FakeRegistry;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelhouse-download-'));
  server = await startRegistry();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const redirect = (location: string) =>
  server.serve('/moved', (_, response) => response.writeHead(302, { location }).end());

describe('downloads', () => {
  test('[registry] only https is fetched from, or this machine itself, and never with a password in the address', () => {
    for (const good of ['https://example.invalid/x', 'http://127.0.0.1:1/x', 'http://localhost/x', 'http://[::1]/x'])
      expect(checkAddress(good).href).toBe(good);
    const bad = [
      'http://example.invalid/',
      'http://127.evil.invalid/',
      'ftp://x/',
      'file:///etc/passwd',
      'data:,x',
      'x',
    ];
    for (const address of [...bad, 'https://me:secret@example.invalid/'])
      expect(() => checkAddress(address), address).toThrow(/fetched from|no address|must not/u);
    expect(() => checkAddress('https://me:secret@example.invalid/')).not.toThrow(/secret/u);
  });

  test('[registry] what came is looked at before anything is done with it', async () => {
    const bytes = Buffer.from('program');
    const address = server.serve('/agent', bytes);
    const seen: [number, number | undefined][] = [];
    const progress = (received: number, total: number | undefined): number => seen.push([received, total]);
    const file = join(folder, 'good');
    const right = { address, file, most: 100, sha256: sha256(bytes) };
    expect(await fetchFile(right, { ...parts, progress }, never)).toBe(sha256(bytes));
    expect(await readFile(file, 'utf8')).toBe('program');
    expect((await stat(file)).mode & 0o077).toBe(0);
    expect(seen.at(-1)).toEqual([7, 7]);
    const wrong = { address, file: join(folder, 'bad'), most: 100, sha256: '0'.repeat(64) };
    await expect(fetchFile(wrong, parts, never)).rejects.toMatchObject({ code: 'checksum' });
  });

  test('[S10] what is larger than agreed ends, whether it says so or not, packed or not', async () => {
    const big = Buffer.alloc(1_000_000);
    const told = server.serve('/told', big);
    const untold = server.serve('/untold', (_, response) => response.writeHead(200).write(big));
    const bomb = server.serve('/bomb', (_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(big)),
    );
    for (const address of [told, untold, bomb])
      await expect(fetchText(address, 10_000, parts, never)).rejects.toMatchObject({ code: 'too large' });
  });

  test('[registry] it follows to another address a few times, and never from the network to this machine', async () => {
    server.serve('/agent', Buffer.from('there'));
    expect(await fetchText(redirect('/agent'), 100, parts, never)).toBe('there');
    for (const location of ['/moved', 'http://example.invalid/', 'file:///etc/passwd'])
      await expect(fetchText(redirect(location), 100, parts, never)).rejects.toThrow(/without an end|fetched from/u);
    const outside: typeof fetch = async () => new Response(null, { status: 302, headers: { location: server.index } });
    await expect(fetchText('https://example.invalid/x', 100, { ...parts, fetch: outside }, never)).rejects.toThrow(
      /without https/u,
    );
    expect(server.asked).not.toContain('/registry.json');
  });

  test('[registry] an error of the server, a dead one and an abort are told in words', async () => {
    await expect(fetchText(`${server.address}/none`, 100, parts, never)).rejects.toThrow(/answered with 404/u);
    await expect(fetchText('http://127.0.0.1:1/', 100, parts, never)).rejects.toThrow(
      /could not be read: .*ECONNREFUSED|bad port/u,
    );
    const control = new AbortController();
    const hanging = server.serve('/hanging', () => control.abort(new Error('enough')));
    await expect(fetchText(hanging, 100, parts, control.signal)).rejects.toThrow('enough');
  });

  test('[registry] a server that falls silent is given up', async () => {
    const clock = manualClock();
    const arrived = Promise.withResolvers<void>();
    const slow = server.serve('/slow', (_, response) => {
      response.writeHead(200).write('a beginning');
      arrived.resolve();
    });
    const reading = fetchText(slow, 100, { ...parts, clock }, never);
    let over = false;
    const outcome = expect(reading)
      .rejects.toThrow(/silent for 60 s/u)
      .finally(() => (over = true));
    await arrived.promise;
    // What arrives begins the wait anew, once.
    await until('the end of patience', () => {
      clock.advance(60_000);
      return over;
    });
    await outcome;
  });
});
