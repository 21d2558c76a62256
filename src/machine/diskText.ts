import { readFile, stat } from 'node:fs/promises';
import { Failure } from '../base/failure.ts';

/** VS Code opens nothing larger as a document either. */
const MOST_BYTES = 50 * 1024 * 1024;

/**
 * A file as text, where no editor says in which encoding it is: UTF-8, or UTF-16 with its mark. `line` is 1-based; past
 * the end is empty, and line ends stay as they are.
 * @throws Failure `not found`, `invalid`, `binary`
 */
export const readDiskText = async (
  path: string,
  range: { readonly line?: number; readonly limit?: number },
  signal: AbortSignal,
): Promise<string> => {
  const text = decode(path, await readBytes(path, signal));
  const { line = 1, limit } = range;
  if (line === 1 && limit === undefined) return text;
  const lines = text.split(/(?<=\n)/u);
  return lines.slice(line - 1, limit === undefined ? undefined : line - 1 + limit).join('');
};

const readBytes = async (path: string, signal: AbortSignal): Promise<Buffer> => {
  try {
    const about = await stat(path);
    if (!about.isFile()) throw new Failure('invalid', `${path} is not a file.`, 'Name a file.');
    if (about.size > MOST_BYTES) throw new Failure('invalid', `${path} is too large: it has more than 50 MB.`);
    return await readFile(path, { signal });
  } catch (failure) {
    if (failure instanceof Error && 'code' in failure && (failure.code === 'ENOENT' || failure.code === 'ENOTDIR'))
      throw new Failure('not found', `${path} does not exist.`);
    throw failure;
  }
};

const decode = (path: string, bytes: Buffer): string => {
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : undefined;
  const encoding = bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : (wide ?? 'utf-8');
  try {
    if (encoding !== 'utf-8' || !bytes.includes(0)) return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    // Told below: what is no text in this encoding would be given away with marks in the place of its characters.
  }
  throw new Failure('binary', `${path} is no text.`);
};
