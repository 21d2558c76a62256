import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { hostileMarkup } from '../fakes/markup.ts';
import { listenHere } from '../tools/listen.ts';

/** A server that nobody may ever ask for anything. */
export interface Trap extends AsyncDisposable {
  /** `host:port` */
  readonly address: string;
  /** What was asked for, in order. */
  readonly asked: readonly string[];
}

export async function startTrap(): Promise<Trap> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(200, { 'access-control-allow-origin': '*' }).end();
  });
  // Whoever only opens a connection, as a `preconnect` does, has told as much.
  server.on('connection', ({ remotePort }) => asked.push(`connection from ${remotePort}`));
  const port = await listenHere(server);
  return {
    address: `127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const SESSION = 'hostile';
export const LAST_WORDS = 'all of it was said';

type Fields = Readonly<Record<string, unknown>>;

/** Every other field of the protocol whose words stand on the screen, filled with one text. */
const everywhere = (text: string, index: number): readonly Fields[] => {
  const content = { type: 'text', text };
  const id = `call-${index}`;
  return [
    { sessionUpdate: 'agent_thought_chunk', messageId: `t${index}`, content },
    {
      sessionUpdate: 'tool_call',
      toolCallId: id,
      title: text,
      kind: text,
      status: 'in_progress',
      rawInput: { command: text, [text]: text },
      rawOutput: { [text]: text },
      locations: [{ path: `/${text}`, line: 1 }],
      content: [
        { type: 'content', content },
        { type: 'diff', path: `/${text}`, oldText: 'before', newText: text },
        { type: 'content', content: { type: 'resource_link', name: text, title: text, uri: text, description: text } },
        { type: 'content', content: { type: 'resource', resource: { uri: text, mimeType: 'text/html', text } } },
        { type: 'content', content: { type: 'image', mimeType: 'image/svg+xml', data: base64(text), uri: text } },
        { type: text, text },
      ],
    },
    { sessionUpdate: text, title: text, content },
  ];
};

const message = (text: string, messageId: string): Fields => ({
  sessionUpdate: 'agent_message_chunk',
  messageId,
  content: { type: 'text', text },
});

const inGroups = <T>(all: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));

const base64 = (text: string): string =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${text}</svg>`).toString('base64');

/** The one place on the screen that a session has of these, which holds all the variants. */
const once = (markup: readonly string[]): readonly Fields[] => [
  {
    sessionUpdate: 'plan',
    entries: markup.map((content) => ({ content, priority: 'high', status: 'pending' })),
  },
  {
    sessionUpdate: 'available_commands_update',
    availableCommands: markup.map((text, index) => ({ name: `c${index}`, description: text, input: { hint: text } })),
  },
  { sessionUpdate: 'session_info_update', title: markup.at(-1) },
];

/** A script for the fake agent: says every variant in every field, then asks with them twice, and says {@link LAST_WORDS}. */
export async function writeHostile(file: string, trap: string): Promise<number> {
  const markup = hostileMarkup(trap);
  const some = markup.filter((_, index) => index % 9 === 0);
  const all = markup.join('\n\n');
  const respond = (method: string, result: object): object => ({
    send: { jsonrpc: '2.0', id: `\${${method}.id}`, result },
  });
  const tell = (update: Fields): object => ({
    send: { jsonrpc: '2.0', method: 'session/update', params: { sessionId: SESSION, update } },
  });
  const option = (text: string, index: number) => ({ optionId: `o${index}`, name: text, kind: text });
  const configOptions = [
    {
      id: 'x',
      name: markup[0],
      description: markup[1],
      type: 'select',
      currentValue: 'v0',
      options: some.map((name, index) => ({ value: `v${index}`, name, description: name })),
    },
  ];
  const properties = Object.fromEntries(
    some.map((text, index) => [`p${index}`, { type: 'string', title: text, description: text, default: text }]),
  );
  const ask = (id: string, method: string, params: object): object => ({
    send: { jsonrpc: '2.0', id, method, params: { sessionId: SESSION, ...params } },
  });
  await writeFile(
    file,
    JSON.stringify([
      { wait: 'initialize' },
      respond('initialize', {
        protocolVersion: 1,
        agentCapabilities: {},
        agentInfo: { name: markup[0], title: markup[0], version: markup[1] },
        authMethods: [],
      }),
      { wait: 'session/new' },
      respond('session/new', { sessionId: SESSION, configOptions }),
      { wait: 'session/prompt' },
      ...inGroups(markup, 8).flatMap((group, index) => [
        ...group.map((text, one) => tell(message(text, `m${index}-${one}`))),
        ...everywhere(group.join('\n'), index).map(tell),
      ]),
      ...once(markup).map(tell),
      ask('permission', 'session/request_permission', {
        toolCall: {
          toolCallId: 'asked',
          title: all,
          kind: 'edit',
          rawInput: { command: all },
          content: [{ type: 'diff', path: `/${some[0]}`, oldText: all, newText: `${all}\n${all}` }],
        },
        options: [...some.slice(0, 4).map(option), { optionId: 'no', name: 'Refuse', kind: 'reject_once' }],
      }),
      { wait: 'response:permission' },
      ask('form', 'elicitation/create', {
        mode: 'form',
        message: all,
        requestedSchema: { type: 'object', properties },
      }),
      { wait: 'response:form' },
      tell(message(LAST_WORDS, 'last')),
      respond('session/prompt', { stopReason: 'end_turn' }),
      { wait: 'nothing more' },
    ]),
  );
  return markup.length;
}
