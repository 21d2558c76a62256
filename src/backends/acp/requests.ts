import { Failure, PeerError } from '../../base/failure.ts';
import { RPC, type IncomingCall, type RequestHandler } from '../../base/rpc.ts';
import { isFields, isText, type Fields } from '../../model/fold/read.ts';
import { isAbsolutePath } from '../../protocol/acp/agent.ts';
import { ACP_ERROR } from '../../protocol/acp/errors.ts';
import { CLIENT } from '../../protocol/acp/methods.ts';
import type { Gate } from '../../router/gate.ts';
import { askPermission } from './ask.ts';
import { askElicitation } from './elicitation.ts';
import type { AcpSession } from './session.ts';

type SessionHandler = (session: AcpSession, params: Fields, call: IncomingCall) => unknown;

type Find = (id: string) => AcpSession | undefined;

/** Everything that an agent may ask of us (protocol §3). Each names a session of its own connection. */
export const requestHandlers = (find: Find): ReadonlyMap<string, RequestHandler> => {
  const table: Readonly<Record<string, SessionHandler>> = {
    [CLIENT.requestPermission]: askPermission,
    [CLIENT.elicit]: askElicitation,
    [CLIENT.readTextFile]: (session, params, call) => readTextFile(session.gate, params, call.signal),
    [CLIENT.writeTextFile]: (session, params, call) => writeTextFile(session.gate, params, call.signal),
    [CLIENT.createTerminal]: (session, params, call) => session.terminals.create(params, call.signal),
    [CLIENT.terminalOutput]: (session, params) => session.terminals.output(params),
    [CLIENT.waitForExit]: (session, params) => session.terminals.waitForExit(params),
    [CLIENT.killTerminal]: (session, params) => session.terminals.kill(params),
    [CLIENT.releaseTerminal]: (session, params) => session.terminals.release(params),
  };
  const inSession =
    (handler: SessionHandler): RequestHandler =>
    (params, call) => {
      const fields = isFields(params) ? params : {};
      return handler(sessionOf(find, fields), fields, call);
    };
  return new Map(Object.entries(table).map(([method, handler]) => [method, inSession(handler)]));
};

const sessionOf = (find: Find, params: Fields): AcpSession => {
  const id = params['sessionId'];
  if (!isText(id)) throw new PeerError(RPC.invalidParams, 'Invalid params: sessionId');
  const session = find(id);
  if (session === undefined) throw new PeerError(ACP_ERROR.notFound, 'There is no such session.', { sessionId: id });
  return session;
};

const readTextFile = async (gate: Gate, params: Fields, signal: AbortSignal): Promise<unknown> => {
  const path = readPath(params['path']);
  const line = readNumber(params['line'], 'line', 1);
  const limit = readNumber(params['limit'], 'limit', 0);
  const range = { ...(line === undefined ? {} : { line }), ...(limit === undefined ? {} : { limit }) };
  return { content: await gate.read(path, range, signal) };
};

const writeTextFile = async (gate: Gate, params: Fields, signal: AbortSignal): Promise<unknown> => {
  const { content } = params;
  if (!isText(content)) throw new Failure('invalid', 'Invalid params: content');
  await gate.write(readPath(params['path']), content, signal);
  return {};
};

const readPath = (path: unknown): string => {
  if (isAbsolutePath(path)) return path;
  throw new Failure('invalid', 'Invalid params: path must be an absolute path');
};

const readNumber = (value: unknown, name: string, least: number): number | undefined => {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least) return value;
  throw new Failure('invalid', `Invalid params: ${name} must be a whole number from ${least} on`);
};
