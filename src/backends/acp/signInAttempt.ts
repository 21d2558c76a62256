import { Failure, sentence } from '../../base/failure.ts';
import { isVariable, type AuthMethod } from '../../protocol/acp/authMethods.ts';
import { AGENT } from '../../protocol/acp/methods.ts';
import type { BackendContext } from '../../router/ports.ts';
import type { AgentDefinition } from '../agent.ts';
import type { AcpConnection } from './connection.ts';
import { API_KEY, type Attempt, type Login, loginOf, whose } from './signInQuestion.ts';

export interface AttemptParts {
  readonly agent: AgentDefinition;
  readonly context: BackendContext;
  /** The running agent, started where none runs. */
  reach(signal: AbortSignal): Promise<AcpConnection>;
  /** Ends the agent, so that it is started anew. False: it works in another session, and goes on. */
  stop(): Promise<boolean>;
}

/** The person thought better of it: nothing is to be told of that. */
export class GivenUp extends Failure {
  constructor() {
    super('cancelled', 'Signing in was given up.');
  }
}

/**
 * Goes one way to the end. Resolves when what failed may be tried again, with what is to be told if it fails again.
 * `done` settles when the person says that they have signed in in the terminal.
 * @throws Failure why that was nothing; {@link GivenUp}
 */
export const attemptSignIn = async (
  parts: AttemptParts,
  attempt: Attempt,
  done: Promise<void>,
  signal: AbortSignal,
): Promise<string | undefined> => {
  if (attempt.kind === 'again') return undefined;
  if (attempt.kind === 'kept') return await useKept(parts, attempt.methods, signal);
  const login = loginOf(attempt, parts.agent);
  if (login !== undefined) {
    await inTerminal(parts, login, done, signal);
    return await anew(parts);
  }
  return attempt.kind === 'method' ? await byMethod(parts, attempt.method, signal) : undefined;
};

const byMethod = async (parts: AttemptParts, method: AuthMethod, signal: AbortSignal): Promise<string | undefined> => {
  const { agent, context } = parts;
  switch (method.kind) {
    case 'key': {
      await enter(parts, [{ name: API_KEY, label: method.name, secret: true, optional: false }], signal);
      const { [API_KEY]: key } = (await context.secrets?.of(agent.id)) ?? {};
      await authenticate(parts, method, key, signal);
      return undefined;
    }
    case 'variables': {
      await enter(parts, method.values, signal);
      const told = await anew(parts);
      if (told !== undefined) return told;
      // Some look at their variables only when they are told to, and others know no such method: what failed will tell.
      return await authenticate(parts, method, undefined, signal).catch((failure: unknown) => {
        if (signal.aborted) throw failure;
        return sentence(failure);
      });
    }
    default:
      await authenticate(parts, method, undefined, signal);
      return undefined;
  }
};

/** What was entered before is good for an agent that has been started anew since. */
const useKept = async (
  parts: AttemptParts,
  methods: readonly AuthMethod[],
  signal: AbortSignal,
): Promise<undefined> => {
  const kept = (await parts.context.secrets?.of(parts.agent.id)) ?? {};
  const has = (name: string): boolean => Object.hasOwn(kept, name);
  const method = methods.find((offered) => {
    if (offered.kind === 'variables') return offered.values.every(({ name, optional }) => optional || has(name));
    return offered.kind === 'key' && has(API_KEY);
  });
  if (method === undefined) throw new GivenUp();
  await authenticate(parts, method, method.kind === 'key' ? kept[API_KEY] : undefined, signal);
};

const authenticate = async (
  parts: AttemptParts,
  method: AuthMethod,
  key: string | undefined,
  signal: AbortSignal,
): Promise<undefined> => {
  const connection = await parts.reach(signal);
  const meta = key === undefined ? {} : { _meta: { [API_KEY]: key } };
  await connection.request(AGENT.authenticate, { methodId: method.id, ...meta }, signal);
};

const enter = async (
  { agent, context }: AttemptParts,
  values: Extract<AuthMethod, { kind: 'variables' }>['values'],
  signal: AbortSignal,
): Promise<void> => {
  if (context.secrets === undefined)
    throw new Failure('unsupported', 'Nothing can be entered here.', 'Set the variables where the agent is started.');
  if (!(await context.secrets.ask(whose(agent), values, signal))) throw new GivenUp();
};

const anew = async ({ agent, stop }: AttemptParts): Promise<string | undefined> =>
  (await stop())
    ? undefined
    : `${agent.label} works in another session, and learns of it only when it is started anew. Restart it when that has ended.`;

/** The exit code 0 says that the person is signed in, and so does the person. */
const inTerminal = async (
  { agent, context }: AttemptParts,
  { command, args, env, node }: Login,
  done: Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  const terminal = await context.environment.terminal(
    {
      command,
      args,
      cwd: context.workspace.roots()[0] ?? '/',
      env: { ...agent.env, ...env },
      name: `Sign in: ${agent.label}`,
      front: true,
      columns: 100,
      rows: 30,
      ...(node === undefined ? {} : { node }),
    },
    signal,
  );
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    const exit = await Promise.race([terminal.exited, done, aborted.promise]);
    if (exit === undefined || exit.code === 0) return;
    const how = exit.signal === null ? `with code ${exit.code ?? 'unknown'}` : `by ${exit.signal}`;
    throw new Failure('failed', `What ran in the terminal ended ${how}.`);
  } finally {
    signal.removeEventListener('abort', abort);
    await terminal[Symbol.asyncDispose]();
  }
};

/** What of it the agent's process is given. */
export const variablesOf = (kept: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(kept).filter(([name]) => isVariable(name)));
