/**
 * What may be asked of a workspace without changing it.
 *
 * Q1 Nothing outside of its roots is read or told, whatever a path, a link or a glob says.
 * Q2 Every answer is capped and says when there is more; what produces it ends with the answer.
 * Q3 An abort ends the process behind a query at once.
 * Q4 A glob is a glob and a text a text: a regular expression is only what was asked for as one.
 */

/** A file below one of the roots, the innermost where roots are nested. */
export interface FoundFile {
  /** Absolute. */
  readonly path: string;
  readonly root: string;
  /** Below the root, parted by `/`. */
  readonly relative: string;
}

export interface FolderEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

/** Of what stands in the folder itself: never of where a link leads. */
export interface Measured extends FolderEntry {
  /** Bytes; of a file. */
  readonly size?: number;
  /** Milliseconds since 1970; undefined where it is gone by now. */
  readonly modified?: number;
}

export interface FileQuery {
  /** Of the path below a root; without one, every file. */
  readonly glob?: string;
  readonly most: number;
}

export interface TextQuery {
  readonly text: string;
  readonly regularExpression?: boolean;
  readonly caseSensitive?: boolean;
  readonly glob?: string;
  readonly most: number;
}

export interface TextMatch extends FoundFile {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units of the line. */
  readonly column: number;
  /** The line, cut to a length that can be shown. */
  readonly text: string;
}

export interface GitChange {
  /** Absolute. */
  readonly path: string;
  /** As git writes it: `M`, `A`, `D`, `R`, `C`, `T`, `U`, `?`, or `.` for no change. */
  readonly index: string;
  readonly worktree: string;
  /** Where it was before, absolute, for one that was moved or copied. */
  readonly from?: string;
}

export interface GitStatus {
  /** The name of the branch; undefined where HEAD stands on none. */
  readonly branch?: string;
  /** Commits that the branch has and the one that it follows has not, and the other way round; undefined where it follows none. */
  readonly ahead?: number;
  readonly behind?: number;
  readonly changes: readonly GitChange[];
  readonly more: boolean;
}

export interface DiffQuery {
  /** Of what lies below the folder, or of the file. */
  readonly path: string;
  /**
   * `staged`: what the next commit would hold; `unstaged`: what it would not. Without it what differs from HEAD, whichever
   * of the two it is.
   */
  readonly part?: 'staged' | 'unstaged';
}

/** Failures: `invalid`, `outside`, `not found`, `missing` (the program that would answer), `no repository`, `untrusted`. */
export interface Queries {
  roots(): readonly string[];
  /** Folders first, each in the order of their names. */
  list(
    folder: string,
    signal: AbortSignal,
  ): Promise<{ readonly entries: readonly FolderEntry[]; readonly more: boolean }>;
  /** The same entries of the folder, with what a look at each tells. */
  measure(folder: string, entries: readonly FolderEntry[], signal: AbortSignal): Promise<readonly Measured[]>;
  read(path: string, range: { readonly line?: number; readonly limit?: number }, signal: AbortSignal): Promise<string>;
  /** `found` is called with what comes, as it comes, and never after the answer. */
  findFiles(
    query: FileQuery,
    found: (files: readonly FoundFile[]) => void,
    signal: AbortSignal,
  ): Promise<{ readonly more: boolean }>;
  search(
    query: TextQuery,
    found: (matches: readonly TextMatch[]) => void,
    signal: AbortSignal,
  ): Promise<{ readonly more: boolean }>;
  /** Of what lies below the folder, or of the file. */
  gitStatus(folder: string, signal: AbortSignal): Promise<GitStatus>;
  gitDiff(query: DiffQuery, signal: AbortSignal): Promise<{ readonly text: string; readonly more: boolean }>;
  /** Those of the paths that git was told to ignore; none where there is no repository. */
  gitIgnored(folder: string, paths: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>>;
}
