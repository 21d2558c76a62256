/**
 * What a path says, by its letters alone: nothing here looks at a disk, so that the rules of one system can be tried on
 * another. Where a path really leads is `place.ts`'s to find out.
 */
import { posix, win32 } from 'node:path';

export type Flavour = 'posix' | 'win32';

export const flavourHere: Flavour = process.platform === 'win32' ? 'win32' : 'posix';

/** Which names a file system takes for the same. */
export interface Folding {
  /** `README` and `readme`. */
  readonly case: boolean;
  /** An accent as one character, and as two. */
  readonly form: boolean;
}

export const NO_FOLDING: Folding = { case: false, form: false };

/** Why a text is no path that anybody may be led by. */
export type PathFault =
  /** Nothing, or with a NUL, which ends a path for the system and not for us. */
  | 'no path'
  /** `file://…`, `untitled:…`: the address of something. */
  | 'an address'
  | 'relative'
  /** `\\?\…`, `\\.\…`: names that Windows takes without its own rules. */
  | 'a device path'
  /** `NUL`, `COM1.txt`: a device, in whatever folder. */
  | 'a device'
  /** `a.txt:stream`: a second file that no list shows. */
  | 'a stream'
  /** Names that Windows changes before it opens them: a trailing dot or space, `PROGRA~1`, a character that it knows otherwise. */
  | 'ambiguous';

export type ReadPath =
  | { readonly path: string; readonly fault?: undefined }
  | { readonly path?: undefined; readonly fault: PathFault };

const api = (flavour: Flavour): typeof posix => (flavour === 'win32' ? win32 : posix);

/**
 * The normal form of an absolute path. Nothing is decoded: `%2e` is a name, and so is a backslash on POSIX.
 * `..` is taken back by the letters, before any link: so `link/../x` names what stands beside the link.
 */
export const readPath = (text: string, flavour: Flavour): ReadPath => {
  if (text === '' || text.includes('\0')) return { fault: 'no path' };
  if (/^[A-Za-z][A-Za-z\d+.-]+:/u.test(text)) return { fault: 'an address' };
  if (flavour === 'posix')
    return text.startsWith('/') ? { path: trimmed(posix.normalize(text), flavour) } : { fault: 'relative' };
  if (/^[\\/]{2}[?.](?:[\\/]|$)/u.test(text) || /^[\\/]\?\?[\\/]/u.test(text)) return { fault: 'a device path' };
  const drive = /^[A-Za-z]:[\\/]/u.test(text);
  if (!drive && !/^[\\/]{2}[^\\/]+[\\/]+[^\\/]+/u.test(text)) return { fault: 'relative' };
  const path = trimmed(win32.normalize(text), flavour);
  // Of the letters as they came as well: normalising drops what stands before a `..`.
  const fault = [...text.slice(drive ? 2 : 0).split(/[\\/]+/u), ...segmentsOf(path, flavour)]
    .map(faultOfName)
    .find((found) => found !== undefined);
  return fault === undefined ? { path } : { fault };
};

/** Without the separator that may stand at the end of a folder's path. */
const trimmed = (path: string, flavour: Flavour): string => {
  const { root } = api(flavour).parse(path);
  return path.length > root.length ? path.replace(flavour === 'win32' ? /[\\/]$/u : /\/$/u, '') : path;
};

const DEVICE = /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|com[\d¹²³]|lpt[\d¹²³])(?: *(?:[.:].*)?)?$/iu;
/** Eight and three characters, cut with a tilde and a number. */
const SHORT_NAME = /^[^.~]{1,6}~\d{1,6}(?:\.[^.]{0,3})?$/u;

const faultOfName = (name: string): PathFault | undefined => {
  if (name === '' || name === '.' || name === '..') return undefined;
  if (DEVICE.test(name)) return 'a device';
  if (name.includes(':')) return 'a stream';
  // oxlint-disable-next-line no-control-regex -- Windows has none of these in a name
  return /[. ]$/u.test(name) || /[<>"|?*\u0000-\u001f]/u.test(name) || SHORT_NAME.test(name) ? 'ambiguous' : undefined;
};

/** Opening one tells another machine who we are: nothing is asked of it unless the person's own folder is there. */
export const isNetworkPath = (path: string, flavour: Flavour): boolean =>
  flavour === 'win32' && /^[\\/]{2}/u.test(path);

/** The names on the way, without the root. */
export const segmentsOf = (path: string, flavour: Flavour): readonly string[] =>
  path
    .slice(api(flavour).parse(path).root.length)
    .split(flavour === 'win32' ? /[\\/]+/u : /\/+/u)
    .filter((name) => name !== '');

/**
 * The names below `root` on the way to `path`, none for `root` itself; undefined where the path is not inside.
 * By segments: `/work-other` is not inside of `/work`. Both in their normal form.
 */
export const segmentsBelow = (
  root: string,
  path: string,
  flavour: Flavour,
  folding: Folding = NO_FOLDING,
): readonly string[] | undefined => {
  const fold = foldName(flavour === 'win32' ? { ...folding, case: true } : folding);
  const { parse } = api(flavour);
  if (fold(slashes(parse(root).root)) !== fold(slashes(parse(path).root))) return undefined;
  const [above, below] = [segmentsOf(root, flavour), segmentsOf(path, flavour)];
  const inside = above.every((name, index) => fold(name) === fold(below[index] ?? ''));
  return inside ? below.slice(above.length) : undefined;
};

export const isInside = (root: string, path: string, flavour: Flavour, folding?: Folding): boolean =>
  segmentsBelow(root, path, flavour, folding) !== undefined;

const slashes = (root: string): string => root.replaceAll('\\', '/').replace(/\/+$/u, '');

const foldName =
  (folding: Folding) =>
  (name: string): string => {
    const formed = folding.form ? name.normalize('NFC') : name;
    return folding.case ? formed.toUpperCase().toLowerCase() : formed;
  };
