/** What is told in a transcript of what the gateway has no word for. */
export const AFRESH = {
  kind: 'notice',
  severity: 'info',
  title: 'This goes on in a new session of the gateway, which knows nothing of what was said before.',
} as const;

export const RESET = {
  kind: 'notice',
  severity: 'info',
  title: 'The session was reset: its app knows nothing of what was said before.',
} as const;

export const GOES_ON = {
  kind: 'notice',
  severity: 'warning',
  title: 'This gateway is too old to stop a run: it goes on to its end.',
} as const;
