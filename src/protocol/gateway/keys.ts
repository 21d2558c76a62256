/**
 * How a gateway names sessions. Source: the gateway protocol, §5.
 *
 * Its registry has `app:name` always; its events have whatever the sender wrote. So a key is brought into its whole form
 * before anything is looked up by it.
 */

export interface GatewayKey {
  readonly app: string;
  readonly name: string;
}

/** Nothing is refused: an app or a name may be empty. */
export const parseKey = (key: string, defaultApp: string): GatewayKey => {
  const colon = key.indexOf(':');
  return colon < 0 ? { app: defaultApp, name: key } : { app: key.slice(0, colon), name: key.slice(colon + 1) };
};

export const formatKey = ({ app, name }: GatewayKey): string => `${app}:${name}`;

/** The one form in which two names of the same session are equal. */
export const wholeKey = (key: string, defaultApp: string): string => formatKey(parseKey(key, defaultApp));
