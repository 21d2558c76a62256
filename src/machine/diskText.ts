import { Failure } from '../base/failure.ts';
import { withoutMark } from '../base/textLines.ts';
import { readVerified } from './verifiedFile.ts';

/** VS Code opens nothing larger as a document either. */
export const MOST_BYTES = 50 * 1024 * 1024;

/** A file as text, where no editor says in which encoding it is: UTF-8, or what its mark says. */
export interface DiskText {
  /** Without its mark; line ends as they are. */
  readonly text: string;
  /** All that stands in the file. */
  readonly bytes: Uint8Array;
  /** Another text as this one is written: in its encoding, with a mark where it has one. */
  encode(text: string): Uint8Array;
}

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

const MARKS: readonly (readonly [mark: Buffer, encoding: Encoding])[] = [
  [Buffer.from([0xef, 0xbb, 0xbf]), 'utf-8'],
  [Buffer.from([0xff, 0xfe]), 'utf-16le'],
  [Buffer.from([0xfe, 0xff]), 'utf-16be'],
];

/**
 * The file at a real path; undefined where there is none.
 * @throws Failure `binary`, `invalid` for what is no file or too large, `changed`
 */
export const readDiskText = async (real: string, signal: AbortSignal): Promise<DiskText | undefined> => {
  const bytes = await readVerified(real, MOST_BYTES, signal);
  return bytes && diskTextOf(real, bytes);
};

/** The bytes of the file. @throws Failure `binary` */
export const diskTextOf = (real: string, bytes: Uint8Array): DiskText => {
  const [mark, encoding] = MARKS.find(([start]) => start.equals(bytes.subarray(0, start.length))) ?? [
    Buffer.alloc(0),
    'utf-8' as const,
  ];
  return {
    bytes,
    text: withoutMark(decode(real, bytes, encoding)),
    encode: (text) => Buffer.concat([mark, encodeAs(withoutMark(text), encoding)]),
  };
};

const decode = (path: string, bytes: Uint8Array, encoding: Encoding): string => {
  try {
    // A NUL is text in no file that somebody would edit as UTF-8.
    if (encoding !== 'utf-8' || !bytes.includes(0)) return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    // Told below: what is no text in this encoding would be given away with marks in the place of its characters.
  }
  throw new Failure('binary', `${path} is no text.`);
};

const encodeAs = (text: string, encoding: Encoding): Uint8Array => {
  if (encoding === 'utf-8') return Buffer.from(text);
  const bytes = Buffer.from(text, 'utf16le');
  return encoding === 'utf-16le' ? bytes : bytes.swap16();
};
