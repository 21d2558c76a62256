import type { Said } from './script.ts';
import type { Json, Tool } from './tools.ts';
import { jsonOf, listOf, type ModelWire, newId, schemaOf, textOf } from './wire.ts';

const readContent = ({ role, parts }: Readonly<Record<string, unknown>>): Said => {
  const all = listOf(parts);
  const results = all.filter((part) => 'functionResponse' in part);
  if (results.length > 0)
    return { by: 'tool', text: results.map((part) => JSON.stringify(part['functionResponse'])).join('\n') };
  const text = all.map((part) => textOf(part['text'])).join('\n');
  const images = all.filter((part) => 'inlineData' in part).length;
  return { by: role === 'model' ? 'model' : 'person', text, images };
};

const readTool = (declaration: Readonly<Record<string, unknown>>): Tool => ({
  name: String(declaration['name']),
  schema: jsonOf(declaration['parametersJsonSchema'] ?? declaration['parameters']),
});

/** Some say only that they want JSON. */
const schemaIn = ({ responseJsonSchema, responseSchema, responseMimeType }: Json): Json | undefined =>
  schemaOf(
    responseJsonSchema,
    responseSchema,
    responseMimeType === 'application/json' ? { type: 'object' } : undefined,
  );

/** Google's generateContent. */
export const gemini: ModelWire = {
  read: (body, path) => ({
    model: /[^/]+(?=:\w+$)/u.exec(path)?.[0] ?? '',
    stream: path.includes(':streamGenerateContent'),
    schema: schemaIn(jsonOf(body['generationConfig'])),
    said: listOf(body['contents']).map(readContent),
    tools: listOf(body['tools']).flatMap((tool) => listOf(tool['functionDeclarations']).map(readTool)),
  }),
  async write(out, { thoughts = [], texts = [], calls = [], pause = 3 }, { stream }) {
    const usageMetadata = { promptTokenCount: 120, candidatesTokenCount: 30, totalTokenCount: 150 };
    const chunk = (parts: readonly object[], finishReason?: string): object => ({
      candidates: [
        { content: { role: 'model', parts }, index: 0, ...(finishReason === undefined ? {} : { finishReason }) },
      ],
      usageMetadata,
      modelVersion: 'scripted',
    });
    const used = calls.map(({ tool, input }) => ({
      functionCall: { id: newId('call'), name: tool.name, args: input },
      thoughtSignature: 'c2lnbmVk',
    }));
    if (!stream) {
      out.json(chunk([{ text: texts.join('') }, ...used], 'STOP'));
      return;
    }
    await out.pieces(thoughts, 5, (text) => out.event(chunk([{ text: `**Thinking** ${text}`, thought: true }])));
    await out.pieces(texts, pause, (text) => out.event(chunk([{ text }])));
    out.event(chunk(used.length > 0 ? used : [{ text: '' }], 'STOP'));
    out.end();
  },
  error: (code) => ({ error: { code, message: `The scripted model answers ${code}.`, status: 'INTERNAL' } }),
};
