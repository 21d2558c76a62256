import type { GuardsOfFile } from './guards.ts';

export const FILE_GUARDS: readonly GuardsOfFile[] = [
  {
    file: 'src/machine/paths.ts',
    tests: ['src/machine/paths.test.ts'],
    rows: [
      ["text === '' || text.includes('\\0')", "text === ''", 'a NUL ends a path for the system and not for us'],
      [
        "if (/^[A-Za-z][A-Za-z\\d+.-]+:/u.test(text)) return { fault: 'an address' };",
        '',
        'an address is taken for a path',
      ],
      ["return text.startsWith('/')", 'return true', 'a relative path is one of a folder that nobody chose'],
      [
        "if (!drive && !/^[\\\\/]{2}[^\\\\/]+[\\\\/]+[^\\\\/]+/u.test(text)) return { fault: 'relative' };",
        '',
        'a path of the current folder or drive is taken on Windows',
      ],
      [
        "if (/^[\\\\/]{2}[?.](?:[\\\\/]|$)/u.test(text) || /^[\\\\/]\\?\\?[\\\\/]/u.test(text)) return { fault: 'a device path' };",
        '',
        'the names of the Windows kernel are taken',
      ],
      ["if (DEVICE.test(name)) return 'a device';", '', 'a device is opened under the name of a file'],
      ["if (name.includes(':')) return 'a stream';", '', 'a stream hides behind the name of a file'],
      ['/[. ]$/u.test(name) || ', '', 'Windows drops a trailing dot that we compared'],
      [' || SHORT_NAME.test(name)', '', 'a short name stands for a long one that we never saw'],
      ['...text.slice(drive ? 2 : 0).split(/[\\\\/]+/u), ', '', 'what `..` takes back is not looked at'],
      [
        "const inside = above.every((name, index) => fold(name) === fold(below[index] ?? ''));",
        'const inside = path.startsWith(root);',
        'a folder with the same beginning is inside',
      ],
      [
        'if (fold(slashes(parse(root).root)) !== fold(slashes(parse(path).root))) return undefined;',
        '',
        'a folder of another drive is inside',
      ],
      ["flavour === 'win32' ? { ...folding, case: true } : folding", 'folding', 'Windows tells names by their case'],
      ["folding.form ? name.normalize('NFC') : name", 'name', 'an accent makes another folder where it makes none'],
      [
        'folding.case ? formed.toUpperCase().toLowerCase() : formed',
        'formed',
        'a case makes another folder where it makes none',
      ],
      ["flavour === 'win32' && /^[\\\\/]{2}/u.test(path)", 'false', 'a share counts as a disk of our own'],
    ],
  },
  {
    file: 'src/machine/place.ts',
    tests: ['src/machine/place.test.ts'],
    rows: [
      [
        'if (asked.length === 0 && isNetworkPath(path, flavour)) return this.#outside(path, path);',
        '',
        'another machine is told who the person is',
      ],
      [
        'if (isNetworkPath(path, flavour) && !isNetworkPath(asked, flavour)) continue;',
        '',
        'a share that is away holds up every path',
      ],
      [
        'const found = way((root) => root.real, real);',
        'const found = way((root) => root.path, path);',
        'a link leads out, and counts as inside',
      ],
      [
        'const stored = async (existing: string)',
        'if (whole === undefined) return { real: path };\n  const stored = async (existing: string)',
        'a new file below a link is judged by its letters',
      ],
      [
        'if (asked.length === 0 || innermost === undefined)',
        'if (innermost === undefined)',
        'what was named outside counts as inside',
      ],
      [
        'if (links > MOST_LINKS)\n',
        'if (links > MOST_LINKS) return { real: path };\n  if (links > MOST_LINKS)\n',
        'links in a circle lead to where they began',
      ],
      ['[...asked, ...found]', '[...asked]', 'a harmless name leads to a protected file'],
      ['[...asked, ...found]', '[...found]', 'a protected name is written because it is a link'],
      [
        'protectedBy([...segmentsOf(above, flavour).slice(-2), ...names])',
        'protectedBy(names)',
        'a protected folder that is opened by itself is none',
      ],
      [
        'protectedBy(segmentsOf(path, flavour)) ?? protectedBy(segmentsOf(real, flavour))',
        'undefined',
        'outside nothing is protected',
      ],
      [
        'const folding = await foldingOf(root, this.#looks);',
        'const folding = NO_FOLDING;',
        'another spelling of the folder is another folder',
      ],
      [
        'other !== path && (await looks.identity(other)) === (await looks.identity(path))',
        'other !== path',
        'another folder is taken for another spelling',
      ],
    ],
  },
  {
    file: 'src/machine/verifiedFile.ts',
    tests: ['src/machine/verifiedFile.test.ts'],
    rows: [
      [
        'if ((await pathOf(file, real)) !== real) throw changed(real);',
        '',
        'what is read lies where a link led that came meanwhile',
      ],
      [
        'if (isNew ? old !== undefined : old === undefined || old.isSymbolicLink()) throw changed(real);',
        '',
        'a file that came meanwhile is replaced',
      ],
      [' || old.isSymbolicLink()', '', 'a link that came meanwhile is taken for the file'],
      [
        'if ((await readlink(`${names}/${handle.fd}`)) !== real) throw changed(real);',
        '',
        'a folder behind a link that came meanwhile is written into',
      ],
      [
        'if (how.old === undefined) await place(unfinished, folder.at(name));',
        'if (how.old === undefined) await rename(unfinished, folder.at(name));',
        'a file that came in the last moment is replaced',
      ],
      ["if (errnoOf(failure) === 'EEXIST') throw failure;", '', 'a file that came in the last moment is taken over'],
      ['if (how.old !== undefined) await keepAccess(file, how.old);', '', 'a secret file can be read by everybody'],
      ['    how.before?.();\n', '', 'nobody can stop a write any more'],
      ['await unlink(unfinished).catch(() => undefined);', '', 'what was given up is left lying about'],
      ['if (!about.isFile()) throw noFile(real);\n  const writable', 'const writable', 'a pipe is replaced by a file'],
      ['if (!writable) throw readOnly(real);', '', 'a file that was made read-only is replaced'],
      ['if (!about.isFile()) throw noFile(real);\n    if (about', 'if (about', 'a folder or a pipe is read'],
      ['if (about.size > most)', 'if (false)', 'a file without end is read'],
      ['about?.isFile() === true && about.size === 0', 'about !== undefined', 'a file that has content is taken away'],
    ],
  },
  {
    file: 'src/machine/programPrints.ts',
    tests: ['src/machine/programPrints.test.ts'],
    rows: [
      [
        'if (!(await this.#parts.ask({ label, before, now }, signal))) throw refused(label);',
        '',
        'a program that was exchanged starts with the rules that were made for another',
      ],
      ['before.path !== path || ', '', 'a link that leads elsewhere is no change'],
      [' || before.sha256 !== now.sha256', '', 'another content under the same name is no change'],
      [
        'if ((await realpath(start.file)) !== path || (await lookAt(path)).stamp !== stamp) throw changed(label);',
        '',
        'a yes to one program starts another',
      ],
      ['return `unread ${stamp}`;', "return '';", 'a program that cannot be read is always the same'],
      [
        '[dev, ino, size, mtimeNs, ctimeNs]',
        '[dev, size, mtimeNs]',
        'a file with the size and the time of another is taken for it',
      ],
      ['JSON.stringify([id, start.command])', 'start.command', 'what one agent ran speaks for another'],
    ],
  },
];
