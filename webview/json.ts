const MOST = 20_000;

/** A value for a reader: a string as it is, anything else as JSON; cut where it gets too long to read. */
export const jsonText = (value: unknown, more: (left: number) => string, most = MOST): string => {
  const text = plainText(value);
  return text.length > most ? `${text.slice(0, most)}\n${more(text.length - most)}` : text;
};

const plainText = (value: unknown): string => {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value, null, 2) ?? String(value);
  } catch {
    // Nested too deep to be written out.
    return String(value);
  }
};
