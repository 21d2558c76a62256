/**
 * A time as Flamecast writes it: ISO, or as its database prints it (`2026-11-20 21:43:51.05+00`). Milliseconds since 1970;
 * undefined for what is none. Source: the Flamecast protocol, §3.
 */
export const timeOf = (text: string): number | undefined => {
  const [, day, time = '', zone = ''] = WRITTEN.exec(text.trim()) ?? [];
  if (day === undefined) return undefined;
  const at = Date.parse(`${day}T${time}${zoneOf(zone)}`);
  return Number.isNaN(at) ? undefined : at;
};

const WRITTEN = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/iu;

/** Without one it is the server's, which is UTC. */
const zoneOf = (zone: string): string => {
  if (zone === '' || zone.toUpperCase() === 'Z') return 'Z';
  const digits = zone.slice(1).replace(':', '');
  return `${zone.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2).padEnd(2, '0')}`;
};
