import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { at, isObject, line, linesOf, type Json } from './wire.ts';

const program = fileURLToPath(new URL('agent.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'wheelhouse-fake-'));
const running: ChildProcess[] = [];

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

/** The raw other end of a fake: every line that came, parsed where it parses. */
class Raw {
  readonly lines: string[] = [];
  readonly messages: Json[] = [];
  readonly exited: Promise<unknown[]>;
  readonly #input: Writable;
  readonly child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #requests = 0;

  constructor(child: ChildProcess, input: Writable, output: Readable) {
    this.child = child;
    this.#input = input;
    this.exited = once(child, 'exit');
    void this.#read(output);
  }

  static start(...args: string[]): Raw {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    running.push(child);
    return new Raw(child, child.stdin, child.stdout);
  }

  async #read(output: Readable): Promise<void> {
    for await (const text of linesOf(output)) {
      this.lines.push(text);
      const message = parsed(text);
      if (isObject(message)) this.messages.push(message);
      for (const wake of this.#waiting) wake();
      this.#waiting.clear();
    }
  }

  send(message: Json): void {
    this.#input.write(line(message));
  }

  end(): void {
    this.#input.end();
  }

  async until(found: (message: Json) => boolean): Promise<Json> {
    for (;;) {
      const message = this.messages.find(found);
      if (message) return message;
      await new Promise<void>((resolve) => void this.#waiting.add(resolve));
    }
  }

  async request(method: string, params: Json): Promise<Json> {
    const id = (this.#requests += 1);
    this.send({ id, method, params });
    return this.until((message) => message['id'] === id && !('method' in message));
  }

  async session(): Promise<string> {
    await this.request('initialize', { protocolVersion: 1, clientCapabilities: {} });
    return String(at(await this.request('session/new', { cwd: folder, mcpServers: [] }), 'result', 'sessionId'));
  }

  async prompt(sessionId: string, text: string): Promise<Json> {
    return this.request('session/prompt', { sessionId, prompt: [{ type: 'text', text }] });
  }

  get text(): string {
    const texts = this.messages.map((message) => at(message, 'params', 'update', 'content', 'text'));
    return texts.filter((text) => typeof text === 'string').join('');
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isPermission = (message: Json): boolean => message['method'] === 'session/request_permission';

describe('prompts', () => {
  test('[fake burst] as many chunks as asked for, the last one marked', async () => {
    const fake = Raw.start();
    const id = await fake.session();
    await fake.prompt(id, 'burst 3000');
    const chunks = fake.messages.filter((message) => {
      return at(message, 'params', 'update', 'sessionUpdate') === 'agent_message_chunk';
    });
    expect(chunks).toHaveLength(3000);
    expect(at(chunks[7], 'params', 'update', 'content', 'text')).toHaveLength(40);
    expect(fake.text).toMatch(/END-OF-BURST-3000\n$/);
    for (const part of [/^## Step 2/m, /^- `/m, /^```ts$/m, /^1\. /m]) expect(fake.text).toMatch(part);
  });

  test('[fake burst] a cancel is read in the middle', async () => {
    const fake = Raw.start('--burst', '10000000', '--chunk', 'x');
    const sessionId = await fake.session();
    const turn = fake.prompt(sessionId, 'anything');
    await fake.until((message) => at(message, 'params', 'update', 'content', 'text') === 'x');
    fake.send({ method: 'session/cancel', params: { sessionId } });
    expect(at(await turn, 'result', 'stopReason')).toBe('cancelled');
  });

  test('[fake big] the line has the size that was asked for', async () => {
    const fake = Raw.start();
    await fake.prompt(await fake.session(), 'big 100000');
    expect(Math.max(...fake.lines.map((each) => Buffer.byteLength(each) + 1))).toBe(100_000);
    expect(fake.text).toMatch(/after the big line\n$/);
  });

  test('[fake one-chunk] permission, update, response, update, in this order', async () => {
    const fake = Raw.start();
    await fake.prompt(await fake.session(), 'one-chunk');
    await fake.until((message) => at(message, 'params', 'update', 'content', 'text') === 'after the response\n');
    const last = fake.messages.slice(-4).map((message) => message['method'] ?? at(message, 'result', 'stopReason'));
    expect(last).toEqual(['session/request_permission', 'session/update', 'end_turn', 'session/update']);
  });

  test('[fake garbage] what is no message stands between what is', async () => {
    const fake = Raw.start();
    await fake.prompt(await fake.session(), 'garbage');
    expect(fake.lines.filter((each) => parsed(each) === undefined).length).toBeGreaterThan(5);
    expect(fake.lines.some((each) => each.startsWith('\uFEFF'))).toBe(true);
    expect(fake.lines.some((each) => each.endsWith('\r'))).toBe(true);
    expect(fake.text).toMatch(/after the garbage\n$/);
  });

  test('[fake spoof] the lie is on the wire, and the answer is reported', async () => {
    const fake = Raw.start();
    const turn = fake.prompt(await fake.session(), 'spoof');
    const asked = await fake.until(isPermission);
    expect(at(asked, 'params', 'toolCall', 'title')).toContain('[Allow](command:workbench.action.closeWindow)');
    expect(at(asked, 'params', 'options')).toMatchObject([{ name: 'Deny', kind: 'allow_always' }, {}, {}, {}]);
    fake.send({ id: asked['id'], result: { outcome: { outcome: 'selected', optionId: 'turned' } } });
    await turn;
    expect(fake.text).toContain('answer: turned');
  });

  test.each(['ask', 'mutate-after-ask', 'out-of-order', 'unknown-option'])(
    '[fake %s] ends after an answer',
    async (name) => {
      const fake = Raw.start();
      const turn = fake.prompt(await fake.session(), name);
      const asked = await fake.until(isPermission);
      fake.send({ id: asked['id'], result: { outcome: { outcome: 'cancelled' } } });
      expect(at(await turn, 'result', 'stopReason')).toBe('end_turn');
      expect(fake.text).toContain('answer: cancelled');
    },
  );

  test.each(['unknown', 'late', 'leave-open', 'initialize', 'help', 'kill'])(
    '[fake %s] ends its turn',
    async (name) => {
      const fake = Raw.start();
      expect(at(await fake.prompt(await fake.session(), `/${name}`), 'result', 'stopReason')).toBe('end_turn');
    },
  );

  test('[fake client] requests name what was asked, and errors are reported', async () => {
    const fake = Raw.start();
    const id = await fake.session();
    const turn = fake.prompt(id, 'write a/b.txt two words');
    const write = await fake.until((message) => message['method'] === 'fs/write_text_file');
    expect(write['params']).toEqual({ sessionId: id, path: join(folder, 'a/b.txt'), content: 'two words' });
    fake.send({ id: write['id'], error: { code: -32002, message: 'no' } });
    await turn;
    expect(fake.text).toContain('write: error -32002 no');
    const vendor = fake.prompt(id, 'unknown-request');
    const thing = await fake.until((message) => message['method'] === '_vendor/thing');
    fake.send({ id: thing['id'], error: { code: -32601, message: 'no' } });
    await vendor;
    expect(fake.text).toContain('_vendor/thing: error -32601');
  });

  test('[fake terminal] run takes words with quotes and goes through the four methods', async () => {
    const fake = Raw.start();
    const turn = fake.prompt(await fake.session(), 'run printf "%s\\n" \'a b\' c');
    const create = await fake.until((message) => message['method'] === 'terminal/create');
    expect(create['params']).toMatchObject({ command: 'printf', args: ['%sn', 'a b', 'c'], cwd: folder });
    fake.send({ id: create['id'], result: { terminalId: 't' } });
    const wait = await fake.until((message) => message['method'] === 'terminal/wait_for_exit');
    fake.send({ id: wait['id'], result: { exitCode: 0 } });
    const output = await fake.until((message) => message['method'] === 'terminal/output');
    fake.send({ id: output['id'], result: { output: 'x', truncated: false } });
    await turn;
    expect(fake.text).toContain('terminal/output: {"output":"x","truncated":false}');
  });
});

describe('the process', () => {
  test('[fake start] version, sign-in, early updates and one id for all, by switch', async () => {
    const fake = Raw.start('--version', '7', '--auth', '--copilot-early-updates', '--same-session-id');
    const initialized = await fake.request('initialize', { protocolVersion: 1 });
    expect(at(initialized, 'result', 'protocolVersion')).toBe(7);
    const refused = await fake.request('session/new', { cwd: folder, mcpServers: [] });
    expect(at(refused, 'error', 'code')).toBe(-32000);
    await fake.request('authenticate', { methodId: 'login' });
    await fake.request('session/new', { cwd: folder, mcpServers: [] });
    expect(fake.messages.slice(-3).map((message) => message['method'])).toEqual([
      'session/update',
      'session/update',
      undefined,
    ]);
    const ids = [await fake.session(), await fake.session()];
    expect(ids).toEqual(['fake-session', 'fake-session']);
  });

  test('[fake exit] ends in mid-turn with its code', async () => {
    const fake = Raw.start('--exit', '3');
    void fake.prompt(await fake.session(), 'go');
    expect(await fake.exited).toEqual([3, null]);
  });

  test('[fake eof] ends with stdin, unless told not to', async () => {
    const polite = Raw.start();
    await polite.session();
    polite.end();
    expect(await polite.exited).toEqual([0, null]);
    const stubborn = Raw.start('--ignore-eof', '--hang');
    void stubborn.prompt(await stubborn.session(), 'go');
    stubborn.end();
    stubborn.child.kill('SIGTERM');
    expect(await stubborn.exited).toEqual([143, null]);
  });

  test('[fake sigterm] can be ignored', async () => {
    const fake = Raw.start('--ignore-sigterm');
    const id = await fake.session();
    fake.child.kill('SIGTERM');
    expect(at(await fake.prompt(id, 'late'), 'result', 'stopReason')).toBe('end_turn');
    fake.end();
    expect(await fake.exited).toEqual([0, null]);
  });

  test('[fake grandchild] outlives the agent and holds the pipe', async () => {
    const fake = Raw.start('--grandchild');
    await fake.prompt(await fake.session(), 'go');
    const notice = await fake.until((message) => at(message, 'params', 'update', 'sessionUpdate') === 'notice');
    const pid = Number(String(at(notice, 'params', 'update', 'title')).split(' ')[1]);
    let closed = false;
    const whenClosed = once(fake.child, 'close').then(() => {
      closed = true;
    });
    fake.end();
    await fake.exited;
    expect(process.kill(pid, 0)).toBe(true);
    expect(closed).toBe(false);
    process.kill(pid, 'SIGKILL');
    await whenClosed;
  });

  test('[fake record] every line that arrives is kept', async () => {
    const file = join(folder, 'record.ndjson');
    const fake = Raw.start('--record', file);
    await fake.session();
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(2);
  });
});

describe('scripts', () => {
  test('[fake script] waits, fills in ids, cuts bytes where it is told', async () => {
    const file = join(folder, 'script.json');
    const steps = [
      { wait: 'initialize' },
      { send: { id: '${initialize.id}', result: { protocolVersion: 1, echo: '${initialize.params.deep.value}' } } },
      { bytes: '{"jsonrpc":"2.0","method":"ü"}\n', sizes: [29, 1] },
      { send: { id: 'ours', method: 'ping' } },
      { wait: 'response:ours' },
      { sleepUntil: 'initialize' },
      { exit: 4 },
    ];
    writeFileSync(file, JSON.stringify(steps));
    const fake = Raw.start('--script', file);
    const answer = await fake.request('initialize', { deep: { value: [1] } });
    expect(answer['result']).toEqual({ protocolVersion: 1, echo: [1] });
    await fake.until((message) => message['method'] === 'ü');
    await fake.until((message) => message['method'] === 'ping');
    fake.send({ id: 'ours', result: null });
    expect(await fake.exited).toEqual([4, null]);
    rmSync(folder, { recursive: true, force: true });
  });
});
