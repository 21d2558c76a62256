import { isFields } from '../../model/fold/read.ts';

/** What a person reads through; what an agent says beyond that is left out. */
const MOST = 60;
const DEPTH = 3;

/**
 * The names of what a side declares in `initialize` (protocol §4): paths such as `promptCapabilities.image`, for
 * everything that is neither refused nor empty. `{}` and `true` both mean yes; `_meta` is told by its keys alone.
 */
export const declaredNames = (capabilities: unknown): readonly string[] => names(capabilities, '', 0).slice(0, MOST);

const names = (value: unknown, path: string, depth: number): readonly string[] => {
  if (value === undefined || value === null || value === false) return [];
  const inner = isFields(value) && depth < DEPTH && !path.includes('_meta.') ? Object.entries(value) : [];
  if (inner.length === 0) return path === '' || path.endsWith('_meta') ? [] : [path];
  const below = inner
    .slice(0, MOST)
    .flatMap(([name, each]) => names(each, path === '' ? name : `${path}.${name}`, depth + 1));
  // Everything in it is refused; that it is known at all is a kind of yes only where nothing was said.
  return below;
};
