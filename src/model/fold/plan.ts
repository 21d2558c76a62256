import type { PlanEntry, PlanItem } from '../entry.ts';
import type { Draft } from './draft.ts';
import { type Fields, isFields, isText, listOf } from './read.ts';

type Told = Omit<PlanEntry, 'id' | 'seq' | 'changed' | 'at'>;

/** `plan` (protocol §6): the one plan of an agent that names none. */
export const foldPlan = (draft: Draft, update: Fields): boolean => {
  const list = listOf(update['entries']);
  if (list === undefined) return false;
  put(draft, draft.lookup.plan, { kind: 'plan', items: list.flatMap(readPlanItem) });
  return true;
};

/** `plan_update`: one of several plans, as items, as markdown, or as a file. */
export const foldPlanUpdate = (draft: Draft, update: Fields): boolean => {
  const { plan } = update;
  const told = isFields(plan) ? readPlan(plan) : undefined;
  if (told === undefined) return false;
  put(draft, placeOf(draft, told.plan), told);
  return true;
};

/** `plan_removed`; one of an earlier turn stays as it was left. */
export const foldPlanRemoved = (draft: Draft, { planId }: Fields): boolean => {
  if (!isText(planId)) return false;
  const index = placeOf(draft, planId);
  const entry = index >= draft.session.turnFrom ? draft.entry(index) : undefined;
  if (entry?.kind === 'plan') draft.change(index, { ...entry, withdrawn: true });
  return true;
};

const placeOf = (draft: Draft, plan: string | undefined): number =>
  plan === undefined ? -1 : (draft.lookup.message('plan', plan) ?? -1);

/** In the place where the plan stands in this turn, else at the end: the reader follows the work, not the first mention. */
const put = (draft: Draft, index: number, told: Told): void => {
  const entry = index >= draft.session.turnFrom ? draft.entry(index) : undefined;
  if (entry?.kind === 'plan') {
    const { id, seq, changed, at } = entry;
    draft.change(index, { ...told, id, seq, changed, at });
  } else if (told.items.length > 0 || told.text !== undefined || told.uri !== undefined) draft.add(told);
};

const readPlan = (plan: Fields): Told | undefined => {
  const { type, planId, entries, content, uri } = plan;
  if (!isText(planId)) return undefined;
  const list = type === 'items' ? listOf(entries) : undefined;
  if (list !== undefined) return { kind: 'plan', plan: planId, items: list.flatMap(readPlanItem) };
  if (type === 'markdown' && isText(content)) return { kind: 'plan', plan: planId, items: [], text: content };
  return type === 'file' && isText(uri) ? { kind: 'plan', plan: planId, items: [], uri } : undefined;
};

const readPlanItem = (item: unknown): readonly PlanItem[] => {
  if (!isFields(item) || !isText(item['content'])) return [];
  const { content, priority, status } = item;
  return [
    {
      content,
      priority: priority === 'high' || priority === 'low' ? priority : 'medium',
      status: status === 'in_progress' || status === 'completed' ? status : 'pending',
    },
  ];
};
