/** What an agent wants before it goes on, as a person is shown it: the ways in which they can sign in, or the one that is under way. */
export interface SignInView {
  /** What a person calls the agent. */
  readonly agent: string;
  /** What the agent said when it wanted it; plain text. */
  readonly said: string;
  /** What came of the way that was tried last. */
  readonly problem?: string;
  /** The way that is being gone; without it, one is to be chosen. */
  readonly under?: SignInWay['kind'];
  /** What is known of the answers, by the ids of the question's options. */
  readonly ways: readonly SignInWay[];
}

/**
 * `agent`: the agent does it by itself, in a browser for one. `terminal`: in a terminal. `values`: the person enters what
 * the agent's process is given.
 */
export interface SignInWay {
  readonly option: string;
  readonly kind: 'agent' | 'terminal' | 'values';
  /** In the agent's words; plain text. */
  readonly description?: string;
  /** To the letter what is run in the terminal: the program and its arguments. */
  readonly command?: readonly string[];
  /** The variables that are set for it, `NAME=value`. */
  readonly environment?: readonly string[];
  /** The names of the variables that are asked for. */
  readonly values?: readonly string[];
}

/** The answers that are ours; all others are ways of the agent. */
export const SIGN_IN = { terminal: 'terminal', again: 'again', done: 'done', cancel: 'cancel' } as const;
