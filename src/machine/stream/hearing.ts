/** What a client of a terminal stream says, read strictly. Source: the terminal stream protocol, §3, §8 and §10. */
import { STREAM_SIGNALS, type StreamSignal } from '../../protocol/terminal/messages.ts';
import { encodeKeys } from '../../protocol/environment/keys.ts';

export type Heard =
  /** What the viewer has; 0: nothing. */
  | { readonly kind: 'resume'; readonly after: number }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'paste'; readonly text: string }
  | { readonly kind: 'resize'; readonly columns: number; readonly rows: number }
  | { readonly kind: 'signal'; readonly signal: StreamSignal }
  /** Of a later version, or nothing that anybody has to hear. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'bad'; readonly message: string };

type Fields = Readonly<Record<string, unknown>>;

export const hear = (text: string): Heard => {
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch {
    return bad('Invalid JSON');
  }
  return isFields(told) ? hearMessage(told) : { kind: 'unknown' };
};

const hearMessage = (told: Fields): Heard => {
  switch (told['type']) {
    case 'resume':
      return { kind: 'resume', after: after(told['lastSeq']) };
    case 'snapshot-request':
      return { kind: 'snapshot' };
    case 'input':
      return hearInput(told);
    case 'resize':
      return hearSize(told);
    case 'signal': {
      const signal = STREAM_SIGNALS.find((each) => each === told['name']);
      return signal === undefined
        ? bad(`“name” must be one of ${STREAM_SIGNALS.join(', ')}`)
        : { kind: 'signal', signal };
    }
    case 'key':
    case 'keys':
    case 'paste':
      return hearKeys(told);
    default:
      return { kind: 'unknown' };
  }
};

/** The body of a request for input. */
export const hearKeys = (told: unknown): Extract<Heard, { kind: 'text' | 'paste' | 'bad' }> => {
  const { type, name, data }: Fields = isFields(told) ? told : {};
  if (type === 'key')
    return typeof name === 'string' ? { kind: 'text', text: keyOf(name) } : bad('“name” must be a text');
  if (type !== 'keys' && type !== 'paste') return bad('“type” must be key, keys or paste');
  if (typeof data !== 'string') return bad('“data” must be a text');
  return { kind: type === 'keys' ? 'text' : 'paste', text: data };
};

const hearInput = ({ data, encoding }: Fields): Heard => {
  if (typeof data !== 'string') return bad('“data” must be a text');
  if (encoding === undefined) return { kind: 'text', text: data };
  if (encoding !== 'base64' || !BASE64.test(data)) return bad('“data” must be base64, and “encoding” say so');
  return { kind: 'bytes', bytes: Buffer.from(data, 'base64') };
};

/** What is a number is made one that a screen can have. */
const hearSize = ({ cols, rows }: Fields): Heard =>
  typeof cols === 'number' && typeof rows === 'number'
    ? { kind: 'resize', columns: cols, rows }
    : bad('“cols” and “rows” must be numbers');

const after = (lastSeq: unknown): number =>
  typeof lastSeq === 'number' && lastSeq > 0 ? Math.min(Math.floor(lastSeq), Number.MAX_SAFE_INTEGER) : 0;

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/u;

/** As tmux has them, where others say it otherwise. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  bspace: 'Backspace',
  dc: 'Delete',
  ic: 'Insert',
  npage: 'PageDown',
  pgdn: 'PageDown',
  ppage: 'PageUp',
  pgup: 'PageUp',
};

const keyOf = (name: string): string => {
  const [, held = '', key = ''] = /^((?:[CMS]-)*)(.*)$/isu.exec(name) ?? [];
  const other = Object.hasOwn(OTHER_NAMES, key.toLowerCase()) ? OTHER_NAMES[key.toLowerCase()] : undefined;
  return encodeKeys([`${held}${other ?? key}`]);
};

const bad = (message: string): Extract<Heard, { kind: 'bad' }> => ({ kind: 'bad', message });

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
