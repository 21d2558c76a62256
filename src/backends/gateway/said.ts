/**
 * What an agent behind a gateway says, each word once: it is streamed, and then said whole, and some of both may be
 * missing. Source: the gateway protocol, §6.
 */
import type { SessionEvent } from '../../model/event.ts';
import { countOf, type Fields, isFields, isText, listOf, textOf } from '../../model/fold/read.ts';
import { readUpdate } from '../../protocol/acp/update.ts';

type Kind = 'agent_message_chunk' | 'agent_thought_chunk';

/** The text of a block, where it has one. */
export const textIn = (block: unknown): string | undefined => {
  if (isText(block)) return block;
  return isFields(block) && block['type'] === 'text' ? textOf(block['text']) : undefined;
};

/** All text of a message, whether its content is a text or blocks. */
export const textOfAll = (content: unknown): string =>
  isText(content) ? content : (listOf(content) ?? []).flatMap((block) => textIn(block) ?? []).join('\n');

export class Said {
  /** Of the message that is being said: what was streamed of its blocks. */
  readonly #streamed = new Set<string>();
  #message: string | undefined;
  /** Anything was said in this run. */
  any = false;

  /** Undefined: this is nothing that is said. */
  take(name: string, data: Fields): readonly SessionEvent[] | undefined {
    switch (name) {
      case 'message_start':
        this.#streamed.clear();
        this.#message = textOf(data['id']);
        return [];
      case 'content_delta': {
        const { blockType } = data;
        const isOther = isText(blockType) && blockType !== 'text';
        return isOther ? [] : this.#part('agent_message_chunk', data, textOf(data['delta']));
      }
      case 'reasoning_delta':
        return this.#part('agent_thought_chunk', data, textOf(data['delta']));
      case 'content':
        return this.#whole('agent_message_chunk', data, textIn(data['content']));
      case 'reasoning':
        return this.#whole('agent_thought_chunk', data, textOf(data['reasoning']));
      case 'message':
        return this.#all(data['message']);
      default:
        return undefined;
    }
  }

  /** Another run begins: what is said in it does not go on with what was said before. */
  begin(run: string): void {
    this.#streamed.clear();
    this.#message = run;
    this.any = false;
  }

  /** Something is missing here: what follows does not go on with what was said before. */
  break(): void {
    this.#message = undefined;
  }

  #part(kind: Kind, data: Fields, text: string | undefined): readonly SessionEvent[] {
    if (text === undefined) return [];
    const block = blockOf(data);
    this.#streamed.add(`${kind} ${block}`);
    return [this.#say(kind, block, text)];
  }

  #whole(kind: Kind, data: Fields, text: string | undefined): readonly SessionEvent[] {
    return this.#streamed.has(`${kind} ${blockOf(data)}`) ? [] : this.#part(kind, data, text);
  }

  /** Where nothing of it was heard before. */
  #all(message: unknown): readonly SessionEvent[] {
    const wasHeard = this.#streamed.size > 0;
    this.#streamed.clear();
    if (wasHeard || !isFields(message) || (textOf(message['role']) ?? 'assistant') !== 'assistant') return [];
    const text = textOfAll(message['content']);
    return text === '' ? [] : [this.#say('agent_message_chunk', 0, text)];
  }

  #say(kind: Kind, block: number, text: string): SessionEvent {
    this.any = true;
    // Each block by itself: a call may stand between two of a message.
    const id = this.#message === undefined ? {} : { messageId: `${this.#message} ${block}` };
    return readUpdate({ sessionUpdate: kind, content: { type: 'text', text }, ...id });
  }
}

const blockOf = ({ blockIndex }: Fields): number => countOf(blockIndex) ?? 0;
