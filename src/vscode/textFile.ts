import { readFile, stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import { Failure } from '../base/failure.ts';

/** VS Code opens nothing larger as a document either. */
const MAXIMUM = 50 * 1024 * 1024;
const REPLACEMENT = '\uFFFD';
const REPLACEMENT_BYTES = Buffer.from(REPLACEMENT);

/**
 * What stands on the disk, as text without its byte order mark, in the encoding that the person's settings give the
 * file. `undefined` when there is no such file.
 * @throws Failure `binary`, `invalid`
 */
export const readTextFile = async (path: string, signal: AbortSignal): Promise<string | undefined> => {
  const bytes = await readBytes(path, signal);
  return bytes === undefined ? undefined : await decode(path, bytes);
};

const readBytes = async (path: string, signal: AbortSignal): Promise<Buffer | undefined> => {
  try {
    const about = await stat(path);
    if (!about.isFile())
      throw new Failure('invalid', vscode.l10n.t('{0} is not a file.', path), vscode.l10n.t('Name a file.'));
    if (about.size > MAXIMUM)
      throw new Failure('invalid', vscode.l10n.t('{0} is too large: it has more than 50 MB.', path));
    return await readFile(path, { signal });
  } catch (failure) {
    if (failure instanceof Error && 'code' in failure && (failure.code === 'ENOENT' || failure.code === 'ENOTDIR'))
      return undefined;
    throw failure;
  }
};

const decode = async (path: string, bytes: Buffer): Promise<string> => {
  const text = await decodeBytes(path, bytes);
  // An agent that is given replacement characters writes them back, and the file is ruined.
  if (text.includes(REPLACEMENT) && !bytes.includes(REPLACEMENT_BYTES)) throw notText(path);
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
};

const decodeBytes = async (path: string, bytes: Buffer): Promise<string> => {
  try {
    return await vscode.workspace.decode(bytes, { uri: vscode.Uri.file(path) });
  } catch (failure) {
    throw notText(path, failure);
  }
};

const notText = (path: string, cause?: unknown): Failure =>
  new Failure(
    'binary',
    vscode.l10n.t('{0} is no text in the encoding that its settings name.', path),
    vscode.l10n.t('Set “files.encoding” where it is text in another encoding.'),
    { cause },
  );

/** The same lines, whatever ends them: an editor holds one kind of line end and so never compares equal to a mixed file. */
export const sameLines = (a: string, b: string): boolean => a === b || withLineFeeds(a) === withLineFeeds(b);

const withLineFeeds = (text: string): string => text.replace(/\r\n?/gu, '\n');

export const withLineEnds = (text: string, end: vscode.EndOfLine): string => {
  const lines = withLineFeeds(text);
  return end === vscode.EndOfLine.CRLF ? lines.replaceAll('\n', '\r\n') : lines;
};
