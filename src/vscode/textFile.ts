import * as vscode from 'vscode';
import { Failure } from '../base/failure.ts';
import { endLinesWith, withoutMark } from '../base/textLines.ts';
import { readVerified } from '../machine/verifiedFile.ts';
import { hasTab } from './openDocuments.ts';

/** VS Code opens nothing larger as a document either. */
const MAXIMUM = 50 * 1024 * 1024;
const REPLACEMENT = '\uFFFD';
const REPLACEMENT_BYTES = Buffer.from(REPLACEMENT);

export interface DiskText {
  /** Without its byte order mark. */
  readonly text: string;
  /** Another text as this one is written: in its encoding, with a mark where it has one. */
  encode(text: string): Promise<Uint8Array>;
}

/**
 * What stands on the disk, in the encoding that its mark says, else in the one in which the person has it open, else in
 * the one that their settings give it. `undefined` when there is no such file.
 * @throws Failure `binary`, `invalid`, `changed`
 */
export const readTextFile = async (
  real: string,
  open: vscode.TextDocument | undefined,
  signal: AbortSignal,
): Promise<DiskText | undefined> => {
  const bytes = await readVerified(real, MAXIMUM, signal);
  if (bytes === undefined) return undefined;
  // One without a tab may be left over from before: its encoding is nobody's choice any more.
  const encoding = markOf(bytes) ?? (open !== undefined && hasTab(open) ? open.encoding : undefined);
  const how = encoding === undefined ? { uri: vscode.Uri.file(real) } : { encoding };
  return {
    text: await decode(real, bytes, how),
    encode: async (text) => await encode(text, how),
  };
};

/** What is larger could be written, and then neither be read nor be undone. @throws Failure `invalid` */
export const requireSize = (path: string, text: string): void => {
  if (Buffer.byteLength(text) <= MAXIMUM) return;
  throw new Failure(
    'invalid',
    vscode.l10n.t('The text for {0} is too large: it has more than {1} MB.', path, MAXIMUM / 2 ** 20),
    vscode.l10n.t('Write it in parts, as several files.'),
  );
};

/** As a file with this name is written that is not there yet. */
export const encodeNew = async (real: string, text: string): Promise<Uint8Array> =>
  await encode(text, { uri: vscode.Uri.file(real) });

type Encoding = { readonly encoding: string } | { readonly uri: vscode.Uri };

const MARKS: readonly (readonly [bytes: readonly number[], encoding: string])[] = [
  [[0xef, 0xbb, 0xbf], 'utf8bom'],
  [[0xfe, 0xff], 'utf16be'],
  [[0xff, 0xfe], 'utf16le'],
];

const markOf = (bytes: Uint8Array): string | undefined =>
  MARKS.find(([mark]) => mark.every((byte, index) => bytes[index] === byte))?.[1];

const encode = async (text: string, how: Encoding): Promise<Uint8Array> =>
  'uri' in how ? await vscode.workspace.encode(text, how) : await vscode.workspace.encode(text, how);

const decode = async (path: string, bytes: Uint8Array, how: Encoding): Promise<string> => {
  const text = await decodeBytes(path, bytes, how);
  // An agent that is given replacement characters writes them back, and the file is ruined.
  if (text.includes(REPLACEMENT) && !Buffer.from(bytes).includes(REPLACEMENT_BYTES)) throw notText(path);
  return withoutMark(text);
};

const decodeBytes = async (path: string, bytes: Uint8Array, how: Encoding): Promise<string> => {
  try {
    return 'uri' in how ? await vscode.workspace.decode(bytes, how) : await vscode.workspace.decode(bytes, how);
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

export const withLineEnds = (text: string, end: vscode.EndOfLine): string =>
  endLinesWith(text, end === vscode.EndOfLine.CRLF ? '\r\n' : '\n');
