import { expect, test } from 'vitest';
import { encodeKeys } from './keys.ts';

test.each([
  [['^C'], '\u0003'],
  [['^c'], '\u0003'],
  [['^['], '\u001B'],
  [['^?'], '\u007F'],
  [['^1'], '^1'],
  [['^'], '^'],
  [['C-d'], '\u0004'],
  [['c-D'], '\u0004'],
  [['M-x'], '\u001Bx'],
  [['S-x'], 'X'],
  [['S-1'], '1'],
  [['C-M-a'], '\u001B\u0001'],
  [['M-Enter'], '\u001B\r'],
  [['C-'], 'C-'],
  [['C--'], '-'],
  [['Enter', 'RETURN', ' tab '], '\r\r\t'],
  [['escape', 'esc', 'space', 'backspace'], '\u001B\u001B \u007F'],
  [['up', 'down', 'right', 'left'], '\u001B[A\u001B[B\u001B[C\u001B[D'],
  [['home', 'end', 'pageup', 'pagedown'], '\u001B[1~\u001B[4~\u001B[5~\u001B[6~'],
  [['insert', 'delete'], '\u001B[2~\u001B[3~'],
  [['f1', 'f2', 'f3', 'f4', 'F5'], '\u001BOP\u001BOQ\u001BOR\u001BOS\u001B[15~'],
  [['f6', 'f7', 'f8', 'f9'], '\u001B[17~\u001B[18~\u001B[19~\u001B[20~'],
  [['f10', 'f11', 'f12'], '\u001B[21~\u001B[23~\u001B[24~'],
  [['q', 'ls -la', 'f13', '', '  '], 'qls -laf13'],
  [['C-words'], 'words'],
  [[], ''],
] as const)('[environment 10 send-keys] %j is %j', (tokens, text) => {
  expect(encodeKeys(tokens)).toBe(text);
});
