import type { ContentBlock } from '@agentclientprotocol/sdk';
import { promptText } from '../promptText.ts';

/**
 * A prompt in both ways in which gateways take one: `input` wins where it is known, and older ones want `message`. The
 * wire says nothing of other blocks than text.
 */
export const promptParams = (prompt: readonly ContentBlock[]): { readonly input: object; readonly message: string } => {
  const texts = prompt.map(promptText);
  return {
    input: { messages: [{ role: 'user', content: texts.map((text) => ({ type: 'text', text })) }] },
    message: texts.join('\n'),
  };
};
