/**
 * What a person decided beforehand, about actions that are like each other.
 *
 * `tool` is ACP's tool kind (`read`, `edit`, `delete`, `move`, `search`, `execute`, `fetch`, …), or `*`.
 * `match` is for `execute` the exact list of arguments, the command first; for all others a glob over paths: relative to
 * a folder of the workspace, or absolute. Without one it holds for every action of the tool, and then it may not allow
 * `execute`.
 */
export interface Rule {
  /** Names the rule in what it decided, so that it can be found and revoked there. */
  readonly id: string;
  readonly scope: RuleScope;
  readonly tool: string;
  readonly match?: RuleMatch;
  readonly decision: Decision;
}

export type RuleMatch = string | readonly string[];

/** `folder`: for sessions that work in it, on this machine. */
export type RuleScope = 'session' | 'folder' | 'machine';

/** Of several that fit, the first in this order wins, whichever way they were written down: deny, ask, allow. */
export type Decision = 'deny' | 'ask' | 'allow';

/** A rule in one line, without what it decides: `execute git status`, `edit src/**`. */
export const ruleText = ({ tool, match }: Pick<Rule, 'tool' | 'match'>): string =>
  match === undefined ? tool : `${tool} ${matchText(match)}`;

/** Arguments as a shell reads them, so that one with a space in it does not look like two. */
export const matchText = (match: RuleMatch): string =>
  typeof match === 'string' ? match : match.map(quotedArgument).join(' ');

export const quotedArgument = (argument: string): string =>
  /^[\w@%+=:,./-]+$/u.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
