/** Of the characters of East Asia and pictures, which take two places. Source: Unicode, EastAsianWidth, W and F. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2fb}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const NONE = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]/u;
const NARROW = '\u00ad';

/** How many places a character takes: 0, 1 or 2. */
export const widthOf = (character: string): 0 | 1 | 2 => {
  // Before these there is no other one, and most text is of them.
  if (character < '\u0300') return 1;
  if (character !== NARROW && NONE.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
};
