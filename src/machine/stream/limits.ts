/** Every limit of terminal streams: bytes, milliseconds, numbers. Source: the terminal stream protocol, §10. */
export const STREAM = {
  /** Of one piece of output. */
  chunk: 64 * 1024,
  /** What is kept of a session on the disk, and each file of that: the oldest file goes as a whole. */
  kept: 8 * 1024 * 1024,
  file: 1024 * 1024,
  /** For which what a program goes on to say is gathered, and how much of it goes out at once in such a time. */
  gathered: 8,
  little: 4 * 1024,
  /** How long output waits for a viewer to say what it has. */
  hold: 1000,
  /** Beyond so much unsent a viewer lags; the rest of what a door lets through before it hears nobody any more. */
  unsent: 4 * 1024 * 1024,
  reserve: 4 * 1024,

  /** Sessions in which something runs, and those in which it has ended that are kept. */
  running: 32,
  ended: 16,
  /** UTF-16 units of names, and of what is typed into a program that says nothing to that. */
  name: 64,
  description: 200,
  unheard: 1024 * 1024,
  /** Of a request. */
  body: 2 * 1024 * 1024,
  columns: 80,
  rows: 24,
  /** What a thumbnail shows. */
  thumbnail: { columns: 40, rows: 12 },
} as const;
