// A language model that says what the prompt tells it to, on loopback, in the words of three vendors.
import { createServer, type IncomingMessage } from 'node:http';
import { listenHere } from '../../tools/listen.ts';
import { chat } from './chat.ts';
import { gemini } from './gemini.ts';
import { responses } from './responses.ts';
import { answerTo } from './script.ts';
import { jsonOf, type ModelWire, Out } from './wire.ts';

export interface ScriptedModel extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
}

const wireOf = (path: string): ModelWire | undefined => {
  if (path.endsWith('/chat/completions')) return chat;
  if (path.endsWith('/responses')) return responses;
  return /:(?:stream)?generateContent$/iu.test(path) ? gemini : undefined;
};

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += String(part);
  return text === '' ? {} : JSON.parse(text);
};

export const startModel = async (): Promise<ScriptedModel> => {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://loopback').pathname;
    const out = new Out(response);
    readBody(request)
      .then(async (body) => {
        const wire = request.method === 'POST' ? wireOf(path) : undefined;
        if (wire === undefined) {
          // Agents also ask for lists of models and the price of a prompt, and live without.
          if (path.endsWith(':countTokens')) out.json({ totalTokens: 100 });
          else out.json({}, 404);
          return;
        }
        const asked = wire.read(jsonOf(body), path);
        const answer = answerTo(asked);
        if (answer.status === undefined) await wire.write(out, answer, asked);
        else out.json(wire.error(answer.status), answer.status);
      })
      .catch((failure: unknown) => {
        // One who hung up is not answered; anything else is a fault of ours, and the agent's turn will fail by it.
        if (!response.headersSent) out.json({ error: { message: String(failure) } }, 500);
        else response.end();
      });
  });
  const port = await listenHere(server);
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
