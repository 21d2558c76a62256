import type { Clock } from '../../base/clock.ts';
import { RELAY } from '../../protocol/relay/names.ts';
import { isUnknownMethod } from './commands.ts';
import type { RelayIntro } from './line.ts';
import { readRows } from './listed.ts';
import { onceOnRelay } from './once.ts';
import type { ConnectRelay } from './socket.ts';

export interface ProbedRelay extends RelayIntro {
  /** Undefined where it has no list of them. */
  readonly sessions: number | undefined;
}

/** What a relay says of itself, and leaves it again. @throws Failure why it cannot be reached */
export const probeRelay = async (
  parts: { readonly connect: ConnectRelay; readonly clock: Clock },
  signal: AbortSignal,
): Promise<ProbedRelay> => {
  const client = `wheelhouse-probe-${parts.clock.id().replaceAll(/[^A-Za-z0-9._-]/gu, '')}`.slice(0, 60);
  return await onceOnRelay(
    { ...parts, client },
    async (line, intro, either) => {
      const rows = await line.request(RELAY.listSessions, {}, either).catch((failure: unknown) => {
        if (isUnknownMethod(failure)) return undefined;
        throw failure;
      });
      return { ...intro, sessions: rows === undefined ? undefined : readRows(rows).length };
    },
    signal,
  );
};
