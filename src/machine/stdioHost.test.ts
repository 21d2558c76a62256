import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HostConnection } from '../backends/host/connection.ts';
import { silent } from '../base/log.ts';
import { Disposables } from '../base/disposable.ts';
import type { LineConnection } from './lineConnection.ts';
import { systemClock } from './clock.ts';
import { connectStdio } from './stdioHost.ts';
import { systemProcesses } from './processIdentity.ts';

const never = new AbortController().signal;

/** What every host says first. */
const GREETING = '{"wheelhouse":"view","version":1,"app":"1","hostId":"h","pid":1,"startedAt":1}';

let owned: Disposables;
beforeEach(() => {
  owned = new Disposables();
});
afterEach(() => owned.dispose());

const start = async (script: string): Promise<LineConnection> => {
  const env = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? '']));
  const invocation = { file: '/bin/sh', args: ['-c', script], env, verbatim: false };
  return owned.add(await connectStdio(invocation, process.cwd(), systemClock, never));
};

const open = async (script: string): Promise<HostConnection> => {
  const { lines, dispose } = await start(script);
  return await HostConnection.open(
    { lines, token: 't', close: dispose },
    { app: 'a', device: 'd', log: silent },
    never,
  );
};

describe.skipIf(process.platform === 'win32')('a host by the input and output of a program', () => {
  test('[host] what a login shell prints before the host answers is passed over', async () => {
    const { greeting } = await open(`read -r l; echo 'Welcome to here'; echo '{"motd":1}'; echo '${GREETING}'; cat`);
    expect(greeting.hostId).toBe('h');
  });

  test('[host] one that ends before the host answers is told in its own words', async () => {
    const failed = open(
      'read -r l; echo "debug: nothing" ; echo "me@there: Permission denied (publickey)." >&2; exit 255',
    );
    await expect(failed).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('me@there: Permission denied (publickey).') as string,
    });
  });

  test('[host] one that says nothing at all is told by how it ended', async () => {
    await expect(open('read -r l; exit 3')).rejects.toThrow('it ended with code 3');
    await expect(open('kill -9 $$')).rejects.toThrow('SIGKILL ended it');
  });

  test('[host] a shell that talks without end is no host', async () => {
    await expect(open('yes')).rejects.toMatchObject({ code: 'unwelcome' });
  });

  test('[host] one that is not there is told as that', async () => {
    const invocation = { file: '/nowhere/ssh', args: [], env: {}, verbatim: false };
    await expect(connectStdio(invocation, process.cwd(), systemClock, never)).rejects.toMatchObject({ code: 'failed' });
  });

  test('[I9] its end is the end of all that it started, also where nobody obeys', async () => {
    const connection = await start(
      `trap '' TERM HUP; sh -c 'trap "" TERM HUP; echo '"'$$'"'; sleep 100' & echo '${GREETING}'; echo $!; sleep 100`,
    );
    const reader = connection.lines.readable.getReader();
    let said = '';
    while (!/"startedAt":1\}\n\d+\n/u.test(said)) {
      const { value } = await reader.read();
      said += `${(value ?? []).map(String).join('\n')}\n`;
    }
    const child = Number(/\n(\d+)\n/u.exec(said)?.[1]);
    expect(await systemProcesses.find(child)).toBeDefined();
    connection.dispose();
    await connection.closed;
    await vi.waitFor(async () => expect(await systemProcesses.find(child)).toBeUndefined(), 10_000);
  });
});
