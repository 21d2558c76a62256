import { variable, type Variables } from './environmentVariables.ts';

/** What the editor's settings say of the way to the network. */
export interface ProxySettings {
  readonly proxy?: string;
  /** Hosts that are reached without it. */
  readonly without?: readonly string[];
  /** False: certificates are not looked at. */
  readonly strict?: boolean;
  /** Connections of ours go without one, whatever else says where one is. */
  readonly off?: boolean;
}

/**
 * The variables by which programs learn of a proxy, where they are not set in any spelling. Whoever turned certificates
 * off for the editor gets packages installed the same way; an agent goes on looking at them, since nobody said that its
 * conversations may be read on their way. What says which authorities to trust (`NODE_EXTRA_CA_CERTS`, `SSL_CERT_FILE`)
 * is handed on as it is.
 */
export const withProxy = (env: Variables, settings: ProxySettings, platform: NodeJS.Platform): Variables => {
  const more: Record<string, string> = {};
  const offer = (name: string, value: string): void => {
    const set = [name, name.toLowerCase()].some((spelling) => variable(env, spelling, platform) !== undefined);
    if (!set && value !== '') more[name] = value;
  };
  const { proxy = '', without = [], strict } = settings;
  if (proxy !== '') {
    offer('HTTP_PROXY', proxy);
    offer('HTTPS_PROXY', proxy);
    offer('NO_PROXY', without.join(','));
  }
  if (strict === false) offer('npm_config_strict_ssl', 'false');
  return Object.keys(more).length === 0 ? env : { ...env, ...more };
};
