/**
 * Which environment is meant by an id. Source: the remote execution protocol, §2. On the wire an id is any text of one
 * character or more; these rules are for what a person or a model wrote.
 */

/** Each means the machine that one is on; compared in lower case. */
export const LOCAL_ALIASES = [
  'local',
  ':local',
  'localhost',
  '127.0.0.1',
  '::1',
  'loopback',
  'self',
  ':self',
  'current',
  ':current',
  'host',
  ':host',
  'this',
  ':this',
] as const;

/** What programs write where they have nothing to write. */
export const PLACEHOLDERS = ['undefined', 'null', 'none', 'nil', 'n/a'] as const;

const PREFIX = 'env_';

const LOCAL: ReadonlySet<string> = new Set(LOCAL_ALIASES);
const EMPTY: ReadonlySet<string> = new Set(PLACEHOLDERS);

export type InvalidReason = 'placeholder_alias' | 'invalid_format';

/** The name is that of the source: programs of others tell it by that. */
export class InvalidEnvID extends Error {
  override readonly name = 'MetaProtocolInvalidEnvIDError';
  /** Trimmed. */
  readonly envID: string;
  readonly reason: InvalidReason;

  constructor(envID: string, reason: InvalidReason) {
    const what =
      reason === 'placeholder_alias'
        ? `“${envID}” stands for nothing, and is not the id of an environment.`
        : `“${envID}” is not the id of an environment: those begin with “${PREFIX}”.`;
    super(`${what} For this machine leave the parameter envID out altogether.`);
    this.envID = envID;
    this.reason = reason;
  }
}

/** The id, trimmed; undefined: this machine. @throws InvalidEnvID */
export const normalizeEnvID = (envID?: string): string | undefined => {
  const trimmed = envID?.trim() ?? '';
  const lower = trimmed.toLowerCase();
  if (trimmed === '' || LOCAL.has(lower)) return undefined;
  if (EMPTY.has(lower)) throw new InvalidEnvID(trimmed, 'placeholder_alias');
  if (!trimmed.startsWith(PREFIX)) throw new InvalidEnvID(trimmed, 'invalid_format');
  return trimmed;
};

export type Target = { readonly kind: 'local' } | { readonly kind: 'remote'; readonly envID: string };

/** @throws InvalidEnvID */
export const resolveEnvID = (envID?: string): Target => {
  const found = normalizeEnvID(envID);
  return found === undefined ? { kind: 'local' } : { kind: 'remote', envID: found };
};
