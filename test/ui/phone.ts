import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Browser, Locator, Page } from 'playwright-core';
import { zipEntries } from '../../src/machine/zip.ts';
import { copySample } from '../tools/sample.ts';
import { patience, until } from '../tools/until.ts';
import { axeOfPage, noHorizontalScroll } from './inspect.ts';
import { root } from './server.ts';

const screens = join(root, 'out', 'screens');

/** The packaged extension, unpacked as an installation would be: its host is a program of its own. */
const unpack = async (vsix: string, folder: string): Promise<void> => {
  const file = await open(vsix);
  try {
    for await (const { name, body } of zipEntries(file)) {
      if (!/^extension\/(?:package\.json|dist\/.*[^/])$/u.test(name)) continue;
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, await buffer(body()));
    }
  } finally {
    await file.close();
  }
};

interface Program {
  readonly child: ChildProcess;
  readonly lines: () => readonly string[];
  readonly said: () => string;
}

/** A background host in a process of its own, with no window anywhere near. Whoever opened it closes it. */
export class PhoneHost {
  readonly #folder: string;
  readonly #programs = new Set<ChildProcess>();
  #serving: Program | undefined;
  #port = '0';
  /** Of the page. */
  app = '';

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<PhoneHost> {
    const vsix = process.env['WHEELHOUSE_VSIX'];
    if (vsix === undefined) throw new Error('WHEELHOUSE_VSIX is not set: run the suite through `npm test`');
    const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-phone-'));
    await unpack(vsix, folder);
    await copySample(join(folder, 'project'));
    const host = new PhoneHost(folder);
    await host.start();
    return host;
  }

  /** Where it was, if it ran before: a page that is open finds it there. */
  async start(): Promise<void> {
    const args = ['--root', join(this.#folder, 'project'), '--port', this.#port];
    this.#serving = this.#run('serve', ...args);
    const { app } = await this.#line<{ readonly app: string }>(this.#serving, 'ready');
    this.app = app;
    this.#port = new URL(app).port;
  }

  /** As a crash would end it. */
  async kill(): Promise<void> {
    const child = this.#serving?.child;
    child?.kill('SIGKILL');
    await until('the end of the host', () => child?.exitCode !== null || child.signalCode !== null);
  }

  /** A file of the folder that sessions work in. */
  async read(name: string): Promise<string> {
    return await readFile(join(this.#folder, 'project', name), 'utf8');
  }

  /** A code for one device. */
  async invite(): Promise<Invitation> {
    const program = this.#run('pair', '--json');
    const { url, code } = await this.#line<{ readonly url: string; readonly code: string }>(program, 'url');
    return {
      url,
      code,
      asked: () => this.#line(program, 'device'),
      say: (word) => void program.child.stdin?.write(`${word}\n`),
    };
  }

  async devices(): Promise<readonly { readonly id: string; readonly name: string }[]> {
    return JSON.parse(await this.#answer('devices', '--json'));
  }

  async revoke(id: string): Promise<void> {
    await this.#answer('revoke', id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#programs) child.kill('SIGTERM');
    await until('the end of all programs', () =>
      [...this.#programs].every((child) => child.exitCode !== null || child.signalCode !== null),
    );
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #answer(...args: readonly string[]): Promise<string> {
    const { child, said } = this.#run(...args);
    await until(`the end of “${args.join(' ')}”`, () => child.exitCode !== null);
    return said();
  }

  #run(...args: readonly string[]): Program {
    const state = join(this.#folder, 'state');
    const program = join(this.#folder, 'extension', 'dist', 'host.js');
    const child = spawn(process.execPath, [program, ...args, '--state', state], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#programs.add(child);
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (part: string) => (text += part));
    child.stderr?.resume();
    return { child, said: () => text, lines: () => text.split('\n').slice(0, -1) };
  }

  /** The first line of JSON with the field. */
  #line<T>({ lines, child }: Program, field: string): Promise<T> {
    return until(`a line with “${field}”`, () => {
      const line = lines().find((one) => one.startsWith('{') && Object.hasOwn(JSON.parse(one), field));
      if (line === undefined && child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
      return line === undefined ? undefined : (JSON.parse(line) as T);
    });
  }
}

export interface Invitation {
  readonly url: string;
  readonly code: string;
  /** Resolves when a device has come with the code. */
  asked(): Promise<{ readonly name: string; readonly want: readonly string[] }>;
  /** What the person at the host answers. */
  say(word: 'yes' | 'no' | 'watch' | 'answer'): void;
}

/** The smallest phone that people still have, in CSS pixels. */
const SIZE = { width: 360, height: 740 };

/** A phone-sized browser of its own. */
export class Phone {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(browser: Browser): Promise<Phone> {
    const context = await browser.newContext({
      viewport: SIZE,
      hasTouch: true,
      isMobile: true,
      deviceScaleFactor: 2,
      colorScheme: 'dark',
      reducedMotion: 'reduce',
      userAgent: 'Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/143.0 Mobile Safari/537.36',
    });
    context.setDefaultTimeout(patience);
    return new Phone(await context.newPage());
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, ...(typeof name === 'string' ? { exact: true } : {}) });
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message', exact: true });
  }

  get state(): Locator {
    return this.page.getByRole('status', { name: 'Session state', exact: true });
  }

  get transcript(): Locator {
    return this.page.getByRole('log', { name: 'Transcript', exact: true });
  }

  /** The card of a permission that is asked for. */
  get question(): Locator {
    return this.page.getByRole('group', { name: /^Permission: / });
  }

  /** What allows it once. */
  get answer(): Locator {
    return this.question.getByRole('button', { name: /^(?:Allow|Yes)/ }).first();
  }

  /** As soon as it can be. */
  async allow(): Promise<void> {
    await this.answer.and(this.page.locator('[aria-disabled=false]')).tap();
    await this.question.waitFor({ state: 'detached' });
  }

  /** The session at the top of the list. */
  async show(): Promise<void> {
    await this.page.getByRole('list', { name: 'Sessions' }).getByRole('button').first().tap();
  }

  text(words: string | RegExp): Locator {
    return this.page.getByText(words);
  }

  /** Opens the address of an invitation, asks as `name`, and is let in with a yes. */
  async pair(invitation: Invitation, name: string, want?: string): Promise<void> {
    await this.page.goto(invitation.url);
    await this.page.getByLabel('Name of this device').fill(name);
    if (want !== undefined) await this.page.getByLabel(want, { exact: true }).check();
    await this.button('Pair').tap();
    await invitation.asked();
    invitation.say('yes');
    await this.page.getByRole('heading', { name: 'Sessions', exact: true }).waitFor();
  }

  async send(words: string): Promise<void> {
    await this.composer.fill(words);
    await this.button('Send').tap();
  }

  /** Takes page-STATE-dark.png and page-STATE-light.png. @returns what breaks a rule in either; empty when all is well */
  async photograph(state: string): Promise<readonly string[]> {
    await mkdir(screens, { recursive: true });
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await this.page.emulateMedia({ colorScheme });
      await this.page.screenshot({ path: join(screens, `page-${state}-${colorScheme}.png`) });
      found.push(...(await this.#faults()).map((fault) => `${state}, ${colorScheme}: ${fault}`));
    }
    return found;
  }

  async #faults(): Promise<readonly string[]> {
    return [...(await axeOfPage(this.page)), ...(await noHorizontalScroll(this.page)), ...(await this.#small())];
  }

  /** What is meant to be touched and is smaller than the tip of a finger, which is 44 pixels. */
  async #small(): Promise<readonly string[]> {
    return await this.page.locator('button:visible, select:visible, textarea:visible').evaluateAll((elements) =>
      elements.flatMap((element) => {
        const { width, height } = element.getBoundingClientRect();
        const box = element.tagName === 'TEXTAREA' ? (element.parentElement ?? element) : element;
        const high = box.getBoundingClientRect().height;
        return Math.max(height, high) >= 43.5 && width >= 43.5
          ? []
          : [
              `too small to be touched: ${element.getAttribute('aria-label') ?? element.textContent} (${width}x${height})`,
            ];
      }),
    );
  }
}
