import type { Quirk } from './quirk.ts';

/**
 * Gemini CLI 0.61 cannot create a file where the client offers to read files: before it writes, it reads the target
 * through the client and recognises no answer as "not there". Without the offer it looks on the disk itself.
 */
export const gemini: Quirk = {
  matches: (definition, name) =>
    name === 'gemini-cli' ||
    /(?:^|[\\/])gemini(?:\.\w+)?$/u.test(definition.command) ||
    definition.args.some((arg) => /(?:^|\/)gemini-cli(?:@|\/|$)/u.test(arg)),
  capabilities: { fs: { readTextFile: false } },
};
