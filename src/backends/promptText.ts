import type { ContentBlock } from '@agentclientprotocol/sdk';

/** A part of a prompt for a far side that takes text alone: what is none is named by where it is. */
export const promptText = (block: ContentBlock): string => {
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
