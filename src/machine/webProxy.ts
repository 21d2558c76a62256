import { HttpsProxyAgent } from 'https-proxy-agent';
import { Failure } from '../base/failure.ts';
import { variable, type Variables } from './environmentVariables.ts';
import type { ProxySettings } from './proxyVariables.ts';

/** What a connection has to know of the machine; absent: its variables alone say where a proxy is. */
export interface SocketWays {
  /** As the editor's settings are when a connection is made. */
  proxy(): ProxySettings;
}

/**
 * The proxy on the way to the address: that of the settings, else that of the variables. Undefined: there is none on it.
 * What is on this very machine is never looked for elsewhere.
 * @throws Failure `refused`, it is of a kind that we do not speak
 */
export const proxyFor = (
  url: URL,
  { proxy = '', without, off }: ProxySettings,
  variables: Variables,
  platform: NodeJS.Platform,
): URL | undefined => {
  const host = bareHost(url.hostname);
  if (off === true || isLoopback(host)) return undefined;
  const named = (name: string): string =>
    variable(variables, name.toLowerCase(), platform) || variable(variables, name, platform) || '';
  const isSecure = /^(?:wss|https):$/u.test(url.protocol);
  const found = proxy || named(isSecure ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (found === '') return undefined;
  const excepted = without !== undefined && without.length > 0 ? without : named('NO_PROXY').split(/[\s,]+/u);
  const port = url.port || (isSecure ? '443' : '80');
  return excepted.some((entry) => isExcepted(entry, host, port)) ? undefined : parseProxy(found);
};

/** An agent for the requests to the address, whose connection to the proxy ends with the signal. */
export const proxyAgent = (
  url: URL,
  ways: SocketWays | undefined,
  signal: AbortSignal,
): HttpsProxyAgent<string> | undefined => {
  const settings = ways?.proxy() ?? {};
  const proxy = proxyFor(url, settings, process.env, process.platform);
  if (proxy === undefined) return undefined;
  // Who turned it off said so of the proxy: what is behind it is looked at all the same.
  const rejectUnauthorized = settings.strict !== false;
  return new HttpsProxyAgent(bareAddress(proxy), { signal, rejectUnauthorized, headers: whoWeAre(proxy) });
};

/** What the agent would say of itself, where somebody has it say so, is its address. */
const bareAddress = (proxy: URL): URL => {
  const bare = new URL(proxy);
  bare.username = '';
  bare.password = '';
  return bare;
};

const whoWeAre = ({ username, password }: URL): Readonly<Record<string, string>> => {
  if (username === '' && password === '') return {};
  const words = Buffer.from(`${unescaped(username)}:${unescaped(password)}`).toString('base64');
  return { 'Proxy-Authorization': `Basic ${words}` };
};

/** A percent sign that escapes nothing is one. */
const unescaped = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const bareHost = (host: string): string => host.toLowerCase().replaceAll(/^\[|\]$|\.$/gu, '');

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(?:\.\d+){3}$/u.test(host);

/** `*`, a host with all below it, either with a port. */
const isExcepted = (entry: string, host: string, port: string): boolean => {
  const found = /^(?:\*?\.)?(\[[^\]]*\]|[^:]+|[^:]*:[^:]*:.*?)(?::(\d+))?$/u.exec(entry.trim().toLowerCase());
  if (found === null) return false;
  const [, name = '', only] = found;
  if (only !== undefined && only !== port) return false;
  const bare = bareHost(name);
  return bare === '*' || host === bare || host.endsWith(`.${bare}`);
};

const parseProxy = (text: string): URL => {
  const proxy = URL.parse(/^[a-z][a-z\d+.-]*:\/\//iu.test(text) ? text : `http://${text}`);
  if (proxy !== null && /^https?:$/u.test(proxy.protocol)) return proxy;
  // It may hold a password, which does not belong in a sentence.
  throw new Failure(
    'refused',
    'The proxy of the settings is none that can be used here: only http and https proxies are.',
    'Look at the setting “http.proxy” and at the variable HTTPS_PROXY.',
  );
};
