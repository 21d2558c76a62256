import { HostConnection } from '../backends/host/connection.ts';
import { within } from '../base/clock.ts';
import { Failure } from '../base/failure.ts';
import { silent } from '../base/log.ts';
import { systemClock } from '../machine/clock.ts';
import { hostLine } from '../machine/hostLine.ts';
import { findHost, hostEnded, type HostRecord, isHostAlive } from '../machine/hostRecord.ts';
import type { Summary } from '../model/summary.ts';
import type { ToWindow } from '../protocol/view/messages.ts';

/** Milliseconds that a host gets to answer. */
const ANSWER = 5000;

/** As `status --json` prints it. */
export interface HostStatus extends Pick<HostRecord, 'hostId' | 'pid' | 'version' | 'startedAt'> {
  readonly sessions: readonly Summary[];
  /** Paired ones. */
  readonly devices: number;
}

/** @throws Failure `none`, no host runs there; `unanswered` */
export const readStatus = async (state: string, app: string): Promise<HostStatus> => {
  const record = await requireHost(state);
  const { hostId, pid, version, startedAt } = record;
  const sessions = await during(record, app, async (connection) => {
    const { promise, resolve } = Promise.withResolvers<readonly Summary[]>();
    const receive = (message: ToWindow): void => {
      if (message.type === 'catalogue') resolve(message.sessions);
    };
    const over = connection.listen(receive).then((failure) => {
      throw failure;
    });
    return await Promise.race([promise, over]);
  });
  return { hostId, pid, version, startedAt, sessions, devices: 0 };
};

/** Resolves when the host has ended. @throws Failure `none`; `unanswered` */
export const stopHost = async (state: string, app: string): Promise<Pick<HostRecord, 'hostId' | 'pid'>> => {
  const record = await requireHost(state);
  const { hostId, pid } = record;
  const { signal } = new AbortController();
  // One that hears nobody any more hears the system; where the system has no such word, it was asked at least.
  await during(record, app, async (connection) => {
    const over = connection.listen(() => undefined);
    await Promise.race([over, connection.ask((id) => ({ type: 'host', id, action: { kind: 'stop' } }), signal)]);
  }).catch(async () => {
    if (await isHostAlive(record)) process.kill(pid, 'SIGTERM');
  });
  await hostEnded(record, systemClock);
  return { hostId, pid };
};

const requireHost = async (state: string): Promise<HostRecord> => {
  const record = await findHost(state);
  if (record !== undefined) return record;
  throw new Failure(
    'none',
    `No host runs on ${state}.`,
    'Start one with “wheelhouse-host serve”, or name its --state.',
  );
};

const during = async <T>(
  record: HostRecord,
  app: string,
  use: (connection: HostConnection) => Promise<T>,
): Promise<T> => {
  const control = new AbortController();
  const asking = (async () => {
    const way = await hostLine(record, systemClock, control.signal);
    const connection = await HostConnection.open(way, { app, device: 'command line', log: silent }, control.signal);
    try {
      return await use(connection);
    } finally {
      connection.end();
    }
  })();
  if (await within(systemClock, ANSWER, asking)) return await asking;
  control.abort(new Failure('unanswered', 'It did not answer in time.'));
  asking.catch(() => undefined);
  throw new Failure('unanswered', `The host (process ${record.pid}) does not answer.`, 'Look at its log.');
};
