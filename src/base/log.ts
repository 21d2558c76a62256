/** Where a room writes what only a maintainer reads. Never a secret, never a whole payload. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** The first `length` characters of something that may be huge, on one line. */
export const excerpt = (text: string, length = 200): string => {
  const head = text.slice(0, length).replace(/\s+/gu, ' ');
  return text.length > length ? `${head}… (${text.length} characters)` : head;
};
