import { readFile } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import type { Duplex } from '../base/duplex.ts';
import type { WireLine } from '../base/rpcFrame.ts';
import type { HostRecord } from './hostRecord.ts';
import { connectLocal } from './localSocket.ts';

/** A line to a host of this machine, and the token that it wants to be shown. @throws Failure `gone`, `failed` */
export const hostLine = async (
  { view, tokenFile }: Pick<HostRecord, 'view' | 'tokenFile'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ readonly lines: Duplex<WireLine, string>; readonly token: string; close(): void }> => {
  const token = (await readFile(tokenFile, 'utf8')).trim();
  const { lines, keepAlive, dispose } = await connectLocal(view, clock, signal);
  keepAlive();
  return { lines, token, close: dispose };
};
