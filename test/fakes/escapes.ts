/**
 * A thousand ways to tell a terminal something else than text (S45, CVE-2026-47090): clipboard, titles, links, shell
 * integration, images, device control, the cursor, modes, eight-bit controls, what is torn, nested or never ended.
 * Each stands between two words, and a reader must see the two words and nothing else.
 */
export interface Escape {
  readonly name: string;
  readonly sequence: string;
}

const ESC = '\u001b';
const STRING_ENDS = { ST: `${ESC}\\`, ST8: '\u009c', CAN: '\u0018', SUB: '\u001a' } as const;
const OSC_ENDS = { BEL: '\u0007', ...STRING_ENDS } as const;

const OSC = [
  '0;evil',
  '1;evil',
  '2;evil',
  `0;${'t'.repeat(5000)}`,
  '3;WM_NAME=evil',
  '4;1;rgb:00/00/00',
  '5;0;red',
  '7;file:///etc',
  '8;;https://evil.example',
  '8;id=1;vscode://evil.evil/run',
  '8;;command:workbench.action.terminal.new',
  '8;;',
  '9;evil',
  '9;4;1;50',
  '10;#000000',
  '11;#000000',
  '12;#000000',
  '13;red',
  '17;red',
  '21;foreground=red',
  '22;pointer',
  '46;/tmp/log',
  '50;evil',
  '51;evil',
  '52;c;ZXZpbA==',
  '52;p;ZXZpbA==',
  '52;;ZXZpbA==',
  '52;c;?',
  '52;c;!',
  `52;c;${'QQ'.repeat(40_000)}`,
  '99;;evil',
  '104',
  '110',
  '133;A',
  '133;C',
  '633;A',
  '633;E;rm -rf /;nonce',
  '633;P;Cwd=/',
  '633;SetMark;Hidden',
  '777;notify;evil;evil',
  '1337;File=inline=1:QUJD',
  '1337;SetMark',
  '1337;Copy=:ZXZpbA==',
  '5522;type=write;evil',
  '',
  ';',
  'L',
  'x\ny',
] as const;

const STRINGS = [
  '',
  '$qm',
  '+q544e',
  'q#0;2;0;0;0~-',
  'tmux;inner',
  'Gi=1,a=T;QUJD',
  'x\ny',
  'p'.repeat(5000),
] as const;

const CSI = [
  ...Array.from('@ABCDEFGHIJKLMPSTXZ`abdefghlnrsu', (final) => `2${final}`),
  ...['', '0', '1', '2', '3', '?0', '?2'].flatMap((how) => [`${how}J`, `${how}K`]),
  ...[
    1, 3, 5, 6, 7, 9, 12, 25, 47, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1047, 1048, 1049, 2004, 2026, 9001,
  ].flatMap((mode) => [`?${mode}h`, `?${mode}l`]),
  ...['20h', '4h', '5i', '4i', '?5i', '8;50;200t', '14t', '18t', '21t', '22;0t', '23;0t', '3;0;0t', '9;1t', '2 t'],
  ...[
    '5n',
    '6n',
    '?6n',
    '?15n',
    'c',
    '>c',
    '=c',
    '>q',
    'x',
    '?1$p',
    '4$p',
    '!p',
    '61"p',
    '0"q',
    '2 q',
    '>1u',
    '<u',
    '?u',
  ],
  ...['10;10H', '999;999H', '10;10f', '99A', '99D', '1;5r', '>4;2m', '>4m', '?4m', '1;2;3;4;5*y', "1'}", '3 @', '1 A'],
  ...[
    '1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20H',
    `${'1;'.repeat(500)}H`,
    '1 2H',
    '99999999999999999999A',
    ':J',
  ],
] as const;

const SHORT = Array.from('6789=>cDEFHMNOVWZlmno|}~');
const PAIRS = [
  '(0',
  '(B',
  ')0',
  '*A',
  '+B',
  '-A',
  '.A',
  '/A',
  '#3',
  '#6',
  '#8',
  ' F',
  ' G',
  '%G',
  '%@',
  '&x',
  '!x',
  '"x',
  "'x",
];

const UNSEEN =
  '\u00ad\u034f\u061c\u115f\u1160\u17b4\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2064\u2066\u2067\u2068\u2069\u206f\u3164\ufe00\ufeff\uffa0\u{e0001}\u{e0041}\u{e007f}\u{e0100}';

const hex = (text: string): string => (text.codePointAt(0) ?? 0).toString(16);

const characters = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index));

export const escapes = (): readonly Escape[] => [
  ...[`${ESC}]`, '\u009d'].flatMap((begin) =>
    OSC.flatMap((payload) =>
      Object.entries(OSC_ENDS).map(([end, close]) => ({
        name: `OSC${begin.length === 1 ? '8' : ''} ${payload.slice(0, 30)} ${end}`,
        sequence: `${begin}${payload}${close}`,
      })),
    ),
  ),
  ...[`${ESC}P`, '\u0090', `${ESC}X`, '\u0098', `${ESC}^`, '\u009e', `${ESC}_`, '\u009f'].flatMap((begin) =>
    STRINGS.flatMap((payload) =>
      Object.entries(STRING_ENDS).map(([end, close]) => ({
        name: `string ${hex(begin)} ${begin.slice(1)} ${payload.slice(0, 10)} ${end}`,
        sequence: `${begin}${payload}${close}`,
      })),
    ),
  ),
  ...[`${ESC}[`, '\u009b'].flatMap((begin) =>
    CSI.map((rest) => ({
      name: `CSI${begin.length === 1 ? '8' : ''} ${rest.slice(0, 30)}`,
      sequence: `${begin}${rest}`,
    })),
  ),
  ...[...SHORT, ...PAIRS].map((rest) => ({ name: `ESC ${rest}`, sequence: `${ESC}${rest}` })),
  ...[...characters(0, 8), ...characters(0x0e, 0x1a), ...characters(0x1c, 0x1f), '\u000b', '\u000c', '\u007f'].map(
    (control) => ({ name: `control ${hex(control)}`, sequence: control }),
  ),
  ...characters(0x80, 0x9f)
    .filter((control) => !'\u0090\u0098\u009b\u009d\u009e\u009f'.includes(control))
    .map((control) => ({ name: `control ${hex(control)}`, sequence: control })),
  ...Array.from(UNSEEN, (character) => ({ name: `unseen ${hex(character)}`, sequence: character })),
  ...TOGETHER.map((sequence, index) => ({ name: `together ${index}`, sequence })),
];

/** Such as grow to another sequence when one is taken out, or begin before the last has ended. */
const TOGETHER = [
  `${ESC}${ESC}[2J`,
  `${ESC}${ESC}]0;x\u0007`,
  `${ESC}[${ESC}[2J`,
  `${ESC}[3${ESC}]0;x\u0007`,
  `${ESC}]0;a${ESC}[2J`,
  `${ESC}]52;c;${ESC}]0;x\u0007`,
  `${ESC}Pq${ESC}]52;c;QQ==\u0007`,
  `${ESC}P${ESC}P${ESC}\\`,
  `${ESC}[1\u0018${ESC}[2J`,
  `${ESC}[2\u0007J`,
  `${ESC}[2\u0000;1H`,
  `${ESC}[2\u007fJ`,
  `${ESC} \u001b[J`,
  `${ESC}[\u009b2J`,
  `${ESC}]0;x\u009b2J\u0007`,
  `\u009d0;x${ESC}\\`,
  `\u009b\u009b2J`,
  `${ESC}_x\u0007y${ESC}\\`,
  `${ESC}Pa\u0007b${ESC}\\`,
  `${ESC}[?${ESC}[?25l`,
];
