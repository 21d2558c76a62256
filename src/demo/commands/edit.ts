import { readFile } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { methods, RequestError, type ToolCallContent } from '@agentclientprotocol/sdk';
import { code, reason } from '../content.ts';
import { textContent, type Turn } from '../turn.ts';
import type { Command } from './command.ts';
import { withRemark } from './remark.ts';

export const edit: Command = {
  name: 'edit',
  description: 'Adds a remark to a file, after asking',
  hint: 'path, README.md when absent',
  run: editFile,
};

const notFound = -32002;

async function editFile(turn: Turn, rest: string): Promise<void> {
  if (turn.session.settings.selected.mode === 'ask') {
    await turn.say('The mode is *Ask*, in which I change nothing. Switch it to *Code* and send `/edit` again.');
    return;
  }
  const path = resolve(turn.session.cwd, rest || 'README.md');
  const name = shortName(turn.session.cwd, path);
  const before = await read(turn, path, name);
  if (before === undefined) return;
  const after = withRemark(path, before.text);
  if (after === undefined) {
    await turn.say(`I know no way to put a remark into ${code(name)} without breaking it. Try a markdown file.`);
    return;
  }
  await propose(turn, { path, name, oldText: before.exists ? before.text : null, newText: after });
}

interface Change {
  readonly path: string;
  readonly name: string;
  /** null = the file does not exist. */
  readonly oldText: string | null;
  readonly newText: string;
}

async function propose(turn: Turn, { path, name, oldText, newText }: Change): Promise<void> {
  const diff: ToolCallContent = { type: 'diff', path, oldText, newText };
  const call = {
    title: `${oldText === null ? 'Create' : 'Edit'} ${name}`,
    kind: 'edit' as const,
    content: [diff],
    locations: [{ path, line: firstDifference(oldText ?? '', newText) }],
    rawInput: { path },
  };
  const tool = await turn.startTool(call);
  const toolCall = { toolCallId: tool.id, status: 'pending' as const, ...call };
  if (!(await turn.allows(`edit:${path}`, toolCall, `Always allow edits of ${name}`))) {
    await tool.end('failed', { content: [diff, textContent('Rejected: nothing was written.')] });
    await turn.say(`You said no, so ${code(name)} stays as it is.`);
    return;
  }
  await tool.update({ status: 'in_progress' });
  const failure = await write(turn, path, newText);
  if (failure !== undefined) {
    await tool.end('failed', { content: [diff, textContent(failure)] });
    await turn.say(`${code(name)} was not written: ${failure}`);
    return;
  }
  await tool.end('completed');
  await turn.say(`Done: ${code(name)} has one remark more. Undo works in your editor as after any edit.`);
}

/** Through the client, whose editors may hold text that is not saved yet; from disk where it does not offer that. */
async function read(turn: Turn, path: string, name: string): Promise<{ text: string; exists: boolean } | undefined> {
  const tool = await turn.startTool({ title: `Read ${name}`, kind: 'read', locations: [{ path }], rawInput: { path } });
  try {
    const text = await turn.until(turn.capabilities.fs?.readTextFile ? ask(turn, path) : readFile(path, 'utf8'));
    await tool.end('completed');
    return { text, exists: true };
  } catch (error) {
    turn.signal.throwIfAborted();
    if (isMissing(error)) {
      await tool.end('completed', { content: [textContent('The file does not exist yet.')] });
      return { text: '', exists: false };
    }
    await tool.end('failed', { content: [textContent(reason(error))] });
    await turn.say(`${code(name)} could not be read: ${reason(error)}`);
    return undefined;
  }
}

async function ask(turn: Turn, path: string): Promise<string> {
  const { content } = await turn.client.request(methods.client.fs.readTextFile, { sessionId: turn.session.id, path });
  return content;
}

/** Why the file was not written, undefined when it was. */
async function write(turn: Turn, path: string, content: string): Promise<string | undefined> {
  if (!turn.capabilities.fs?.writeTextFile) {
    return 'this client does not offer to write files, and I do not write behind its back.';
  }
  const sessionId = turn.session.id;
  try {
    await turn.until(turn.client.request(methods.client.fs.writeTextFile, { sessionId, path, content }));
    return undefined;
  } catch (error) {
    turn.signal.throwIfAborted();
    return reason(error);
  }
}

function isMissing(error: unknown): boolean {
  if (error instanceof RequestError) return error.code === notFound;
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function shortName(cwd: string, path: string): string {
  const name = relative(cwd, path);
  return name.startsWith('..') || isAbsolute(name) ? path : name;
}

/** 1-based line of the new text. */
function firstDifference(before: string, after: string): number {
  const old = before.split('\n');
  const index = after.split('\n').findIndex((line, at) => line !== old[at]);
  return Math.max(0, index) + 1;
}
