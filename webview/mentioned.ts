/** Which mentions a text holds: `@` and a label that was chosen, wherever it stands. */
import type { QueuedPrompt } from '../src/model/session.ts';

type Block = QueuedPrompt['prompt'][number];

/** How a mention begins in front of the caret: at the start of a word. */
export const MENTION_MARK = /(?:^|\s)[@#]\S*$/u;

/** Whether the text names the label, and not only a longer one that begins like it. */
const names = (text: string, label: string): boolean => {
  for (let at = text.indexOf(`@${label}`); at >= 0; at = text.indexOf(`@${label}`, at + 1)) {
    const before = text.slice(0, at);
    const after = text.slice(at + 1 + label.length);
    if (/(?:^|\s|[("'[])$/u.test(before) && !/^(?:[\w/-]|[.:]\w)/u.test(after)) return true;
  }
  return false;
};

const link = (uri: string, name: string): Block => ({ type: 'resource_link', uri, name });

/** The ids by label, as blocks for those that the text names. */
export const mentionBlocks = (text: string, chosen: Readonly<Record<string, string>>): readonly Block[] =>
  Object.entries(chosen).flatMap(([label, id]) => (names(text, label) ? [link(`mention:${id}`, label)] : []));

/** What a queued prompt whose words are now `text` keeps of its other blocks. */
export const keptBlocks = (text: string, prompt: readonly Block[]): readonly Block[] =>
  prompt.flatMap((block, index) => {
    if (block.type === 'text') return [];
    const name = nameOf(block);
    if (name === undefined) return [block];
    return names(text, name) ? [link(`queued:${index}`, name)] : [];
  });

/** What a block is called in the text of its prompt; undefined for one that does not stand there. */
const nameOf = (block: Block): string | undefined => {
  if (block.type === 'resource_link') return block.name;
  return block.type === 'resource' ? block.resource.uri.split('#')[1] : undefined;
};
