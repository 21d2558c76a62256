import type { Translate } from '../l10n.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A time of day, with the day where that is another one. */
export const timeOf = (at: number, now = Date.now()): string => {
  const date = new Date(at);
  const sameDay = date.toDateString() === new Date(now).toDateString();
  return date.toLocaleString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    ...(sameDay ? {} : { day: 'numeric', month: 'short' }),
  });
};

/** How long ago, as a list says it. */
export const agoOf = (at: number, now: number, t: Translate): string => {
  const minutes = Math.floor((now - at) / MINUTE);
  if (minutes < 1) return t('now');
  if (minutes < 60) return t('{0} min', minutes);
  if (now - at < DAY) return t('{0} h', Math.floor(minutes / 60));
  return new Date(at).toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
};
