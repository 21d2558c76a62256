import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FakeAgentServer } from '../fakes/agentAt/server.ts';
import { until } from '../tools/until.ts';
import { farWorld, never, windowOn } from './agentAtWorld.ts';
import { OTHER, OWN } from './doorCertificates.ts';

const printOf = (certificate: string | undefined): string =>
  new X509Certificate(certificate ?? '').fingerprint256.replaceAll(':', '').toLowerCase();

const openRecorded = async (address: Parameters<typeof farWorld>[1] = {}, ...args: readonly string[]) => {
  const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const record = join(folder, 'heard');
  const it = await farWorld({ args: ['--record', record, ...args] }, address);
  const key = await it.open();
  const heard = async (method: string): Promise<Readonly<Record<string, unknown>>> => {
    const lines = (await readFile(record, 'utf8')).trim().split('\n');
    return lines.map((line) => JSON.parse(line)).find((message) => message.method === method)?.params;
  };
  return { ...it, key, heard };
};

describe.each(['socket', 'http'] as const)('the server of an agent, over %s', (over) => {
  test.each([
    [401, 'refused'],
    [403, 'refused'],
    [404, 'refused'],
    [503, 'reconnecting'],
    [500, 'reconnecting'],
  ])('[acp address] answers %i: %s', async (status, state) => {
    const it = await farWorld({ status }, { over });
    await expect(it.at.reach(never)).rejects.toMatchObject({ message: expect.any(String), next: expect.any(String) });
    expect(it.at.state).toBe(state);
  });

  test('[S15] leads elsewhere: nobody follows, and the secret goes no further', async () => {
    const elsewhere = await FakeAgentServer.listen();
    onTestFinished(() => elsewhere[Symbol.asyncDispose]());
    const it = await farWorld(
      { redirect: over === 'http' ? elsewhere.webUrl : elsewhere.url },
      { over, secret: 'sesame' },
    );
    await expect(it.at.reach(never)).rejects.toMatchObject({ code: 'refused' });
    expect(elsewhere.headers).toEqual([]);
  });

  test('[S15] shows another certificate than the one that is believed: not one byte of the secret goes there', async () => {
    const server = await FakeAgentServer.listen({ tls: OTHER });
    onTestFinished(() => server[Symbol.asyncDispose]());
    const url = over === 'http' ? server.webUrl : server.url;
    const it = windowOn(url, { fingerprint: printOf(OWN.cert), secret: 'sesame' });
    await expect(it.at.reach(never)).rejects.toMatchObject({ code: 'refused' });
    expect(server.headers).toEqual([]);
  });

  test('[acp address] shows the certificate that is believed: it is spoken with', async () => {
    const server = await FakeAgentServer.listen({ tls: OWN, token: 'sesame', header: 'x-key' });
    onTestFinished(() => server[Symbol.asyncDispose]());
    const url = over === 'http' ? server.webUrl : server.url;
    const headers = { 'x-team': 'blue' };
    const it = windowOn(url, { fingerprint: printOf(OWN.cert), secret: 'sesame', secretHeader: 'X-Key', headers });
    const key = await it.open();
    expect(await it.prompt(key, 'hello')).toMatchObject({ reason: 'end_turn' });
    expect(server.headers.every((each) => each['x-key'] === 'sesame' && each['x-team'] === 'blue')).toBe(true);
    expect(server.headers.some(({ authorization }) => authorization !== undefined)).toBe(false);
  });

  test('[acp address] gives an agent nothing of this machine, which neither is promised it nor gets it', async () => {
    const it = await openRecorded({ over });
    const { clientCapabilities } = await it.heard('initialize');
    expect(clientCapabilities).toMatchObject({
      fs: { readTextFile: false, writeTextFile: false },
      terminal: false,
      auth: { terminal: false },
    });
    expect(await it.heard('session/new')).toMatchObject({ mcpServers: [] });
    await it.prompt(it.key, 'read /etc/hostname');
    expect(it.said(it.key)).toContain('files of its own');
    await it.prompt(it.key, 'run date');
    expect(it.said(it.key).match(/of its own/gu)).toHaveLength(2);
  });
});

describe('what the socket of an agent says', () => {
  test.each(['pretty', 'joined'] as const)('[acp address] %s: it is understood', async (how) => {
    const it = await farWorld({ [how]: true });
    const key = await it.open();
    expect(await it.prompt(key, 'hello')).toMatchObject({ reason: 'end_turn' });
    expect(it.said(key)).toContain('You said: hello');
  });

  test('[acp address] garbage: the rest is heard, and 200 characters of it stand in the log', async () => {
    const it = await farWorld({ begins: 'garbage' });
    const key = await it.open();
    expect(await it.prompt(key, 'hello')).toMatchObject({ reason: 'end_turn' });
    expect(it.lines.find((line) => line.includes('Welcome to my agent!'))?.length).toBeLessThan(300);
  });

  test.each(['binary', 'long'] as const)('[S15] %s: the connection ends, and is made again', async (begins) => {
    const it = await farWorld({ begins });
    await expect(it.at.reach(never)).rejects.toMatchObject({ message: expect.any(String) });
    expect(it.at.state).toBe('reconnecting');
    await until('another attempt', () => it.proxy.made > 1);
  });

  test('[acp address] a line that is too long: it is skipped, and that is told', async () => {
    const it = await farWorld();
    const key = await it.open();
    expect(await it.prompt(key, 'big 9000000')).toMatchObject({ reason: 'end_turn' });
    expect(it.said(key)).toBe('after the big line\n');
    expect(it.entries(key)).toContainEqual(expect.objectContaining({ kind: 'notice', severity: 'warning' }));
  });

  test('[acp address] nothing at all: whoever waits for it can give up', async () => {
    const it = await farWorld({ mute: true });
    const control = new AbortController();
    const opened = it.router.newSession({ backend: 'far', cwd: '/' }, control.signal);
    await until('it was asked', () => it.server.methods.includes('initialize'));
    control.abort(new Error('given up'));
    await expect(opened).rejects.toThrow('given up');
  });

  test('[acp address] a version of the protocol that we do not speak: nobody hammers at it', async () => {
    const it = await farWorld({ args: ['--version', '7'] });
    await expect(it.at.reach(never)).rejects.toMatchObject({ message: expect.stringContaining('version 7') });
    expect(it.at.state).toBe('refused');
    expect(it.at.stopped).toBe(false);
  });

  test('[acp address] only by its name which agent it is: it is greeted again, as that one has to be', async () => {
    const it = await farWorld({ args: ['--name', 'gemini-cli'] }, { files: 'here' });
    const key = await it.open();
    expect(it.server.methods.filter((method) => method === 'initialize')).toHaveLength(2);
    expect(await it.prompt(key, 'hello')).toMatchObject({ reason: 'end_turn' });
    expect(it.at.state).toBe('connected');
  });

  test('[acp address] files here: it is given this machine’s', async () => {
    const it = await farWorld({}, { files: 'here' });
    const key = await it.open();
    await it.prompt(key, 'read /etc/hostname');
    expect(it.said(key)).toContain('a file of this machine');
  });
});
