import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { REFUSAL, refuse, SAFE_HEADERS } from './refusal.ts';

export const APP = '/app/';
const FIRST = 'index.html';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

/** As strict as that of the panel in an editor; it talks to where it came from and to nobody else. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "manifest-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  ...SAFE_HEADERS,
  // Kept, and asked about each time: an update of the program is an update of the page.
  'Cache-Control': 'no-cache',
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
};

interface Loaded {
  readonly bytes: Buffer;
  readonly tag: string;
}

/** The files of the page, which hold no secret. What was not there when it began is not there. */
export class Page {
  readonly #files: ReadonlyMap<string, string>;
  readonly #loaded = new Map<string, Promise<Loaded>>();

  private constructor(files: ReadonlyMap<string, string>) {
    this.#files = files;
  }

  /** Every file of a kind that a page has in this folder and below. */
  static async open(folder: string): Promise<Page> {
    const all = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const paths = all
      .filter((each) => each.isFile() && TYPES[extname(each.name)])
      .map((each) => join(each.parentPath, each.name));
    return new Page(new Map(paths.map((path) => [relative(folder, path).split(sep).join('/'), path])));
  }

  /** Whether there is such a file, by the path of a request. */
  has(path: string): boolean {
    return this.#files.has(nameOf(path));
  }

  async answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isRead(request)) return refuse(response, REFUSAL.method, { Allow: 'GET, HEAD' });
    const name = nameOf(path);
    const { bytes, tag } = await this.#load(name);
    const headers = { ...HEADERS, ETag: tag, 'Content-Type': TYPES[extname(name)] };
    if (request.headers['if-none-match'] === tag) return void response.writeHead(304, headers).end();
    response.writeHead(200, { ...headers, 'Content-Length': bytes.length });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  }

  #load(name: string): Promise<Loaded> {
    const there = this.#loaded.get(name);
    if (there !== undefined) return there;
    const loading = readFile(this.#files.get(name) ?? name).then((bytes) => ({
      bytes,
      tag: `"${createHash('sha256').update(bytes).digest('base64url')}"`,
    }));
    this.#loaded.set(name, loading);
    loading.catch(() => this.#loaded.delete(name));
    return loading;
  }
}

export const isRead = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'HEAD';

const nameOf = (path: string): string => (path === APP ? FIRST : path.startsWith(APP) ? path.slice(APP.length) : '');
