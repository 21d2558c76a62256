const line = (update: object): string =>
  JSON.stringify({ jsonrpc: '2.0', method: 'session/update', params: { sessionId: 's', update } });

const chunk = (index: number, messageId: string): string => {
  const content = { type: 'text', text: `${index} some words, ` };
  return line({ sessionUpdate: 'agent_message_chunk', messageId, content });
};

const output = [
  { type: 'content', content: { type: 'text', text: 'A line of what the tool has found, as tools do. '.repeat(8) } },
];

/** What an agent writes: mostly text in small pieces, a new message now and then, and tool calls. */
export const traffic = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => {
    const toolCallId = `call${Math.floor(index / 50)}`;
    if (index % 50 === 48) {
      const call = { title: 'Search the sources', kind: 'search', status: 'in_progress' };
      return line({ sessionUpdate: 'tool_call', toolCallId, ...call });
    }
    if (index % 50 === 49) {
      return line({ sessionUpdate: 'tool_call_update', toolCallId, status: 'completed', content: output });
    }
    return chunk(index, `message${Math.floor(index / 500)}`);
  });

/** The same mixture for what stands there already: one message and the given call. The session gets no longer by it. */
export const steadyTraffic = (count: number, toolCallId: string): readonly string[] =>
  Array.from({ length: count }, (_, index) =>
    index % 50 < 48
      ? chunk(index, 'message')
      : line({ sessionUpdate: 'tool_call_update', toolCallId, title: `Search ${index}`, content: output }),
  );

const call = (index: number, number: number): string =>
  line({
    sessionUpdate: 'tool_call',
    toolCallId: `call${number}`,
    title: `Search ${index}`,
    kind: 'search',
    status: 'in_progress',
  });

const callDone = (index: number, number: number): string => {
  const update = { toolCallId: `call${number}`, title: `Search ${index}`, status: 'completed', content: output };
  return line({ sessionUpdate: 'tool_call_update', ...update });
};

/** Tool calls that begin and end, one after the other. */
export const callTraffic = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) =>
    index % 2 === 0 ? call(index, Math.floor(index / 2)) : callDone(index, Math.floor(index / 2)),
  );

/** So many calls, which are then changed for ever. */
export const restlessTraffic = (count: number, calls: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => (index < calls ? call(index, index) : callDone(index, index % calls)));

/** The lines as bytes, in the pieces in which a pipe hands them out. */
export const inChunks = (lines: readonly string[], size = 64 * 1024): readonly Uint8Array[] => {
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
};
