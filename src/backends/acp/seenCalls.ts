import type * as acp from '@agentclientprotocol/sdk';

/**
 * The tool calls of a session as the agent last described them, while they are open: a permission request may name
 * a call and say nothing more about it, and then what was seen before is what the person must be shown.
 */
export class SeenCalls {
  readonly #calls = new Map<string, acp.ToolCallUpdate>();

  note(update: acp.ToolCallUpdate): void {
    if (update.status === 'completed' || update.status === 'failed') this.#calls.delete(update.toolCallId);
    else this.#calls.set(update.toolCallId, this.merged(update));
  }

  get(call: string): acp.ToolCallUpdate | undefined {
    return this.#calls.get(call);
  }

  /** What was seen, with what the update says over it: absent and null say nothing. */
  merged(update: acp.ToolCallUpdate): acp.ToolCallUpdate {
    const said = Object.fromEntries(Object.entries(update).filter(([, value]) => value !== undefined && value !== null));
    return { ...this.#calls.get(update.toolCallId), ...said, toolCallId: update.toolCallId };
  }

  clear(): void {
    this.#calls.clear();
  }
}
