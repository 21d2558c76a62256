import type { ContentBlock } from '@agentclientprotocol/sdk';
import { isFields, isText } from '../../model/fold/read.ts';
import type { Asker } from '../../relay/decode.ts';

/** The id of a turn or of a prompt that waits: whose it is, and what they call it. */
export const turnOf = ({ client, requestId }: Asker): string => `${client} ${requestId}`;

/** Of a turn of this client's. */
export const requestOf = (turn: string, client: string): string | undefined =>
  turn.startsWith(`${client} `) ? turn.slice(client.length + 1) : undefined;

/** A piece of what a person said, where the update is one. */
export const promptBlock = (update: unknown): ContentBlock | undefined => {
  if (!isFields(update) || update['sessionUpdate'] !== 'user_message_chunk') return undefined;
  const { content } = update;
  return isFields(content) && isText(content['type']) ? (content as unknown as ContentBlock) : undefined;
};
