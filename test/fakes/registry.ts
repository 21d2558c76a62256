/** A registry on the loopback: an index, the archives that it names, and answers that no registry should give. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenHere } from '../tools/listen.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface FakeRegistry extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly address: string;
  /** Of the index. */
  readonly index: string;
  /** The paths that were asked for, in their order. */
  readonly asked: readonly string[];
  /** What the index says from now on. */
  setAgents(agents: readonly unknown[]): void;
  /** Serves a file, or whatever the function answers, at a path. @returns its address */
  serve(path: string, what: Uint8Array | Answer): string;
}

export async function startRegistry(): Promise<FakeRegistry> {
  const asked: string[] = [];
  const routes = new Map<string, Uint8Array | Answer>();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const route = routes.get(path);
    if (route === undefined) response.writeHead(404).end();
    else if (typeof route === 'function') route(request, response);
    else response.writeHead(200, { 'content-length': route.length }).end(route);
  });
  const address = `http://127.0.0.1:${await listenHere(server)}`;
  const setAgents = (agents: readonly unknown[]): void => {
    routes.set('/registry.json', Buffer.from(JSON.stringify({ version: '1.0.0', agents })));
  };
  setAgents([]);
  return {
    address,
    index: `${address}/registry.json`,
    asked,
    setAgents,
    serve(path, what) {
      routes.set(path, what);
      return `${address}${path}`;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
