/**
 * What rules say about an action.
 *
 * D1 Of all that fit, deny wins over ask and ask over allow, in whatever order they were written.
 * D2 A rule allows only what it names whole: every place of the action by where it really leads, or the exact arguments of
 *    one literal command. What is protected, and what is outside without being named by its real path, no rule allows; nor a
 *    command in another folder of the workspace than its session's, unless it is a rule of the machine.
 * D3 To refuse or to ask, it is enough that a rule fits one of the places, under any name that leads there.
 * D4 A command that is no single literal one may be what a rule refuses, or contain it: then the person is asked.
 */
import { compileGlob } from '../base/glob.ts';
import type { Decision, Rule, RuleScope } from '../model/rule.ts';
import type { Place } from './ports.ts';

/** A place that an action touches, by where it really leads. */
export type RuledPlace = Pick<Place, 'path' | 'real' | 'inside' | 'root' | 'relative' | 'protectedBy'>;

/** An action as far as rules can tell actions apart. */
export interface RuledAction {
  /** ACP's tool kind. */
  readonly tool: string;
  /** All that is known to be touched, and the folder that a command runs in. */
  readonly places: readonly RuledPlace[];
  /** Only of a single literal command that gets no environment of the agent's. */
  readonly argv?: readonly string[];
  /** A command that runs in, or touches, another folder of the workspace than the one that its session is in. */
  readonly elsewhere?: true;
}

export interface Decided {
  /** Undefined: no rule speaks. */
  readonly decision?: Decision;
  readonly rule?: Rule;
}

const ORDER: readonly Decision[] = ['deny', 'ask', 'allow'];
const SCOPES: readonly RuleScope[] = ['session', 'folder', 'machine'];

/** Tools that always touch a file: without a place nobody knows which. */
const ON_FILES: ReadonlySet<string> = new Set(['read', 'edit', 'delete', 'move']);

export const decide = (rules: readonly Rule[], action: RuledAction): Decided => {
  for (const decision of ORDER) {
    const fitting = rules.filter((rule) => rule.decision === decision && fits(rule, action));
    const [rule] = fitting.toSorted(byScope);
    if (rule !== undefined) return { decision, rule };
    if (decision !== 'deny') continue;
    // Before any rule that allows; a rule that refuses all commands has spoken already.
    const [feared] = rules.filter((one) => mayConcern(one, action)).toSorted(byScope);
    if (feared !== undefined) return { decision: 'ask', rule: feared };
  }
  return {};
};

const mayConcern = ({ tool, match, decision }: Rule, action: RuledAction): boolean =>
  action.tool === 'execute' &&
  action.argv === undefined &&
  decision !== 'allow' &&
  typeof match === 'object' &&
  (tool === '*' || tool === 'execute');

/** Which one is named must not depend on the order either. */
const byScope = (a: Rule, b: Rule): number =>
  SCOPES.indexOf(a.scope) - SCOPES.indexOf(b.scope) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

const fits = (rule: Rule, action: RuledAction): boolean => {
  if (rule.tool !== '*' && rule.tool !== action.tool) return false;
  return rule.decision === 'allow' ? allows(rule, action) : concerns(rule, action);
};

const allows = ({ match, scope }: Rule, { tool, places, argv, elsewhere }: RuledAction): boolean => {
  if (places.some(({ protectedBy }) => protectedBy !== undefined)) return false;
  if (tool === 'execute') {
    const exact = typeof match === 'object' && argv !== undefined && sameArguments(match, argv);
    return exact && places.every(({ inside }) => inside) && (elsewhere !== true || scope === 'machine');
  }
  if (typeof match === 'object') return false;
  if (places.length === 0) return match === undefined && !ON_FILES.has(tool);
  if (match === undefined) return places.every(({ inside }) => inside);
  const fitsPath = pathMatch(match, exactly);
  return places.every((place) => fitsPath(place.inside ? place.relative : undefined, [place.real]));
};

const concerns = ({ match }: Rule, { places, argv }: RuledAction): boolean => {
  if (match === undefined) return true;
  if (typeof match === 'object') return argv !== undefined && sameArguments(match, argv);
  const fitsPath = pathMatch(match, folded);
  return places.some((place) => fitsPath(place.relative, [place.real, place.path]) || fitsPath(lexical(place), []));
};

const sameArguments = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((argument, index) => argument === b[index]);

const exactly = (text: string): string => text;
/** File systems differ in what they take for the same name: a refusal must hold under each of them. */
const folded = (text: string): string => text.normalize('NFC').toLowerCase().normalize('NFC');

type PathMatch = (relative: string | undefined, absolute: readonly string[]) => boolean;

const pathMatch = (glob: string, fold: (text: string) => string): PathMatch => {
  const absolute = isAbsolute(glob);
  const matches = compileGlob(fold(bare(glob)));
  return (below, paths) =>
    absolute ? paths.some((path) => matches(fold(bare(path)))) : below !== undefined && matches(fold(below));
};

/** A place whose path was written as below its root, whatever it leads to. */
const lexical = ({ path, root }: RuledPlace): string | undefined => {
  if (root === undefined) return undefined;
  const [whole, start] = [bare(path), `${bare(root)}/`];
  return whole.startsWith(start) ? whole.slice(start.length) : undefined;
};

const isAbsolute = (path: string): boolean => /^(?:\/|[A-Za-z]:[\\/]|\\\\)/u.test(path);

/** Segments parted by `/`, without what stands before the first one. */
const bare = (path: string): string =>
  (/^(?:[A-Za-z]:|\\\\)/u.test(path) ? path.replaceAll('\\', '/') : path).replace(/^\/+|\/+$/gu, '');

/** What is wrong with a rule that somebody wrote. */
export interface RuleProblem {
  /** Where it stands, as a person would find it: `wheelhouse.permissions.rules[2].match`. */
  readonly key: string;
  readonly expected: 'list' | 'object' | 'tool' | 'decision' | 'glob' | 'arguments' | 'narrower' | 'knownKey';
}

const RULES_SETTING = 'wheelhouse.permissions.rules';

/** Reads the value of the setting; never throws, whatever stands there. An entry with a problem decides nothing; the rest holds. */
export const parseRules = (
  value: unknown,
): { readonly rules: readonly Rule[]; readonly problems: readonly RuleProblem[] } => {
  if (value === undefined) return { rules: [], problems: [] };
  if (!Array.isArray(value)) return { rules: [], problems: [{ key: RULES_SETTING, expected: 'list' }] };
  const problems: RuleProblem[] = [];
  const rules = value.flatMap((entry: unknown, index) => {
    const found = problemsOf(entry);
    for (const { key, expected } of found) problems.push({ key: `${RULES_SETTING}[${index}]${key}`, expected });
    return found.length === 0 ? [machineRule(entry as Written)] : [];
  });
  return { rules, problems };
};

/** As a person writes it. */
export type Written = Pick<Rule, 'tool' | 'match' | 'decision'>;

const machineRule = (written: Written): Rule => ({ ...written, id: machineId(written), scope: 'machine' });

/** Made of what it says, since a setting has no place for an id: the same entry is the same rule, wherever it stands. */
export const machineId = ({ tool, match, decision }: Written): string => {
  const text = JSON.stringify([tool, match ?? null, decision]);
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  return `m${((a ^ (b >>> 15)) >>> 0).toString(16).padStart(8, '0')}${((b ^ (a >>> 13)) >>> 0).toString(16).padStart(8, '0')}`;
};

const problemsOf = (entry: unknown): readonly RuleProblem[] => {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return [{ key: '', expected: 'object' }];
  const { tool, match, decision, ...unknown } = entry as Readonly<Record<string, unknown>>;
  const problems: RuleProblem[] = Object.keys(unknown).map((name) => ({ key: `.${name}`, expected: 'knownKey' }));
  const isTool = typeof tool === 'string' && /^(?:\*|[a-z][a-z0-9_-]*)$/u.test(tool);
  if (!isTool) problems.push({ key: '.tool', expected: 'tool' });
  if (!ORDER.some((known) => known === decision)) problems.push({ key: '.decision', expected: 'decision' });
  if (match === undefined) {
    if (tool === 'execute' && decision === 'allow') problems.push({ key: '.match', expected: 'narrower' });
  } else if (tool === 'execute') {
    if (!isArguments(match)) problems.push({ key: '.match', expected: 'arguments' });
  } else if (!isGlob(match)) problems.push({ key: '.match', expected: 'glob' });
  return problems;
};

const isArguments = (match: unknown): match is readonly string[] =>
  Array.isArray(match) &&
  match.every((argument) => typeof argument === 'string') &&
  match[0] !== undefined &&
  match[0] !== '';

const MOST_GLOB = 1024;
const MOST_ALTERNATIVES = 64;

/** One that can match: a rule that forbids and never fits would be worse than none. */
const isGlob = (match: unknown): match is string => {
  if (typeof match !== 'string' || match === '' || match.length > MOST_GLOB || /^[~!]/u.test(match)) return false;
  if (!isAbsolute(match) && match.includes('\\')) return false;
  if (match.split(/[\\/]/u).some((segment) => segment === '..' || segment === '.')) return false;
  const braces = match.match(/\{[^{}]*\}/gu) ?? [];
  const outside = match.replace(/\{[^{}]*\}/gu, '');
  const alternatives = braces.reduce((product, brace) => product * brace.split(',').length, 1);
  return !/[{}]/u.test(outside) && alternatives <= MOST_ALTERNATIVES;
};

/** Exactly this path; undefined where a glob has no way to say so. */
export const literalGlob = (path: string): string | undefined => {
  if (/[{}]/u.test(path)) return undefined;
  const glob = path.replaceAll(/[*?[]/gu, (sign) => `[${sign}]`);
  return isGlob(glob) ? glob : undefined;
};
