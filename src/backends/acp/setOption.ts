import { Failure } from '../../base/failure.ts';
import { readConfigOptions, withConfig } from '../../model/fold/options.ts';
import { isFields, listOf } from '../../model/fold/read.ts';
import type { SessionOption } from '../../model/session.ts';
import { AGENT } from '../../protocol/acp/methods.ts';
import { withValue } from '../../protocol/acp/options.ts';
import type { BackendCommand } from '../../router/ports.ts';
import type { AcpSession } from './session.ts';

/**
 * Sets an option in the agent, by the method that it came with. Agents answer with all of their options, with nothing,
 * and some tell the same again in an update: each makes the option what it is now.
 * @throws Failure `invalid`, or the agent's refusal in words
 */
export const setOption = async (
  session: AcpSession,
  { option: id, value }: Extract<BackendCommand, { kind: 'option/set' }>,
  signal: AbortSignal,
): Promise<void> => {
  const option = session.options.find((candidate) => candidate.id === id);
  if (option === undefined || typeof value !== (option.control.kind === 'boolean' ? 'boolean' : 'string')) {
    throw new Failure('invalid', `${session.connection.label} has no such option, or not with this value.`);
  }
  const { method, params } = optionRequest(option, value);
  const answer = await session.connection.request(method, { sessionId: session.id, ...params }, signal);
  const list = option.source === 'config' && isFields(answer) ? listOf(answer['configOptions']) : undefined;
  session.setOptions(
    list === undefined
      ? session.options.map((other) => (other.id === id ? withValue(other, value) : other))
      : withConfig(session.options, readConfigOptions(list)),
  );
};

/** The request that sets it. */
export const optionRequest = (
  { id, source }: SessionOption,
  value: string | boolean,
): { readonly method: string; readonly params: object } => {
  if (source === 'mode') return { method: AGENT.setMode, params: { modeId: value } };
  if (source === 'model') return { method: AGENT.setModel, params: { modelId: value } };
  const boolean = typeof value === 'boolean' ? { type: 'boolean' } : {};
  return { method: AGENT.setOption, params: { configId: id, value, ...boolean } };
};
