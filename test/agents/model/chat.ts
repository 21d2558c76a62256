import { isJson, jsonOf, listOf, type ModelWire, newId, said, schemaOf } from './wire.ts';
import type { Tool } from './tools.ts';

const PERSON: Readonly<Record<string, 'person' | 'model' | 'tool'>> = {
  user: 'person',
  assistant: 'model',
  tool: 'tool',
};

/** OpenAI's chat completions. */
export const chat: ModelWire = {
  read: (body) => ({
    model: String(body['model']),
    stream: body['stream'] === true,
    schema: schemaOf(jsonOf(jsonOf(body['response_format'])['json_schema'])['schema']),
    said: listOf(body['messages']).map(({ role, content }) => {
      const images = listOf(content).filter(({ type }) => type === 'image_url').length;
      return said(PERSON[String(role)] ?? 'system', content, images);
    }),
    tools: listOf(body['tools']).map((tool): Tool => {
      const { name, parameters } = jsonOf(tool['function']);
      return { name: String(name), schema: jsonOf(parameters) };
    }),
  }),
  async write(out, { thoughts = [], texts = [], calls = [], pause = 3 }, { stream }) {
    const base = { id: newId('chat'), object: 'chat.completion.chunk', created: 0, model: 'scripted' };
    const usage = { prompt_tokens: 120, completion_tokens: 30, total_tokens: 150 };
    const finish_reason = calls.length > 0 ? 'tool_calls' : 'stop';
    const tool_calls = calls.map(({ tool, input }, index) => ({
      index,
      id: newId('call'),
      type: 'function',
      function: { name: tool.name, arguments: isJson(input) ? JSON.stringify(input) : input },
    }));
    if (!stream) {
      const message = { role: 'assistant', content: texts.join(''), ...(calls.length > 0 ? { tool_calls } : {}) };
      out.json({ ...base, object: 'chat.completion', choices: [{ index: 0, message, finish_reason }], usage });
      return;
    }
    const delta = (fields: object, finish: string | null = null): void =>
      out.event({ ...base, choices: [{ index: 0, delta: fields, finish_reason: finish }] });
    delta({ role: 'assistant', content: '' });
    await out.pieces(thoughts, 5, (text) => delta({ reasoning_content: text }));
    await out.pieces(texts, pause, (text) => delta({ content: text }));
    if (calls.length > 0) delta({ tool_calls });
    delta({}, finish_reason);
    out.event({ ...base, choices: [], usage });
    out.event('[DONE]');
    out.end();
  },
  error: (status) => ({ error: { message: `The scripted model answers ${status}.`, type: 'api_error', code: null } }),
};
