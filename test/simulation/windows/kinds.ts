/** What can be done only where windows look at sessions of another process. */
export const WINDOWS_KINDS = [
  'agent asks what a rule allows',
  'person asks something new',
  'two answer at once',
  'person opens a session there',
  'person brings the agent back there',
  'person closes a session there',
  'person erases a session there',
  'person turns away',
  'person restarts the agent of a window',
  'person tries again',
  'window says something itself',
  'lines arrive',
  'lines arrive badly',
  'line is cut',
  'line goes silent',
  'window opens',
  'window closes',
  'window is killed',
  'host starts',
  'host is killed unheard',
  'page connects',
] as const;

export type WindowsKind = (typeof WINDOWS_KINDS)[number];
