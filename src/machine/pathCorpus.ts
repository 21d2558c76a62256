/** What is to be found about a path below: where it is, or why it is none. */
export type Verdict =
  | 'inside'
  | 'outside'
  | 'no path'
  | 'an address'
  | 'relative'
  | 'a device path'
  | 'a device'
  | 'a stream'
  | 'ambiguous';

/** `$` stands for the root: `/w/project`, `C:\w\project`. */
export interface PathCase {
  readonly text: string;
  readonly posix: Verdict;
  readonly win32: Verdict;
}

export const ROOTS = { posix: '/w/project', win32: 'C:\\w\\project' } as const;

const each = (posix: Verdict, win32: Verdict, texts: readonly string[]): readonly PathCase[] =>
  texts.map((text) => ({ text, posix, win32 }));

const DEVICES: readonly string[] = [
  ...['CON', 'PRN', 'AUX', 'NUL', 'CLOCK$', 'CONIN$', 'CONOUT$'],
  ...['COM', 'LPT'].flatMap((name) => '0123456789¹²³'.split('').map((digit) => name + digit)),
];

/** Paths that somebody has been led astray by, in every form that is known to us. */
export const PATH_CORPUS: readonly PathCase[] = [
  ...each('inside', 'inside', [
    ...[
      '$',
      '$/',
      '$/a',
      '$//a',
      '$/./a',
      '$/a/./b',
      '$/a/../b',
      '$/a/..',
      '$/a/b/../../c',
      '$/..a',
      '$/...a',
      '$/a..b',
    ],
    ...[
      '$/%2e%2e/x',
      '$/%2e%2e%2fx',
      '$/%2E%2E/%2E%2E/etc',
      '$/..%2fx',
      '$/%c0%ae%c0%ae/x',
      '$/%252e%252e/x',
      '$/．．/x',
    ],
    ...[
      '$/a b/c',
      '$/ä',
      '$/a\u0308',
      '$/日本/語',
      '$/🙂',
      '$/~',
      '$/~/x',
      '$/$HOME',
      '$/-rf',
      '$/.env',
      '$/.a/.b',
      '$/a;b',
    ],
    ...[
      '$/../project',
      '$/../project/a',
      '$/a/../../project/b',
      '$/x/../../project/../project/c',
      '$/a\u200bb',
      '$/a\u202eb',
    ],
    ...[
      '$/COMA',
      '$/COM10',
      '$/LPT',
      '$/CONSOLE',
      '$/NULL',
      '$/auxiliary.c',
      '$/prng.ts',
      '$/icon',
      '$/nul_',
      '$/.con',
    ],
    ...['$/a~b', '$/~1', '$/README~', '$/very-long-name~1.txt', '$/a.b.c~2.d.e', '$/x.~1~'],
  ]),
  ...each('outside', 'outside', [
    ...['$-evil', '$-evil/a', '$evil/a', '$/..', '$/../', '$/../x', '$/a/../..', '$/a/../../x', '$/./../x', '$//..//x'],
    ...[
      '$/../project-evil/a',
      '$/../projec',
      '$/../projectx',
      '$/a/b/c/../../../../x',
      '$/../../..',
      '$/../../../etc/passwd',
    ],
    ...['$/a/./../../x', '$/a//..//..//x', '$/%2e%2e/../../x'],
    `$/../${'a/../'.repeat(50)}x`,
  ]),
  ...each('outside', 'relative', [
    '/',
    '/etc/passwd',
    '/w',
    '/w/',
    '/w/project-evil',
    '/W/PROJECT/a',
    '/proc/self/environ',
    '/dev/stdin',
    '/..',
    '/../../etc',
  ]),
  ...each('inside', 'relative', ['/w/project', '/w/project/a', '/w//project/a', '/./w/project/a', '/x/../w/project/a']),
  ...each('relative', 'outside', [
    'C:\\',
    'C:/',
    'c:\\w',
    'C:\\w\\project-evil',
    'C:\\Windows\\System32',
    'D:\\w\\project\\a',
    'z:/w/project',
  ]),
  ...each('relative', 'inside', [
    'C:\\w\\project\\a',
    'C:/w/project/a',
    'c:/w/project/a',
    'C:\\w/project\\a/b',
    'C:\\W\\Project\\A',
    'c:\\\\w\\\\project',
    'C:\\w\\x\\..\\project\\a',
  ]),
  ...each('relative', 'relative', [
    ...[
      'a',
      './a',
      '../a',
      '..',
      '.',
      'a/b',
      '~',
      '~/a',
      '~root/a',
      '\\a',
      '\\..\\a',
      'C:',
      'C:a',
      'C:..\\a',
      'c:w\\project',
      ' /w/project',
    ],
    ...['%USERPROFILE%\\a', '..\\..\\a', 'w/project/a', '-', '*', '\\w\\project', '\u00a0/w', '\ufeff/w/project/a'],
  ]),
  ...each('relative', 'outside', [
    '\\\\host\\share',
    '\\\\host\\share\\a',
    '\\\\127.0.0.1\\c$\\w\\project\\a',
    '\\\\wsl$\\x\\w',
    '\\\\host@SSL\\DavWWWRoot\\a',
    '\\/host/share/a',
  ]),
  ...each('outside', 'outside', ['//host/share', '//host/share/a', '//localhost/c$/w/project']),
  ...each('relative', 'a device path', [
    ...[
      '\\\\?\\C:\\w\\project\\a',
      '\\\\.\\C:\\w\\project\\a',
      '\\\\?\\UNC\\host\\share\\a',
      '\\\\.\\pipe\\x',
      '\\\\.\\NUL',
      '\\\\?\\',
    ],
    ...[
      '\\??\\C:\\w\\project\\a',
      '\\\\?\\GLOBALROOT\\Device\\x',
      '\\\\.\\PhysicalDrive0',
      '\\\\?/C:/w/project/a',
      '\\/?/C:/w',
    ],
  ]),
  ...each('outside', 'a device path', [
    '//?/C:/w/project/a',
    '//./C:/w/project/a',
    '//./pipe/x',
    '//?/UNC/host/share',
    '/??/C:/w',
  ]),
  ...each('an address', 'an address', [
    ...[
      'file:///w/project/a',
      'file://host/share/a',
      'FILE:///w/project',
      'file:/w/project/a',
      'file:a',
      'untitled:Untitled-1',
    ],
    ...[
      'untitled:/w/project/a',
      'vscode-vfs://github/x/y',
      'http://x/w',
      'https://x',
      'git:/w/project/a',
      'data:,x',
      'javascript:x',
      'smb://host/share',
      'jar:file:/w!/a',
    ],
  ]),
  ...each('no path', 'no path', [
    '',
    '\0',
    '$/a\0',
    '$/a\0/../../x',
    '/etc/passwd\0.txt',
    '\0/w/project',
    'C:\\w\\project\\a\0b',
  ]),
  ...each('outside', 'ambiguous', ['$/.../../../x', '$/a./../../x', '$/a /../../x']),
  // A name that is nothing special on one system and a device on another.
  ...DEVICES.flatMap((name) =>
    each('inside', 'a device', [
      `$/${name}`,
      `$/${name.toLowerCase()}.txt`,
      `$/${name}/x`,
      `$/a/${name} `,
      `$/${name}  .tar.gz`,
      `$/${name}:`,
      `$/${name}/../a`,
    ]),
  ),
  ...each('inside', 'a stream', [
    ...[
      '$/x::$DATA',
      '$/x:stream',
      '$/x:stream:$DATA',
      '$/.git:x',
      '$/.git::$INDEX_ALLOCATION/hooks/a',
      '$/a:b/c',
      '$/:a',
      '$/a:',
      '$/C:/x',
      '$/x:/../a',
    ],
  ]),
  ...each('inside', 'ambiguous', [
    ...[
      '$/a.',
      '$/a ',
      '$/a..',
      '$/a. ',
      '$/a .',
      '$/.git./config',
      '$/.git /config',
      '$/.vscode.../settings.json',
      '$/a./b',
      '$/ ./a',
      '$/... /a',
    ],
    ...[
      '$/PROGRA~1',
      '$/progra~2.txt',
      '$/GIT~1/hooks/x',
      '$/git~1',
      '$/VSCODE~1/settings.json',
      '$/A~1',
      '$/ABCD~123.TXT',
      '$/x/SETTIN~1.JSO',
      '$/PROGRA~1/../a',
    ],
    ...[
      '$/a<b',
      '$/a>b',
      '$/a"b',
      '$/a|b',
      '$/a?b',
      '$/a*b',
      '$/a\u0001b',
      '$/a\nb',
      '$/a\tb',
      '$/\u001f',
      '$/*',
      '$/?',
      '$/a\u0002',
    ],
  ]),
  // A backslash is a letter of a name on one system, and a way up on another.
  ...each('inside', 'outside', ['$/..\\..\\x', '$/a\\..\\..\\x', '$/a/..\\..\\x', '$/a\\../..\\x']),
  ...each('inside', 'inside', ['$/a\\b', '$/a\\..\\b', '$/.\\a', '$/a\\\\b', '$/a\\.\\b', '$/a\\']),
];
