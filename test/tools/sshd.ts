import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listenHere } from './listen.ts';
import { setupSshd } from './setup.mjs';
import { until } from './until.ts';

const run = promisify(execFile);

/** What `destination` is written as: the configuration of the client knows where it is. */
const NAME = 'wheelhouse-test';

/** A real sshd on loopback, for the user that runs the tests, with keys and configurations of its own. */
export class Sshd implements AsyncDisposable {
  readonly port: number;
  /** For `ssh DESTINATION`, with `options` before it. */
  readonly destination = NAME;
  /** Arguments for ssh: its host key is known, the key of the user is taken, and nothing of the person's own is read. */
  readonly options: readonly string[];
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string, port: number) {
    this.#child = child;
    this.#folder = folder;
    this.port = port;
    this.options = ['-F', join(folder, 'ssh_config')];
  }

  /** `env` is what every process that it starts inherits, so that those that are left can be found. */
  static async start(folder: string, env: Readonly<Record<string, string>> = {}): Promise<Sshd> {
    const file = await setupSshd();
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    // Where it puts those that have not signed in yet, when root runs it; a service would have made the folder.
    if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
    await makeKey(join(folder, 'host_key'));
    await makeKey(join(folder, 'user_key'));
    await writeFile(join(folder, 'authorized_keys'), await readFile(join(folder, 'user_key.pub')), { mode: 0o600 });
    for (let attempt = 0; ; attempt += 1) {
      const port = await freePort();
      await writeConfigurations(folder, port, env);
      const child = await listening(file, folder, port);
      if (child !== undefined) return new Sshd(child, folder, port);
      // Between the two, somebody may have taken the port.
      if (attempt === 4) throw new Error(`sshd does not start: ${await readFile(join(folder, 'sshd.log'), 'utf8')}`);
    }
  }

  /** What ssh refuses to go on with: the server is not the one that was known. */
  async forgetHost(): Promise<void> {
    await makeKey(join(this.#folder, 'other_key'));
    const other = await readFile(join(this.#folder, 'other_key.pub'), 'utf8');
    await writeFile(join(this.#folder, 'known_hosts'), `[127.0.0.1]:${this.port} ${other}`);
  }

  /** The processes of connections that are open, by process id. */
  async connections(): Promise<readonly number[]> {
    const parents = await Promise.all(
      (await readdir('/proc')).filter((name) => /^\d+$/u.test(name)).map(async (pid) => [pid, await parentOf(pid)]),
    );
    return parents.filter(([, parent]) => parent === this.#child.pid).map(([pid]) => Number(pid));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of await this.connections()) signal(pid);
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }
}

const makeKey = async (path: string): Promise<void> => {
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path]);
};

const writeConfigurations = async (
  folder: string,
  port: number,
  env: Readonly<Record<string, string>>,
): Promise<void> => {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const server = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host_key')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    `PidFile ${join(folder, 'sshd.pid')}`,
    'AuthenticationMethods publickey',
    'PermitRootLogin prohibit-password',
    'UsePAM no',
    // A temporary folder is everybody's.
    'StrictModes no',
    'MaxStartups 100',
    'MaxSessions 100',
    ...(variables.length === 0 ? [] : [`SetEnv ${variables.join(' ')}`]),
  ];
  const client = [
    `Host ${NAME}`,
    'HostName 127.0.0.1',
    `Port ${port}`,
    `User ${userInfo().username}`,
    `IdentityFile ${join(folder, 'user_key')}`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile ${join(folder, 'known_hosts')}`,
    'GlobalKnownHostsFile /dev/null',
    'StrictHostKeyChecking yes',
  ];
  const key = await readFile(join(folder, 'host_key.pub'), 'utf8');
  await writeFile(join(folder, 'known_hosts'), `[127.0.0.1]:${port} ${key}`);
  await writeFile(join(folder, 'sshd_config'), `${server.join('\n')}\n`);
  await writeFile(join(folder, 'ssh_config'), `${client.join('\n')}\n`);
};

/** Undefined where it ended instead. */
const listening = async (file: string, folder: string, port: number): Promise<ChildProcess | undefined> => {
  const child = spawn(file, ['-D', '-f', join(folder, 'sshd_config'), '-E', join(folder, 'sshd.log')], {
    stdio: 'ignore',
  });
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  await until('sshd to listen', async () => ended() || (await greets(port)));
  return ended() ? undefined : child;
};

const greets = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', (bytes) => {
      socket.destroy();
      resolve(bytes.toString().startsWith('SSH-2.0-'));
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });

const freePort = async (): Promise<number> => {
  const server = createServer();
  const port = await listenHere(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const parentOf = async (pid: string): Promise<number | undefined> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const found = /^PPid:\s*(\d+)/mu.exec(status)?.[1];
  return found === undefined ? undefined : Number(found);
};

const signal = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
};
