/** The names by which a device finds the relay. */

/** This machine and nothing else. */
export const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/iu.test(host);

const hasPort = (host: string): boolean => /(?:^|[^:]|\]):\d{1,5}$/u.test(host) && !/^[^[]*:[^:]*:/u.test(host);
const nameOf = (host: string): string => (hasPort(host) ? host.slice(0, host.lastIndexOf(':')) : host);

/**
 * Of a name that something in front of the relay has: a browser sends nothing of this over a network that is not
 * encrypted, so what is not this machine speaks TLS there.
 */
export const originOf = (host: string): string => `${isLoopback(nameOf(host)) ? 'http' : 'https'}://${host}`;

/** Those of the page, the one for a device elsewhere first. `url`: as the relay itself makes it, with the code. */
export const pageLinks = (url: string, hosts: readonly string[]): readonly string[] => {
  const { pathname, hash } = new URL(url);
  return [...new Set([...hosts.map((host) => `${originOf(host)}${pathname}${hash}`), url])];
};
