import { existsSync, rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import type { Flags } from './flags.ts';
import { at, type Json } from './wire.ts';

/** The variable that the fake takes as a sign-in, and the key that it is content with by `authenticate`. */
const VARIABLE = 'FAKE_AGENT_KEY';
const WRONG = 'wrong';

type AuthFlags = Pick<Flags, 'auth' | 'authMethods' | 'authAt' | 'authFile' | 'authFails'>;

/** Who the person is, as far as the fake knows: by `authenticate`, by its environment, or by a file that a login has made. */
export class Auth {
  readonly #flags: AuthFlags;
  #known = false;

  constructor(flags: AuthFlags) {
    this.#flags = flags;
  }

  methods(): readonly Json[] {
    const { auth, authMethods } = this.#flags;
    if (!auth) return [];
    return authMethods
      .split(',')
      .map((name) => METHODS[name])
      .filter((method) => method !== undefined);
  }

  refuses(where: string): boolean {
    const { auth, authAt, authFile } = this.#flags;
    if (!auth || where !== authAt || this.#known) return false;
    const key = process.env[VARIABLE];
    return (key === undefined || key === '' || key === WRONG) && (authFile === '' || !existsSync(authFile));
  }

  /** What is wrong with it, or undefined: the person is known from then on. */
  authenticate(params: unknown): string | undefined {
    const { authFails } = this.#flags;
    if (authFails) return 'The browser said no.';
    const id = at(params, 'methodId');
    if (id === 'key' && at(params, '_meta', 'api-key') === WRONG) return 'This key is wrong.';
    if (id === 'variables' && process.env[VARIABLE] === undefined) return 'The variable is not set.';
    this.#known = true;
    return undefined;
  }

  logout(): void {
    this.#known = false;
    if (this.#flags.authFile !== '') rmSync(this.#flags.authFile, { force: true });
  }
}

const METHODS: Readonly<Record<string, Json>> = {
  agent: { id: 'login', name: 'Log in', description: 'Opens a page in your browser.' },
  terminal: { id: 'terminal', name: 'Log in here', type: 'terminal', args: ['--login'], env: { FAKE_LOGIN: '1' } },
  own: {
    id: 'own',
    name: 'Log in with a command of its own',
    _meta: {
      'terminal-auth': { command: process.execPath, args: [...process.argv.slice(1), '--login'], label: 'Log in' },
    },
  },
  meta: { id: 'meta', name: 'Log in by meta', _meta: { type: 'terminal', args: ['--login'] } },
  variables: {
    id: 'variables',
    name: 'Use a key',
    description: 'A key of the service behind this agent.',
    type: 'env_var',
    vars: [{ name: VARIABLE, label: 'Key of the service' }],
  },
  key: { id: 'key', name: 'API key', _meta: { 'api-key': { provider: 'fake' } } },
  unknown: { id: 'unknown', name: 'In a way of tomorrow', type: 'telepathy' },
};

/** What runs in a terminal: asks for a line, and has the person known from then on. */
export async function login(file: string): Promise<never> {
  process.stdout.write(`Who are you? (${VARIABLE} ${process.env[VARIABLE] === undefined ? 'unset' : 'set'})\n> `);
  for await (const line of process.stdin) {
    const name = String(line).trim();
    if (name === '') continue;
    if (name === 'nobody') process.exit(3);
    writeFileSync(file, name);
    process.stdout.write(`Welcome, ${name}.\n`);
    process.exit(0);
  }
  process.exit(4);
}
