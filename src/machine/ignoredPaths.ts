import { Failure } from '../base/failure.ts';
import type { Queries } from '../router/queries.ts';

/** Long enough for any repository; a git that hangs must not keep what changed from being told. */
const ASK_GIT = 10_000;

/** Those of the paths that git was told to ignore; none where nobody can tell. */
export const ignoredPaths = async (
  queries: Pick<Queries, 'gitIgnored'>,
  root: string,
  paths: readonly string[],
): Promise<ReadonlySet<string>> => {
  try {
    return await queries.gitIgnored(root, paths, AbortSignal.timeout(ASK_GIT));
  } catch (failure) {
    if (failure instanceof Failure || (failure instanceof DOMException && failure.name === 'TimeoutError'))
      return new Set();
    throw failure;
  }
};
