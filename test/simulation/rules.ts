import type { Rule } from '../../src/model/rule.ts';
import { type KeptRules, noKeptRules } from '../../src/router/permissions.ts';

/** What the process of the sessions allows without asking. */
export const HOST_RULE: Rule = { id: 'of the host', scope: 'machine', tool: 'search', decision: 'allow' };
/** What a window would allow, if it were asked: everything. */
export const WINDOW_RULE: Rule = { id: 'of the window', scope: 'machine', tool: '*', decision: 'allow' };

export const keptRules = (...rules: readonly Rule[]): KeptRules => ({ ...noKeptRules, of: () => rules });
