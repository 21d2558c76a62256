import type { ContentBlock } from '@agentclientprotocol/sdk';

/** The text of a prompt without its attachments. */
export function promptText(blocks: readonly ContentBlock[]): string {
  return blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
}

function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function decodedBytes(base64: string): number {
  return Buffer.byteLength(base64, 'base64');
}

/** One honest sentence about an attachment; undefined for plain text. */
export function describe(block: ContentBlock): string | undefined {
  switch (block.type) {
    case 'text':
      return undefined;
    case 'image':
      return `I got an image of ${size(decodedBytes(block.data))}, ${block.mimeType}, and I cannot look at it.`;
    case 'audio':
      return `I got a sound of ${size(decodedBytes(block.data))}, ${block.mimeType}, and I cannot listen to it.`;
    case 'resource_link':
      return `I got a link to ${code(block.uri)}, and I did not open it.`;
    case 'resource': {
      const { resource } = block;
      if ('text' in resource) {
        const lines = resource.text.split('\n').length;
        return `I got the text of ${code(resource.uri)}: ${size(Buffer.byteLength(resource.text))} in ${lines} lines.`;
      }
      return `I got ${code(resource.uri)}, ${size(decodedBytes(resource.blob))} of data that I cannot read.`;
    }
  }
}

/** Inline code that the text cannot break out of. */
export function code(text: string): string {
  const ticks = '`'.repeat(longestRun(text) + 1);
  const room = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return `${ticks}${room}${text}${room}${ticks}`;
}

export function fence(text: string, language: string): string {
  const ticks = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${ticks}${language}\n${text}\n${ticks}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}

/** What a failed request to the client can tell a person. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const data: unknown = 'data' in error ? error.data : undefined;
  const details = typeof data === 'object' && data !== null && 'details' in data ? data.details : undefined;
  return typeof details === 'string' ? details : error.message;
}
