/** Command lines for the shell of a host: the protocol has neither arguments nor variables. */
import { Failure } from '../../base/failure.ts';
import type { HostCapabilities } from '../../protocol/environment/messages.ts';
import type { TerminalOptions } from '../../router/ports.ts';
import { quoted } from './farShell.ts';

/** A host that says nothing has the shell that known ones have. */
export const isPosixShell = (host: HostCapabilities | undefined): boolean =>
  host === undefined || host.defaultShell === 'sh' || (host.defaultShell === 'none' && host.platform !== 'win32');

type Command = Pick<TerminalOptions, 'command' | 'args' | 'env' | 'shell'>;

/** @throws Failure `invalid`, `unsupported` where the shell there cannot be told */
export const lineFor = ({ command, args, env = {}, shell }: Command, host: HostCapabilities | undefined): string => {
  if (!isPosixShell(host)) return windowsLine({ command, args, env, ...(shell === undefined ? {} : { shell }) });
  const variables = Object.entries(env).map(([name, value]) =>
    value === null ? `unset ${requireName(name)};` : `export ${requireName(name)}=${quoted(value)};`,
  );
  const words = shell === true ? command : [command, ...args].map(plainOrQuoted).join(' ');
  return [...variables, words].join(' ');
};

const plainOrQuoted = (word: string): string => (/^[\w@%+:,./-]+$/u.test(word) ? word : quoted(word));

const requireName = (name: string): string => {
  if (/^[A-Za-z_]\w*$/u.test(name)) return name;
  throw new Failure('invalid', `The variable “${name}” cannot be set on another machine.`, 'Name it otherwise.');
};

/** What `cmd` reads in its own way in quotation marks cannot be said to it. */
const windowsLine = ({ command, args, env = {}, shell }: Command): string => {
  const variables = Object.entries(env).map(([name, value]) => `set "${requireName(name)}=${safe(value ?? '')}"&`);
  const words = shell === true ? command : [command, ...args].map((word) => `"${safe(word)}"`).join(' ');
  return [...variables, words].join(' ');
};

const safe = (text: string): string => {
  if (!/["%!\r\n\0]/u.test(text)) return text;
  throw new Failure('unsupported', 'This command holds characters that the shell of this host reads in its own way.');
};

/**
 * Where a folder of this machine is there: what is below the session's folder is below the environment's.
 * @returns undefined: where the host works itself. @throws Failure `invalid` for one that is outside
 */
export const folderThere = (
  cwd: string,
  session: string,
  there: { readonly name: string; readonly folder?: string },
): string | undefined => {
  const [inside, root] = [slashed(cwd), slashed(session)];
  if (inside === root) return there.folder;
  if (!inside.startsWith(root === '/' ? '/' : `${root}/`))
    throw new Failure(
      'invalid',
      `${cwd} is outside of the session’s folder, and ${there.name} has nothing that would belong to it.`,
      'Run it in the session’s folder, or below.',
    );
  const below = inside.slice(root === '/' ? 1 : root.length + 1);
  return there.folder === undefined ? below : `${there.folder.replace(/\/+$/u, '')}/${below}`;
};

const slashed = (path: string): string => {
  const one = path.replaceAll('\\', '/');
  return one === '/' ? one : one.replace(/\/+$/u, '');
};
