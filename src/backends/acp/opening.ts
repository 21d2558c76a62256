import type { McpServer } from '@agentclientprotocol/sdk';
import { PeerError } from '../../base/failure.ts';
import { RPC } from '../../base/rpc.ts';
import type { SessionKey } from '../../model/session.ts';
import { ACP_ERROR } from '../../protocol/acp/errors.ts';
import { AGENT } from '../../protocol/acp/methods.ts';

/** A session that is about to be opened in an agent, new or known to it. */
export type Opening = {
  readonly key: SessionKey;
  readonly cwd: string;
  readonly mcpServers?: readonly McpServer[];
} & (
  | { readonly how: 'new'; readonly afresh?: true }
  /** A new one that goes on from where the session `id` is. */
  | { readonly how: 'fork'; readonly id: string; readonly title: string }
  | { readonly how: 'resume'; readonly id: string }
  /** The agent tells the past before it answers; `wanted`: we do not have it. */
  | { readonly how: 'load'; readonly id: string; readonly wanted: boolean }
);

export const methodOf = ({ how }: Opening): string =>
  ({ new: AGENT.newSession, fork: AGENT.fork, resume: AGENT.resume, load: AGENT.load })[how];

/** `others`: further folders for the session, for an agent that said it takes them. */
export const paramsOf = (opening: Opening, others: readonly string[]): object => ({
  ...(opening.how === 'new' ? {} : { sessionId: opening.id }),
  cwd: opening.cwd,
  ...(others.length === 0 ? {} : { additionalDirectories: others }),
  mcpServers: opening.mcpServers ?? [],
});

/** The folders of the workspace that are not in the session's own one; of nested ones the outermost. */
export const otherFolders = (roots: readonly string[], cwd: string): readonly string[] => {
  const others = [...new Set(roots)].filter((root) => !isIn(root, cwd));
  return others.filter((root) => !others.some((outer) => outer !== root && isIn(root, outer)));
};

const isIn = (path: string, folder: string): boolean =>
  path === folder || (path.startsWith(folder) && (/[\\/]$/u.test(folder) || /^[\\/]/u.test(path.slice(folder.length))));

/** What agents answer for a session that they do not know, each in its own way (protocol §10). */
const UNKNOWN_SESSION: readonly number[] = [
  ACP_ERROR.notFound,
  RPC.invalidParams,
  RPC.internal,
  // Advertised, and yet not there.
  RPC.methodNotFound,
];

/** The agent's answer, where it says that this way to a session leads nowhere. */
export const refusalOf = (failure: unknown): PeerError | undefined => {
  const answer = failure instanceof Error ? failure.cause : undefined;
  return answer instanceof PeerError && UNKNOWN_SESSION.includes(answer.code) ? answer : undefined;
};
