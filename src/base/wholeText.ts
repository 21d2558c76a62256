/** The last place up to `end` at which no character is cut in two: half of one would be lost on its way. */
export const wholeUpTo = (text: string, end: number): number => {
  const code = text.charCodeAt(Math.min(end, text.length) - 1);
  return end < text.length && code >= 0xd800 && code < 0xdc00 ? end - 1 : Math.min(end, text.length);
};
