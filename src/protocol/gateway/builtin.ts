/**
 * What every gateway has, for those that do not describe themselves; and what only newer ones have. Source: the gateway
 * protocol, §4 and §8.
 */
import type { GatewayMethod } from './schema.ts';

const TEXT = { type: 'string' };
const FLAG = { type: 'boolean' };
const THING = { type: 'object' };

/** The parameters of each; those whose names end in `?` may be left out. */
const PARAMS: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  send: { sessionId: TEXT, 'message?': TEXT, 'input?': THING },
  abort: { sessionId: TEXT, 'reason?': TEXT },
  status: { 'sessionId?': TEXT },
  history: { sessionId: TEXT, 'limit?': { type: 'integer' }, 'before?': TEXT },
  reset: { sessionId: TEXT },
  close: { sessionId: TEXT },
  apps: {},
  sessions: {},
  subscribe: { sessionId: TEXT },
  unsubscribe: { sessionId: TEXT },
  channel: { sessionId: TEXT, channel: TEXT, 'payload?': {} },
  'channel-subscribe': { sessionId: TEXT, channel: TEXT },
  schema: {},
  config: {},
  'tool-catalog': { sessionId: TEXT },
  'tool-confirm': { sessionId: TEXT, callId: TEXT, confirmed: FLAG, 'reason?': TEXT, 'always?': FLAG },
  'tool-dispatch': { sessionId: TEXT, tool: TEXT, input: THING },
};

const LATER: ReadonlySet<string> = new Set(['schema', 'config', 'tool-catalog', 'tool-confirm', 'tool-dispatch']);

/** Of each built-in method, its parameters as a JSON schema. */
export const BUILTIN: readonly GatewayMethod[] = Object.entries(PARAMS).map(([name, params]) => ({
  name,
  description: '',
  builtin: true,
  params: {
    type: 'object',
    properties: Object.fromEntries(Object.entries(params).map(([key, value]) => [key.replace('?', ''), value])),
    required: Object.keys(params).filter((key) => !key.endsWith('?')),
  },
}));

/**
 * The methods of a gateway: what it describes, with our own words for the parameters of a built-in one where it has none.
 * One that describes nothing has those of its time; `isOld`: it is of before there were greetings.
 */
export const methodsOf = (
  described: readonly GatewayMethod[] | undefined,
  isOld: boolean,
): readonly GatewayMethod[] => {
  if (described === undefined || described.length === 0)
    return BUILTIN.filter(({ name }) => (isOld ? !LATER.has(name) : described !== undefined || name !== 'schema'));
  return described.map((method) => {
    const params =
      method.params ?? (method.builtin ? BUILTIN.find(({ name }) => name === method.name)?.params : undefined);
    return params === undefined ? method : { ...method, params };
  });
};
