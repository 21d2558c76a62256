/**
 * Stands for a window that draws the terminals of a host, until it is killed. `node terminalWindow.js OPTIONS`, where OPTIONS
 * is the JSON of {@link TerminalWindowOptions}. It prints a line for each piece of output that came: how long it was.
 */
import process from 'node:process';
import { HostTerminals } from '../../src/vscode/hosts/terminals.ts';
import { DrawnTerminals } from '../tools/drawnTerminals.ts';
import { windowOn } from '../tools/windowOn.ts';

export interface TerminalWindowOptions {
  readonly view: string;
  readonly tokenFile: string;
}

const { host } = windowOn(JSON.parse(process.argv[2] ?? '') as TerminalWindowOptions, { device: 'window' });
host.onTerminal(({ news }) => {
  if (news.kind === 'data') process.stdout.write(`${news.text.length}\n`);
});
// Lives as long as the process.
void new HostTerminals(host, new DrawnTerminals());
