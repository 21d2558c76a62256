import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { SessionUpdate } from '@agentclientprotocol/sdk';
import { parseSettings } from './options.ts';
import type { SessionRecord } from './record.ts';

const schema = 1;
const mostSessions = 50;
const idPattern = /^demo-[0-9a-f-]{36}$/;

/** WHEELHOUSE_DEMO_STATE, else a folder of this user's own among the temporary files. */
export function stateFolder(environment: NodeJS.ProcessEnv): string {
  return environment['WHEELHOUSE_DEMO_STATE'] || join(tmpdir(), `wheelhouse-demo-${userName()}`);
}

function userName(): string {
  const { uid, username } = userInfo();
  return uid >= 0 ? String(uid) : username.replaceAll(/[^\w-]/g, '_');
}

/**
 * The sessions of the demo, one JSON file each, so that two agents at once cannot overwrite one another.
 * Where the folder cannot be trusted or written, the sessions live as long as the process.
 * Synchronous throughout: a file is small, and a crash in mid-turn must find the turn's beginning on disk.
 */
export class RecordStore {
  readonly #folder: string;
  readonly #complain: (line: string) => void;
  readonly #memory = new Map<string, SessionRecord>();
  #usable: boolean | undefined;

  constructor(folder: string, complain: (line: string) => void) {
    this.#folder = folder;
    this.#complain = complain;
  }

  save(record: SessionRecord): void {
    this.#memory.set(record.sessionId, record);
    if (!this.#isUsable()) return;
    const file = this.#file(record.sessionId);
    const draft = `${file}.${process.pid}.draft`;
    try {
      writeFileSync(draft, JSON.stringify({ schema, ...record }), { mode: 0o600 });
      renameSync(draft, file);
      this.#forgetOldest();
    } catch (error) {
      this.#giveUp(error);
    }
  }

  read(sessionId: string): SessionRecord | undefined {
    const known = this.#memory.get(sessionId);
    if (known || !idPattern.test(sessionId) || !this.#isUsable()) return known;
    return this.#readFile(sessionId);
  }

  /** Newest first. */
  list(): SessionRecord[] {
    const ids = new Set([...this.#memory.keys(), ...this.#storedIds()]);
    return [...ids]
      .flatMap((id) => this.read(id) ?? [])
      .sort((a, b) => b.updatedAt.localeCompare(a.updatedAt))
      .slice(0, mostSessions);
  }

  remove(sessionId: string): void {
    this.#memory.delete(sessionId);
    if (idPattern.test(sessionId) && this.#isUsable()) rmSync(this.#file(sessionId), { force: true });
  }

  #file(sessionId: string): string {
    return join(this.#folder, `${sessionId}.json`);
  }

  #storedIds(): string[] {
    if (!this.#isUsable()) return [];
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.slice(0, -'.json'.length))
      .filter((id) => idPattern.test(id));
  }

  #readFile(sessionId: string): SessionRecord | undefined {
    try {
      const stored: unknown = JSON.parse(readFileSync(this.#file(sessionId), 'utf8'));
      return parseRecord(stored, sessionId);
    } catch {
      return undefined;
    }
  }

  #forgetOldest(): void {
    const ids = this.#storedIds();
    if (ids.length <= mostSessions) return;
    const aged = ids.map((id) => ({ id, at: lstatSync(this.#file(id), { throwIfNoEntry: false })?.mtimeMs ?? 0 }));
    aged.sort((a, b) => a.at - b.at);
    for (const { id } of aged.slice(0, ids.length - mostSessions)) rmSync(this.#file(id), { force: true });
  }

  #isUsable(): boolean {
    if (this.#usable !== undefined) return this.#usable;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      const stats = lstatSync(this.#folder);
      const { uid } = userInfo();
      // Others can write to the temporary folder: a link, or a folder of theirs, would hand them the history.
      if (!stats.isDirectory() || (uid >= 0 && stats.uid !== uid)) throw new Error('it is not a folder of this user');
      chmodSync(this.#folder, 0o700);
      this.#usable = true;
    } catch (error) {
      this.#giveUp(error);
    }
    return this.#usable === true;
  }

  #giveUp(error: unknown): void {
    this.#usable = false;
    const reason = error instanceof Error ? error.message : String(error);
    this.#complain(`Sessions are kept in memory only: ${this.#folder} cannot be used (${reason}).`);
  }
}

function parseRecord(stored: unknown, sessionId: string): SessionRecord | undefined {
  if (typeof stored !== 'object' || stored === null) return undefined;
  const found = stored as Partial<Record<keyof SessionRecord | 'schema', unknown>>;
  if (found.schema !== schema || found.sessionId !== sessionId) return undefined;
  if (typeof found.cwd !== 'string' || typeof found.updatedAt !== 'string' || !Array.isArray(found.history)) {
    return undefined;
  }
  const { cwd, updatedAt, title } = found;
  const history = found.history as SessionUpdate[];
  const settings = parseSettings(found.settings);
  return { sessionId, cwd, updatedAt, settings, history, ...(typeof title === 'string' && { title }) };
}
