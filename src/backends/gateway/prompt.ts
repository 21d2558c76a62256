import type { ContentBlock } from '@agentclientprotocol/sdk';

/**
 * A prompt in both ways in which gateways take one: `input` wins where it is known, and older ones want `message`. What is
 * no text is named by where it is, since the wire says nothing of other blocks.
 */
export const promptParams = (prompt: readonly ContentBlock[]): { readonly input: object; readonly message: string } => {
  const texts = prompt.map(textOf);
  return {
    input: { messages: [{ role: 'user', content: texts.map((text) => ({ type: 'text', text })) }] },
    message: texts.join('\n'),
  };
};

const textOf = (block: ContentBlock): string => {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'resource_link':
      return block.uri;
    case 'resource':
      return 'text' in block.resource ? `${block.resource.uri}\n${block.resource.text}` : block.resource.uri;
    default:
      return `(${block.type})`;
  }
};
