import { fileURLToPath } from 'node:url';
import type * as acp from '@agentclientprotocol/sdk';
import { Failure } from '../../base/failure.ts';
import { LIMITS } from '../../router/limits.ts';
import type { Workspace } from '../../router/ports.ts';

type Prompt = readonly acp.ContentBlock[];

/** Whether something of the prompt has to be put in another form before this agent gets it. */
export const wantsEnclosing = (prompt: Prompt, embeddedContext: boolean): boolean =>
  prompt.some((block) => (embeddedContext ? isFileLink(block) : block.type === 'resource' && 'text' in block.resource));

/**
 * The prompt as the agent takes it: with the text of the files that it names where it takes texts (as the editor has
 * them at this moment), else with every text that goes along as words. A file that cannot be read, is outside or is too
 * large stays a link: the agent knows its name, and may ask for it.
 */
export const enclose = async (
  prompt: Prompt,
  embeddedContext: boolean,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<Prompt> => {
  let room: number = LIMITS.embeddedFiles;
  const blocks: acp.ContentBlock[] = [];
  for (const block of prompt) {
    if (!embeddedContext) {
      blocks.push(inWords(block));
      continue;
    }
    const text = isFileLink(block) ? await readLinked(block.uri, workspace, signal) : undefined;
    if (!isFileLink(block) || text === undefined || text.length > Math.min(room, LIMITS.embeddedFile)) {
      blocks.push(block);
      continue;
    }
    room -= text.length;
    blocks.push({ type: 'resource', resource: { uri: block.uri, mimeType: 'text/plain', text } });
  }
  return blocks;
};

/** A link with a fragment names a place in a file: the agent is to look there, not to be given all of it. */
const isFileLink = (block: acp.ContentBlock): block is acp.ContentBlock & { type: 'resource_link' } =>
  block.type === 'resource_link' && block.uri.startsWith('file:') && !block.uri.includes('#');

const readLinked = async (uri: string, workspace: Workspace, signal: AbortSignal): Promise<string | undefined> => {
  try {
    const place = await workspace.place(fileURLToPath(uri), signal);
    return place.inside && place.kind !== 'folder' ? await workspace.readText(place, {}, signal) : undefined;
  } catch (failure) {
    if (failure instanceof Failure || failure instanceof TypeError) return undefined;
    throw failure;
  }
};

const inWords = (block: acp.ContentBlock): acp.ContentBlock => {
  if (block.type !== 'resource' || !('text' in block.resource)) return block;
  const { uri, text } = block.resource;
  return { type: 'text', text: `\n\n<context ref="${uri.replaceAll('"', '%22')}">\n${text}\n</context>` };
};
