/** `wheelhouse-host`: sessions that outlive the window, in a process without VS Code. */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Failure, sentence } from './base/failure.ts';
import { acp } from './host/acp.ts';
import { listDevices, readStatus, revokeDevice, stopHost } from './host/ask.ts';
import { bridge } from './host/bridge.ts';
import { HELP, type HostCommand, readCommandLine } from './host/commandLine.ts';
import { pair } from './host/pair.ts';
import { showDevices, showStatus } from './host/show.ts';
import { type Programs, serve, versionIn } from './host/serve.ts';
import { stateOf } from './host/state.ts';
import { stderrLog } from './host/stderrLog.ts';

const BAD_USE = 2;
const FAILED = 1;

/** What stands beside this file: bundled, or as source. */
const beside = (bundled: string, source: string): string =>
  fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? source : bundled, import.meta.url));

const programs = async (): Promise<Programs> => ({
  demo: beside('demoAgent.js', 'demo/main.ts'),
  watchdog: beside('watchdog.js', 'machine/watchdogMain.ts'),
  page: beside('webview', '../dist/webview'),
  version: await versionIn(beside('../package.json', '../package.json')),
});

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const run = async (command: HostCommand): Promise<void> => {
  switch (command.kind) {
    case 'help':
      return void process.stdout.write(HELP);
    case 'version':
      return print((await programs()).version);
    case 'serve':
      return await runServe(command);
    case 'view':
      return await bridge(command, fileURLToPath(import.meta.url), process);
    case 'acp':
      return await acp(command, (await programs()).version, process);
    case 'pair':
      return await pair(command, (await programs()).version, process);
    case 'devices': {
      const devices = await listDevices(stateOf(command), (await programs()).version);
      return print(showDevices(devices, command.json));
    }
    case 'revoke': {
      const { device, json } = command;
      await revokeDevice(stateOf(command), (await programs()).version, device);
      if (json) return print(JSON.stringify({ revoked: device ?? 'all' }));
      return print(device === undefined ? 'No device is left.' : `${device} was revoked.`);
    }
    case 'status':
      return print(showStatus(await readStatus(stateOf(command), (await programs()).version), command.json));
    case 'stop': {
      const { version } = await programs();
      const stopped = await stopHost(stateOf(command), version);
      return print(command.json ? JSON.stringify(stopped) : `Process ${stopped.pid} has ended.`);
    }
  }
};

const runServe = async (command: Extract<HostCommand, { kind: 'serve' }>): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const log = stderrLog(process.stderr);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(`it was sent ${signal}`));
  // What nobody expected: the sessions are ended in order all the same, and that it was wrong is told.
  const unexpected = (failure: unknown): void => {
    log.error(failure instanceof Error ? (failure.stack ?? failure.message) : String(failure));
    process.exitCode = FAILED;
    resolve('something went wrong');
  };
  process.on('uncaughtException', unexpected);
  process.on('unhandledRejection', unexpected);
  await serve(command, { programs: await programs(), log, ending: { promise, now: resolve }, ready: print });
};

// Whoever reads the line may be gone by now.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  await run(readCommandLine(process.argv.slice(2)));
} catch (failure) {
  const next = failure instanceof Failure && failure.next !== undefined ? ` ${failure.next}` : '';
  process.stderr.write(`wheelhouse-host: ${sentence(failure)}${next}\n`);
  process.exitCode = failure instanceof Failure && failure.code === 'usage' ? BAD_USE : FAILED;
}
// What an agent's helper may still hold open keeps nobody here; what was printed has to be out before.
process.stdout.write('', () => process.exit());
