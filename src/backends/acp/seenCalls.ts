import type * as acp from '@agentclientprotocol/sdk';

/**
 * The tool calls of a session as the agent last described them, while they are open: a permission request may name
 * a call and say nothing more about it, and then what was seen before is what the person must be shown.
 */
export class SeenCalls {
  readonly #calls = new Map<string, acp.ToolCallUpdate>();

  note(update: acp.ToolCallUpdate): void {
    if (update.status === 'completed' || update.status === 'failed') this.#calls.delete(update.toolCallId);
    else this.#calls.set(update.toolCallId, this.#merged(update, isSaid));
  }

  get(call: string): acp.ToolCallUpdate | undefined {
    return this.#calls.get(call);
  }

  /** The last that names the file, as the agent called it: what it asks of us names no call. */
  naming(path: string): string | undefined {
    const names = ({ locations, content }: acp.ToolCallUpdate): boolean =>
      locations?.some((location) => location.path === path) === true ||
      content?.some((part) => part.type === 'diff' && part.path === path) === true;
    return [...this.#calls.values()].findLast(names)?.toolCallId;
  }

  /** What was seen, with what a request says over it: an empty list hides nothing from the person. */
  asked(call: acp.ToolCallUpdate): acp.ToolCallUpdate {
    return this.#merged(call, (value) => isSaid(value) && !(Array.isArray(value) && value.length === 0));
  }

  clear(): void {
    this.#calls.clear();
  }

  #merged(update: acp.ToolCallUpdate, counts: (value: unknown) => boolean): acp.ToolCallUpdate {
    const said = Object.fromEntries(Object.entries(update).filter(([, value]) => counts(value)));
    return { ...this.#calls.get(update.toolCallId), ...said, toolCallId: update.toolCallId };
  }
}

/** Absent and null leave what was there (protocol §5). */
const isSaid = (value: unknown): boolean => value !== undefined && value !== null;
