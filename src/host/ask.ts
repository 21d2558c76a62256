import { HostConnection } from '../backends/host/connection.ts';
import { within } from '../base/clock.ts';
import { Failure } from '../base/failure.ts';
import { silent } from '../base/log.ts';
import { systemClock } from '../machine/clock.ts';
import { hostLine } from '../machine/hostLine.ts';
import { findHost, hostEnded, type HostRecord, isHostAlive } from '../machine/hostRecord.ts';
import type { Summary } from '../model/summary.ts';
import type { HostAction, ToWindow } from '../protocol/view/messages.ts';
import {
  type PairedDevice,
  readAddresses,
  readDevices,
  readRelayState,
  type RelayAddresses,
} from '../protocol/view/relay.ts';

/** Milliseconds that a host gets to answer. */
const ANSWER = 5000;

/** As `status --json` prints it. */
export interface HostStatus
  extends Pick<HostRecord, 'hostId' | 'pid' | 'version' | 'startedAt'>, Partial<RelayAddresses> {
  readonly sessions: readonly Summary[];
  /** Paired ones. */
  readonly devices: number;
}

/** @throws Failure `none`, no host runs there; `unanswered` */
export const readStatus = async (state: string, app: string): Promise<HostStatus> => {
  const record = await requireHost(state);
  const { hostId, pid, version, startedAt } = record;
  const { signal } = new AbortController();
  return await during(record, app, async (connection) => {
    const { promise, resolve } = Promise.withResolvers<readonly Summary[]>();
    const receive = (message: ToWindow): void => {
      if (message.type === 'catalogue') resolve(message.sessions);
    };
    const over = connection.listen(receive).then((failure) => {
      throw failure;
    });
    const asked = connection.ask((id) => ({ type: 'host', id, action: { kind: 'relay/state' } }), signal);
    const [sessions, state] = await Promise.race([Promise.all([promise, asked.then(readRelayState)]), over]);
    return { hostId, pid, version, startedAt, ...state?.listening, sessions, devices: state?.devices.length ?? 0 };
  });
};

/** Those that are paired, without the owner's own. @throws Failure `none`; `unanswered` */
export const listDevices = async (state: string, app: string): Promise<readonly PairedDevice[]> =>
  known(await actOn(await requireHost(state), app, { kind: 'devices' }), readDevices);

/** Without a device all of them. @throws Failure `none`; `unanswered`; `refused`, why not */
export const revokeDevice = async (state: string, app: string, device: string | undefined): Promise<void> => {
  const revoked = device === undefined ? {} : { device };
  await actOn(await requireHost(state), app, { kind: 'device/revoke', ...revoked });
};

/** Has it listen for devices, unless it does. @throws Failure `none`; `unanswered`; `refused`, why not */
export const startRelay = async (
  state: string,
  app: string,
): Promise<{ readonly record: HostRecord; readonly addresses: RelayAddresses }> => {
  const record = await requireHost(state);
  return { record, addresses: known(await actOn(record, app, { kind: 'relay/start' }), readAddresses) };
};

/** What a host answered, as this version knows it. @throws Failure `unanswered` */
export const known = <T>(text: string, read: (text: string) => T | undefined): T => {
  const value = read(text);
  if (value !== undefined) return value;
  throw new Failure('unanswered', 'The host answered what nobody understands here.', 'Is it of another version?');
};

const actOn = (record: HostRecord, app: string, action: HostAction): Promise<string> =>
  during(record, app, async (connection) => {
    const over = connection
      .listen(() => undefined)
      .then((failure) => {
        throw failure;
      });
    const { signal } = new AbortController();
    return await Promise.race([connection.ask((id) => ({ type: 'host', id, action }), signal), over]);
  });

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

/** @throws Failure `none` */
export const requireHost = async (state: string): Promise<HostRecord> => {
  const record = await findHost(state);
  if (record !== undefined) return record;
  throw new Failure(
    'none',
    `No host runs on ${state}.`,
    'Start one with “wheelhouse-host serve”, or name its --state.',
  );
};

export const connectHost = async (record: HostRecord, app: string, signal: AbortSignal): Promise<HostConnection> => {
  const way = await hostLine(record, systemClock, signal);
  return await HostConnection.open(way, { app, device: 'command line', log: silent }, signal);
};

const during = async <T>(
  record: HostRecord,
  app: string,
  use: (connection: HostConnection) => Promise<T>,
): Promise<T> => {
  const control = new AbortController();
  const asking = (async () => {
    const connection = await connectHost(record, app, control.signal);
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
