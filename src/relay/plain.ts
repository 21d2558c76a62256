/**
 * What a plain ACP client is told of a frame: without a stamp, without what ACP has no word for, one line a frame. Source:
 * the relay protocol, §9, "plain ACP client".
 */
import { isFields } from '../model/fold/read.ts';
import { CLIENT } from '../protocol/acp/methods.ts';
import { META } from '../protocol/relay/names.ts';
import type { RelayFrame } from './ports.ts';

interface PlainLine {
  readonly frame: RelayFrame;
  /** The client whose own prompt it says back. */
  readonly echoOf?: unknown;
  readonly asks?: true;
  readonly elicits?: true;
}

/** Each frame is read once, however many plain clients there are. */
const read = new WeakMap<RelayFrame, readonly PlainLine[]>();

export const acpLines = (
  frame: RelayFrame,
  client: { readonly name: string; readonly elicits: boolean },
  how: 'live' | 'past' = 'live',
): readonly RelayFrame[] => {
  let lines = read.get(frame);
  if (lines === undefined) read.set(frame, (lines = linesOf(frame.text)));
  return lines
    .filter(({ echoOf, asks, elicits }) => {
      // Of the past it knows nothing: neither its own words, nor that a question is settled.
      if (how === 'past') return asks === undefined;
      return echoOf !== client.name && (elicits === undefined || client.elicits);
    })
    .map((line) => line.frame);
};

const linesOf = (text: string): readonly PlainLine[] =>
  text.split('\n').flatMap((line): readonly PlainLine[] => {
    if (line === '') return [];
    const message: unknown = JSON.parse(line);
    if (!isFields(message)) return [];
    const frame: RelayFrame = { text: `${line.replace(STAMP, '{')}\n` };
    const params = isFields(message['params']) ? message['params'] : {};
    switch (message['method']) {
      case CLIENT.update: {
        const { update, _meta: meta } = params;
        if (!isFields(update) || !UPDATES.has(update['sessionUpdate'])) return [];
        const prompt = isFields(meta) ? meta[META.prompt] : undefined;
        return [isFields(prompt) ? { frame, echoOf: prompt['client'] } : { frame }];
      }
      case CLIENT.requestPermission:
        return [{ frame, asks: true }];
      case CLIENT.elicit:
        return [{ frame, asks: true, elicits: true }];
      default:
        return [];
    }
  });

const STAMP = /^\{"rseq":\d+,/u;

/** The stable ones: what else there is, a client has to say that it knows. */
const UPDATES: ReadonlySet<unknown> = new Set([
  'user_message_chunk',
  'agent_message_chunk',
  'agent_thought_chunk',
  'tool_call',
  'tool_call_update',
  'plan',
  'available_commands_update',
  'current_mode_update',
  'config_option_update',
  'session_info_update',
  'usage_update',
]);
