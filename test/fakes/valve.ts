import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { at } from './wire.ts';

const program = fileURLToPath(new URL('valveAgent.ts', import.meta.url));

/** The demo agent whose words a test holds back, and knows; see valveAgent.ts. */
export class Valve implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(): Promise<Valve> {
    return new Valve(await mkdtemp(join(tmpdir(), 'wheelhouse-valve-')));
  }

  /** An entry of `wheelhouse.agents`. */
  agent(name: string): object {
    return { name, command: process.execPath, args: [program, this.#folder] };
  }

  /** Slows the agent's text down, from the next chunks on. */
  async pace(chunksASecond: number): Promise<void> {
    // At once: half of a number would be another pace.
    const file = join(this.#folder, 'pace');
    await writeFile(`${file}.new`, String(chunksASecond));
    await rename(`${file}.new`, file);
  }

  /** Keeps back a message and all that follows it: of a method, or `chunk-N`. */
  async hold(name: string): Promise<void> {
    await writeFile(this.#file(name), '');
  }

  async release(name: string): Promise<void> {
    await rm(this.#file(name), { force: true });
  }

  /** All text that the agent has sent, in its order. */
  async said(): Promise<string> {
    const texts = (await this.#wire()).map((line) => at(line, 'sent', 'params', 'update', 'content', 'text'));
    return texts.filter((text) => typeof text === 'string').join('');
  }

  /** The numbers of the lines that the agent has sent, in its order. */
  async numbers(): Promise<readonly number[]> {
    return [...(await this.said()).matchAll(/^- line (\d+)$/gm)].map(([, number]) => Number(number));
  }

  /** What permission requests were answered, each answer that arrived. */
  async outcomes(): Promise<readonly unknown[]> {
    return (await this.#wire()).flatMap((line) => at(line, 'got', 'result', 'outcome') ?? []);
  }

  async dispose(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #file(name: string): string {
    return join(this.#folder, `hold-${name.replaceAll('/', '-')}`);
  }

  async #wire(): Promise<readonly unknown[]> {
    const text = await readFile(join(this.#folder, 'wire.ndjson'), 'utf8').catch(() => '');
    // The last line may be half written, when the agent was killed in the middle of it.
    const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    return lines.filter((line) => line !== '').map((line): unknown => JSON.parse(line));
  }
}
