import { isFields, isText, listOf, type Fields } from '../../model/fold/read.ts';
import type { AcpSession } from './session.ts';

/**
 * The sessions that an agent runs inside of one of ours (protocol §6, `subagent_update`). Nobody opened them here: their
 * tool calls and questions are the session's own, and what they say stands in their card.
 */
export class Subagents {
  readonly #session: AcpSession;
  /** Whom the messages between sessions are for, by their ids: their chunks do not say it. */
  readonly #messages = new Map<string, string>();
  readonly #ids = new Set<string>();

  constructor(session: AcpSession) {
    this.#session = session;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Takes what the session itself is told of its helpers. False: it is about something else. */
  take(update: unknown, raw: string): boolean {
    if (!isFields(update)) return false;
    const { sessionUpdate, sessionId, messageId } = update;
    if (sessionUpdate === 'subagent_update' && isText(sessionId)) this.#ids.add(sessionId);
    if (!isText(messageId)) return false;
    if (sessionUpdate === 'session_message') {
      const child = [update['recipientSessionId'], update['senderSessionId']].find(
        (id): id is string => isText(id) && this.#ids.has(id),
      );
      if (child === undefined) return false;
      this.#messages.set(messageId, child);
      const said = (listOf(update['content']) ?? []).map(textOfBlock).join('');
      if (said !== '') this.#say(child, `\n${said}\n`, raw);
      return true;
    }
    const child = this.#messages.get(messageId);
    if (sessionUpdate !== 'session_message_chunk' || child === undefined) return false;
    this.#say(child, textOfBlock(update['content']), raw);
    return true;
  }

  /** Takes an update of one of them. Facts of theirs, such as modes, are nobody's. */
  takeOf(id: string, update: unknown, raw: string): void {
    if (!isFields(update)) return;
    switch (update['sessionUpdate']) {
      case 'tool_call':
      case 'tool_call_update':
      case 'subagent_update':
        return this.#session.take(update, raw);
      case 'agent_message_chunk':
        return this.#say(id, textOfBlock(update['content']), raw);
      default:
    }
  }

  #say(id: string, text: string, raw: string): void {
    if (text !== '') this.#session.push({ kind: 'subagent/said', session: id, text }, raw);
  }
}

const textOfBlock = (block: unknown): string => (isFields(block) ? textIn(block) : '');

const textIn = ({ type, text }: Fields): string => (type === 'text' && isText(text) ? text : '');
