/**
 * What the scripted model answers. The person's prompt holds it, on a line of its own:
 *
 *     script: say 5
 *
 * say N            N words           slow N           N words, one each fifth of a second
 * think N          N thoughts        markdown         a heading, a list, code, a table
 * see              how many images there are in the prompt
 * name             which model was asked
 * write PATH TEXT  edit PATH OLD=>NEW  read PATH  run COMMAND        the agent's own tool for it, then how that ended
 * error STATUS     the HTTP status instead of an answer
 */
import { type Action, anInstance, type Json, type Tool, toolCall, type ToolCall } from './tools.ts';

/** A message of a request, in whichever words it was sent. */
export interface Said {
  readonly by: 'person' | 'model' | 'tool' | 'system';
  readonly text: string;
  readonly images?: number;
}

export interface Asked {
  /** As the agent calls it. */
  readonly model: string;
  /** Whether the answer is to come piece by piece. */
  readonly stream: boolean;
  readonly said: readonly Said[];
  readonly tools: readonly Tool[];
  /** JSON Schema of the answer, where it is to be data. */
  readonly schema: Json | undefined;
}

export interface Answer {
  readonly thoughts?: readonly string[];
  readonly texts?: readonly string[];
  readonly calls?: readonly ToolCall[];
  /** Between two pieces of text, ms. */
  readonly pause?: number;
  /** HTTP status instead of all this. */
  readonly status?: number;
}

export const MARKDOWN =
  '# Heading\n\nSome `code` and **words**.\n\n- one\n- two\n\n```ts\nexport const answer = 42;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n';

const LINE = /^\s*script: (\w+) ?(.*)$/mu;

export const answerTo = ({ model, said, tools, schema }: Asked): Answer => {
  const at = said.findLastIndex(({ by, text }) => by === 'person' && LINE.test(text));
  const asked = said[at];
  const [, verb = '', rest = ''] = LINE.exec(asked?.text ?? '') ?? [];
  // What has no tools is no turn of a session: agents also ask for titles, or which model would suit.
  if (schema !== undefined) return { texts: [JSON.stringify(anInstance(schema))] };
  if (asked === undefined || tools.length === 0) return { texts: ['A title'] };
  const results = said.slice(at + 1).filter(({ by }) => by === 'tool');
  if (results.length > 0) return { texts: ['The tool said: ', (results.at(-1)?.text ?? '').slice(0, 500)] };
  switch (verb) {
    case 'say':
      return { texts: words(Number(rest), 'word') };
    case 'slow':
      return { texts: words(Number(rest), 'slow'), pause: 200 };
    case 'think':
      return { thoughts: words(Number(rest), 'thought'), texts: ['I have thought.'] };
    case 'markdown':
      return { texts: MARKDOWN.match(/[\s\S]{1,24}/gu) ?? [] };
    case 'see':
      return { texts: [`I see ${asked.images ?? 0} images.`] };
    case 'name':
      return { texts: [`I am ${model}.`] };
    case 'error':
      return { status: Number(rest) };
    default: {
      const action = actionOf(verb, rest);
      const call = action && toolCall(action, tools);
      return call === undefined ? { texts: [`There is no tool for: ${verb}`] } : { calls: [call] };
    }
  }
};

const actionOf = (verb: string, rest: string): Action | undefined => {
  const [, path = '', text = ''] = /^(\S*) ?(.*)$/u.exec(rest) ?? [];
  const [before = '', after = ''] = text.split('=>');
  switch (verb) {
    case 'write':
      return { kind: 'write', path, text: `${text}\n` };
    case 'edit':
      return { kind: 'edit', path, before, after };
    case 'read':
      return { kind: 'read', path };
    case 'run':
      return { kind: 'run', command: rest };
    default:
      return undefined;
  }
};

const words = (count: number, word: string): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${word} ${index + 1} `);
