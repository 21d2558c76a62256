import type { Writable } from 'node:stream';
import type { Log } from '../base/log.ts';
import { redactor } from '../base/redact.ts';

/** A line for each message, with its time; what looks like a secret is taken out. */
export const stderrLog = (stream: Writable): Log => {
  const { one: redact } = redactor({ folders: [], values: [] });
  const write = (level: string, message: string): void =>
    void stream.write(`${new Date().toISOString()} ${level} ${redact(message)}\n`);
  return {
    // What only explains is for whoever looks for a fault with a debugger.
    debug: () => undefined,
    info: (message) => write('info', message),
    warn: (message) => write('warn', message),
    error: (message) => write('error', message),
  };
};
