import type { Decision, Rule, RuleMatch, RuleScope } from '../rule.ts';
import type { Draft } from './draft.ts';
import { type Fields, isFields, isText, listOf } from './read.ts';

/** What cannot be read as a rule decides nothing. */
export const foldRules = (draft: Draft, event: Fields): boolean => {
  const rules = listOf(event['rules']);
  if (rules === undefined) return false;
  const { session } = draft;
  session.rules = rules.flatMap((rule) => readRule(rule) ?? []);
  // It never ends: what was done behind our back is not undone by a later rule.
  if (event['wary'] === true) session.wary = true;
  return true;
};

export const readRule = (value: unknown): Rule | undefined => {
  if (!isFields(value)) return undefined;
  const { id, scope, tool, match, decision } = value;
  if (!isText(id) || !isScope(scope) || !isText(tool) || !isDecision(decision)) return undefined;
  if (match === undefined) return { id, scope, tool, decision };
  return isMatch(match) ? { id, scope, tool, match, decision } : undefined;
};

export const isMatch = (value: unknown): value is RuleMatch =>
  isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText));

const isDecision = (value: unknown): value is Decision => value === 'deny' || value === 'ask' || value === 'allow';

const isScope = (value: unknown): value is RuleScope =>
  value === 'session' || value === 'folder' || value === 'machine';
