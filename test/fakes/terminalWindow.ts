/**
 * Stands for a window that draws the terminals of a host, until it is killed. `node terminalWindow.js OPTIONS`, where OPTIONS
 * is the JSON of {@link TerminalWindowOptions}. It prints a line for each piece of output that came: how long it was.
 */
import process from 'node:process';
import { HostBackend } from '../../src/backends/host.ts';
import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { connectLocal } from '../../src/machine/localSocket.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal } from '../../src/router/testing.ts';
import { HostTerminals } from '../../src/vscode/hosts/terminals.ts';
import { DrawnTerminals } from '../tools/drawnTerminals.ts';

export interface TerminalWindowOptions {
  readonly view: string;
  readonly token: string;
}

const { view, token } = JSON.parse(process.argv[2] ?? '') as TerminalWindowOptions;
const host = new HostBackend({
  store: new SessionStore({ clock: systemClock, journal: noJournal, log: silent }),
  clock: systemClock,
  log: silent,
  app: 'test',
  device: 'window',
  follows: () => true,
  connect: async (signal) => {
    const connection = await connectLocal(view, systemClock, signal);
    connection.keepAlive();
    return { lines: connection.lines, token, close: () => connection.dispose() };
  },
});
host.onTerminal(({ news }) => {
  if (news.kind === 'data') process.stdout.write(`${news.text.length}\n`);
});
// Lives as long as the process.
void new HostTerminals(host, new DrawnTerminals());
