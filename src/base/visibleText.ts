/**
 * Text that is agreed to must be the text that is read: what has no picture of its own gets one.
 * Control characters could overwrite, bidirectional ones reorder and zero-width ones hide a part of a command.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/gu;

/** Every such character as `⟨U+202E⟩`; line ends and tabs stay in a text of several lines. */
export const makeVisible = (text: string, lines: 'one' | 'many'): string =>
  (lines === 'many' ? text.replace(/\r(?=\n|$)/gu, '') : text).replace(HIDDEN, (character) => {
    if (lines === 'many' && (character === '\n' || character === '\t')) return character;
    // The sign that the character before it is to be drawn as a picture hides nothing.
    if (character === '\ufe0f') return character;
    if (lines === 'one' && character === '\n') return ' ⏎ ';
    return `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
