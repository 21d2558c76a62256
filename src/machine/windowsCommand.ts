import { win32 } from 'node:path';
import { Failure } from '../base/failure.ts';

/**
 * The script that an npm shim (`name.cmd`) runs, or undefined where the file is no such shim. Its last line is
 * `"%_prog%"  "%dp0%\node_modules\tool\bin\tool.js" %*`; running the script ourselves needs no shell at all.
 */
export const npmShimScript = (shim: string, folder: string): string | undefined => {
  if (!/%~?dp0%?/iu.test(shim)) return undefined;
  const path = /"%_prog%"\s+"%(?:~dp0|dp0%)\\([^"%]+\.[cm]?js)"\s+%\*/iu.exec(shim)?.[1];
  return path === undefined ? undefined : win32.resolve(folder, path);
};

/**
 * The arguments of `cmd.exe` that run a batch file, already quoted. Each argument stands in quotes, in which `& | < > ^`
 * mean nothing; a quote is doubled, so that their number stays even also when the batch file hands them on. A percent
 * sign is expanded even there and a newline ends the command, so both are refused (code `invalid`).
 */
export const commandLine = (file: string, args: readonly string[]): readonly string[] => {
  const words = [file, ...args].map((word) => {
    if (/[%\r\n]/u.test(word)) {
      throw new Failure(
        'invalid',
        `An argument with a percent sign or a line break cannot be passed to ${win32.basename(file)} safely.`,
        'Start the program itself instead of its .cmd file.',
      );
    }
    return `"${word.replace(/(\\*)"/gu, '$1$1""').replace(/\\+$/u, '$&$&')}"`;
  });
  // /v:off: no `!name!`; /d: no AutoRun; /s with the outer quotes: they are taken off, and nothing else.
  return ['/e:on', '/v:off', '/d', '/s', '/c', `"${words.join(' ')}"`];
};

/** The command that ends a process with all that it started. */
export const treeKill = (
  pid: number,
  systemRoot: string,
): { readonly file: string; readonly args: readonly string[] } => ({
  file: win32.join(systemRoot, 'System32', 'taskkill.exe'),
  args: ['/pid', String(pid), '/t', '/f'],
});
