import type * as acp from '@agentclientprotocol/sdk';
import { isFields, isText, textOf, type Fields } from '../../model/fold/read.ts';
import type { AcpSession } from './session.ts';
import { TerminalLook } from './terminalLook.ts';

/**
 * Terminals that the agent runs by itself and only tells of: a tool call names one that we never created, and what it
 * writes stands in `_meta` of the updates (protocol §10, codex). Without this their output would be seen nowhere.
 */
export class ToldTerminals {
  readonly #session: AcpSession;
  readonly #looks = new Map<string, TerminalLook>();

  constructor(session: AcpSession) {
    this.#session = session;
  }

  note(update: acp.ToolCallUpdate): void {
    const meta = update._meta;
    if (!isFields(meta)) return;
    const info = meta['terminal_info'];
    const delta = meta['terminal_output_delta'];
    const exit = meta['terminal_exit'];
    if (isFields(info)) this.#look(info, update);
    if (isFields(delta) && isText(delta['data'])) this.#look(delta, update)?.append(delta['data']);
    if (isFields(exit)) this.#end(exit, update);
  }

  /** What has not ended by the end of the turn is not told of any more. */
  clear(): void {
    this.#looks.clear();
  }

  #look(told: Fields, update: acp.ToolCallUpdate): TerminalLook | undefined {
    const id = told['terminal_id'];
    if (!isText(id)) return undefined;
    let look = this.#looks.get(id);
    if (look === undefined) {
      look = new TerminalLook(
        this.#session,
        id,
        update.title ?? this.#session.calls.get(update.toolCallId)?.title ?? '',
      );
      this.#looks.set(id, look);
    }
    return look;
  }

  #end(exit: Fields, update: acp.ToolCallUpdate): void {
    const code = exit['exit_code'];
    this.#look(exit, update)?.end({
      code: typeof code === 'number' ? code : null,
      signal: textOf(exit['signal']) ?? null,
    });
    if (isText(exit['terminal_id'])) this.#looks.delete(exit['terminal_id']);
  }
}
