import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import type { Turn } from '../turn.ts';
import { at, type Json, type Reply } from '../wire.ts';
import type { Behaviour } from './behaviour.ts';

/** Says in a message what came back. */
export async function report(turn: Turn, what: string, reply: Reply): Promise<void> {
  const { error } = reply;
  await turn.say(
    error ? `${what}: error ${error.code} ${error.message}\n` : `${what}: ${JSON.stringify(reply.result)}\n`,
  );
}

async function read(turn: Turn, argument: string): Promise<void> {
  await report(turn, 'read', await turn.request('fs/read_text_file', { path: inFolder(turn, argument) }));
}

async function write(turn: Turn, argument: string): Promise<void> {
  const [, name = '', content = ''] = /^(\S+)\s?([\s\S]*)$/.exec(argument) ?? [];
  await report(turn, 'write', await turn.request('fs/write_text_file', { path: inFolder(turn, name), content }));
}

/** As most real agents do it: the client is not asked, and not told. */
async function direct(turn: Turn, argument: string): Promise<void> {
  const [, name = '', content = ''] = /^(\S+)\s?([\s\S]*)$/.exec(argument) ?? [];
  const path = inFolder(turn, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await turn.say(`wrote ${name} by myself\n`);
}

function inFolder(turn: Turn, path: string): string {
  return resolve(turn.cwd, path);
}

/** Words, with quotes as a shell has them. */
function argv(text: string): string[] {
  const words = text.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g);
  return [...words].map(([, double, single, bare]) => double?.replaceAll(/\\(.)/g, '$1') ?? single ?? bare ?? '');
}

/** Whether the client made the terminal. */
async function start(turn: Turn, argument: string): Promise<boolean> {
  const [command = '', ...args] = argv(argument);
  const reply = await turn.request('terminal/create', { command, args, cwd: turn.cwd });
  const terminalId = at(reply.result, 'terminalId');
  if (typeof terminalId !== 'string') {
    await report(turn, 'terminal/create', reply);
    return false;
  }
  turn.memory.terminalId = terminalId;
  const content = [{ type: 'terminal', terminalId }];
  const call = { toolCallId: turn.callId(), title: argument, kind: 'execute', status: 'completed', content };
  await turn.update({ sessionUpdate: 'tool_call', ...call });
  return true;
}

async function begin(turn: Turn, argument: string): Promise<void> {
  await start(turn, argument);
}

async function run(turn: Turn, argument: string): Promise<void> {
  if (!(await start(turn, argument))) return;
  const { terminalId } = turn.memory;
  const exit = await Promise.race([turn.request('terminal/wait_for_exit', { terminalId }), turn.untilCancelled()]);
  if (!exit || turn.cancelled.aborted) return;
  await report(turn, 'terminal/wait_for_exit', exit);
  await ofTerminal('terminal/output')(turn);
}

function ofTerminal(method: string): (turn: Turn) => Promise<void> {
  return async (turn) => {
    const { terminalId } = turn.memory;
    if (terminalId === undefined) await turn.say('there is no terminal yet: `start COMMAND` makes one\n');
    else await report(turn, method, await turn.request(method, { terminalId }));
  };
}

async function unknownRequest(turn: Turn): Promise<void> {
  await turn.wire.notify('_vendor/event', { sessionId: turn.sessionId });
  await report(turn, '_vendor/thing', await turn.wire.request('_vendor/thing', { sessionId: turn.sessionId }));
}

async function elicit(turn: Turn): Promise<void> {
  const properties: Json = { name: { type: 'string', title: 'Name' }, sure: { type: 'boolean', title: 'Sure' } };
  const requestedSchema = { type: 'object', properties, required: ['name'] };
  const params = { mode: 'form', message: 'Who are you?', requestedSchema };
  await report(turn, 'elicitation', await turn.request('elicitation/create', params));
}

/** As kimi calls one: a shell, and a line for it that goes to the folder first. */
async function shell(turn: Turn): Promise<void> {
  const args = ['-c', `cd '${turn.cwd}' && echo from its shell`];
  const reply = await turn.request('terminal/create', { command: '/bin/bash', args, cwd: turn.cwd });
  const terminalId = at(reply.result, 'terminalId');
  await report(turn, 'exit', await turn.request('terminal/wait_for_exit', { terminalId }));
  await report(turn, 'output', await turn.request('terminal/output', { terminalId }));
}

/** Nobody is asked first. */
async function unasked(turn: Turn): Promise<void> {
  const path = inFolder(turn, 'unasked.txt');
  await report(turn, 'write', await turn.request('fs/write_text_file', { path, content: 'unasked\n' }));
  await report(turn, 'read', await turn.request('fs/read_text_file', { path }));
}

async function initialize(turn: Turn): Promise<void> {
  await turn.say(`\`\`\`json\n${JSON.stringify(turn.client, undefined, 2)}\n\`\`\`\n`);
}

async function servers(turn: Turn): Promise<void> {
  await turn.say(`mcp: ${JSON.stringify(turn.mcpServers)}\n`);
}

async function variable(turn: Turn, argument: string): Promise<void> {
  const value = process.env[argument];
  await turn.say(value === undefined ? `${argument} is not set\n` : `${argument} has ${value.length} characters\n`);
}

export const client: readonly Behaviour[] = [
  { name: 'variable', argument: 'NAME', about: 'how long a variable of its environment is', run: variable },
  { name: 'read', argument: 'PATH', about: 'fs/read_text_file, and what came back', run: read },
  { name: 'write', argument: 'PATH TEXT', about: 'fs/write_text_file, and what came back', run: write },
  { name: 'direct', argument: 'PATH TEXT', about: 'writes the file by itself, without the client', run: direct },
  { name: 'run', argument: 'COMMAND', about: 'a terminal, its exit and its output; it is not released', run },
  { name: 'start', argument: 'COMMAND', about: 'a terminal, without waiting for it', run: begin },
  { name: 'output', about: 'terminal/output of the last terminal', run: ofTerminal('terminal/output') },
  { name: 'wait', about: 'terminal/wait_for_exit of the last terminal', run: ofTerminal('terminal/wait_for_exit') },
  { name: 'kill', about: 'terminal/kill of the last terminal', run: ofTerminal('terminal/kill') },
  { name: 'release', about: 'terminal/release of the last terminal', run: ofTerminal('terminal/release') },
  { name: 'elicit', about: 'elicitation/create with a form, and what came back', run: elicit },
  {
    name: 'unknown-request',
    about: 'a request and a notification of a vendor, and the error that came back',
    run: unknownRequest,
  },
  { name: 'kimi-shell', about: 'a terminal with /bin/bash -c, its exit and its output', run: shell },
  { name: 'kimi-writes-unasked', about: 'fs/write_text_file and fs/read_text_file without a question', run: unasked },
  { name: 'mcp', about: 'the MCP servers that the session was given', run: servers },
  { name: 'initialize', about: 'what the client said of itself', run: initialize },
];
