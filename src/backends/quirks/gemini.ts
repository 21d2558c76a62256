import type { Quirk } from './quirk.ts';

/**
 * Gemini CLI 0.61 cannot create a file where the client offers to read files: before it writes, it reads the target
 * through the client and recognises no answer as "not there". Without the offer it looks on the disk itself.
 *
 * It answers `session/load` after the first message of the past, and tells the others right behind: taken for live they
 * would stand in the transcript a second time.
 */
export const gemini: Quirk = {
  name: 'gemini-cli',
  guess: ({ command, args }) =>
    /(?:^|[\\/])gemini(?:\.\w+)?$/u.test(command) || args.some((arg) => /(?:^|\/)gemini-cli(?:@|\/|$)/u.test(arg)),
  capabilities: { fs: { readTextFile: false } },
  pastIsOverAfter: 200,
};
