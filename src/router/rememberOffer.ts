import type { QuestionGuard, QuestionOption, RememberOffer } from '../model/question.ts';
import type { RuleMatch } from '../model/rule.ts';
import { literalGlob, type RuledAction } from './rules.ts';

/**
 * The rules that an answer to a question about this action may be kept as; undefined: none. What the agent itself offers
 * to keep is not offered a second time, since then it would not be known who answered.
 */
export const rememberOffer = (
  action: RuledAction,
  options: readonly QuestionOption[],
  guard?: QuestionGuard,
): RememberOffer | undefined => {
  if (guard?.kind === 'protected' || guard?.kind === 'unsaved' || guard?.kind === 'lost') return undefined;
  if (action.places.some(({ protectedBy }) => protectedBy !== undefined)) return undefined;
  const offers = (kind: string): boolean => options.some((option) => option.kind === kind);
  // A rule that wants to be asked goes before any that allows.
  const allow = offers('allow_once') && !offers('allow_always') && guard?.kind !== 'rule';
  const refuse = offers('reject_once') && !offers('reject_always');
  const matches = allow || refuse ? matchesOf(action) : [];
  return matches.length === 0 ? undefined : { tool: action.tool, matches, allow, refuse };
};

const matchesOf = ({ tool, places, argv, elsewhere }: RuledAction): readonly RuleMatch[] => {
  // In most scopes it would not hold for the very command that it was made of.
  if (tool === 'execute')
    return argv !== undefined && elsewhere !== true && places.every(({ inside }) => inside) ? [argv] : [];
  const [first, ...others] = places;
  if (first === undefined) return [];
  if (places.every(({ inside }) => inside)) {
    const below = places.flatMap(({ relative }) => relative ?? []);
    return below.length === places.length ? [...new Set(globsOf(below))] : [];
  }
  const exact = others.length === 0 ? literalGlob(first.real) : undefined;
  return exact === undefined ? [] : [exact];
};

/** The file itself where it is one, the folder that holds all of them, everything. */
const globsOf = (paths: readonly string[]): readonly string[] => {
  const [first = '', ...others] = paths;
  const exact = others.length === 0 && first !== '' ? literalGlob(first) : undefined;
  const folders = paths.map((path): readonly string[] => path.split('/').slice(0, -1));
  const folder = folders.reduce(common).join('/');
  const inFolder = folder === '' ? undefined : literalGlob(folder);
  return [...(exact === undefined ? [] : [exact]), ...(inFolder === undefined ? [] : [`${inFolder}/**`]), '**'];
};

const common = (a: readonly string[], b: readonly string[]): readonly string[] => {
  const end = a.findIndex((segment, index) => segment !== b[index]);
  return end < 0 ? a : a.slice(0, end);
};
