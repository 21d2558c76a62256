import type { Answer, Said } from './script.ts';
import type { Tool } from './tools.ts';
import { isJson, jsonOf, listOf, type ModelWire, newId, type Out, said, schemaOf } from './wire.ts';

type Item = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

const readItem = (item: Readonly<Record<string, unknown>>): Said => {
  const type = typeof item['type'] === 'string' ? item['type'] : 'message';
  if (type.endsWith('_call_output')) return said('tool', item['output']);
  if (type !== 'message') return { by: 'model', text: '' };
  const images = listOf(item['content']).filter((part) => part['type'] === 'input_image').length;
  const { role } = item;
  return said(role === 'user' ? 'person' : role === 'assistant' ? 'model' : 'system', item['content'], images);
};

const readTools = (tools: unknown, namespace?: string): readonly Tool[] =>
  listOf(tools).flatMap((tool): readonly Tool[] => {
    const { type, name, parameters } = tool;
    if (type === 'namespace') return readTools(tool['tools'], String(name));
    if (type !== 'function' && type !== 'custom') return [];
    const free = type === 'custom';
    return [
      { name: String(name), schema: jsonOf(parameters), free, ...(namespace === undefined ? {} : { namespace }) },
    ];
  });

/** One answer being written: its items are told as they begin and end, and once more all together. */
class Writing {
  readonly #out: Out;
  readonly #stream: boolean;
  readonly #id = newId('response');
  readonly #items: Item[] = [];
  #number = 0;

  constructor(out: Out, stream: boolean) {
    this.#out = out;
    this.#stream = stream;
  }

  send(type: string, fields: object): void {
    if (this.#stream) this.#out.event({ type, ...fields, sequence_number: this.#number++ }, type);
  }

  response(status: string): object {
    const usage = { input_tokens: 120, output_tokens: 30, total_tokens: 150 };
    const about = { object: 'response', created_at: 0, model: 'scripted', error: null, incomplete_details: null };
    return { id: this.#id, ...about, status, output: this.#items, ...(status === 'completed' ? { usage } : {}) };
  }

  /** `tell` sends what happens between the beginning and the end of the item, and says what it is at its end. */
  async item(begun: Item, tell: (place: object) => Promise<Item>): Promise<void> {
    const output_index = this.#items.length;
    this.send('response.output_item.added', { output_index, item: begun });
    const item = await tell({ item_id: begun.id, output_index });
    this.send('response.output_item.done', { output_index, item });
    this.#items.push(item);
  }

  end(): void {
    const response = this.response('completed');
    this.send('response.completed', { response });
    if (this.#stream) this.#out.end();
    else this.#out.json(response);
  }
}

const think = (writing: Writing, out: Out, thoughts: readonly string[]): Promise<void> => {
  const begun: Item = { id: newId('reasoning'), type: 'reasoning', summary: [] };
  return writing.item(begun, async (place) => {
    const at = { ...place, summary_index: 0 };
    const part = { type: 'summary_text', text: thoughts.join('') };
    writing.send('response.reasoning_summary_part.added', { ...at, part: { ...part, text: '' } });
    await out.pieces(thoughts, 5, (delta) => writing.send('response.reasoning_summary_text.delta', { ...at, delta }));
    writing.send('response.reasoning_summary_text.done', { ...at, text: part.text });
    writing.send('response.reasoning_summary_part.done', { ...at, part });
    return { ...begun, summary: [part] };
  });
};

const say = (writing: Writing, out: Out, texts: readonly string[], pause: number): Promise<void> => {
  const begun: Item = { id: newId('message'), type: 'message', status: 'in_progress', role: 'assistant', content: [] };
  return writing.item(begun, async (place) => {
    const at = { ...place, content_index: 0 };
    const part = { type: 'output_text', text: texts.join(''), annotations: [] };
    writing.send('response.content_part.added', { ...at, part: { ...part, text: '' } });
    await out.pieces(texts, pause, (delta) => writing.send('response.output_text.delta', { ...at, delta }));
    writing.send('response.output_text.done', { ...at, text: part.text });
    writing.send('response.content_part.done', { ...at, part });
    return { ...begun, status: 'completed', content: [part] };
  });
};

const call = (writing: Writing, { tool, input }: NonNullable<Answer['calls']>[number]): Promise<void> => {
  const kind = tool.free === true ? 'custom_tool_call' : 'function_call';
  const field = tool.free === true ? 'input' : 'arguments';
  const whole = isJson(input) ? JSON.stringify(input) : input;
  const namespace = tool.namespace === undefined ? {} : { namespace: tool.namespace };
  const about = { type: kind, name: tool.name, call_id: newId('call'), ...namespace };
  const begun: Item = { id: newId('item'), status: 'in_progress', ...about, [field]: '' };
  return writing.item(begun, (place) => {
    writing.send(`response.${kind}_${field}.delta`, { ...place, delta: whole });
    writing.send(`response.${kind}_${field}.done`, { ...place, [field]: whole });
    return Promise.resolve({ ...begun, status: 'completed', [field]: whole });
  });
};

/** OpenAI's responses. */
export const responses: ModelWire = {
  read: (body) => ({
    model: String(body['model']),
    stream: body['stream'] === true,
    schema: schemaOf(jsonOf(jsonOf(body['text'])['format'])['schema']),
    said: typeof body['input'] === 'string' ? [said('person', body['input'])] : listOf(body['input']).map(readItem),
    tools: readTools(body['tools']),
  }),
  async write(out, { thoughts = [], texts = [], calls = [], pause = 3 }, { stream }) {
    const writing = new Writing(out, stream);
    writing.send('response.created', { response: writing.response('in_progress') });
    if (thoughts.length > 0) await think(writing, out, thoughts);
    if (texts.length > 0) await say(writing, out, texts, pause);
    for (const one of calls) await call(writing, one);
    writing.end();
  },
  error: (status) => ({ error: { message: `The scripted model answers ${status}.`, type: 'api_error', code: null } }),
};
