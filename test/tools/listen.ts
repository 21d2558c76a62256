import type { Server } from 'node:net';

/** The port a server listens at; 0: at none. */
export const portOf = (server: Pick<Server, 'address'>): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

/**
 * Has a server listen at loopback, where nobody else reaches it.
 * @param port 0: one that is free
 * @returns the port
 * @throws the server's failure, when the port is taken
 */
export const listenHere = async (server: Server, port = 0): Promise<number> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', resolve);
  await promise;
  server.off('error', reject);
  return portOf(server);
};
