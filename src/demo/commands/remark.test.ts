import { describe, expect, test } from 'vitest';
import { withRemark } from './remark.ts';

const by = 'Edited with the demo agent of Wheelhouse';

describe('withRemark', () => {
  test.each([
    ['a.md', '# A\ntext\n', `# A\n\n> ${by}.\ntext\n`],
    ['a.md', 'text', `text\n> ${by}.\n`],
    ['a.md', '', `# a.md\n\n> ${by}.\n`],
    ['a.ts', 'let a;\n', `let a;\n// ${by}.\n`],
    ['a.css', '', `/* ${by}. */\n`],
    ['LICENSE', 'x\n', `x\n${by}.\n`],
    ['a.py', 'x\r\ny\r\n', `x\r\ny\r\n# ${by}.\r\n`],
    ['a.md', '# A\r\n', `# A\r\n\r\n> ${by}.\r\n`],
  ])('[demo remark] %s keeps %j and its line ends', (path, before, after) => {
    expect(withRemark(path, before)).toBe(after);
  });

  test('[demo remark] counts instead of repeating itself', () => {
    const twice = withRemark('a.ts', withRemark('a.ts', 'x\n') ?? '') ?? '';
    expect(twice).toBe(`x\n// ${by}, 2 times.\n`);
    expect(withRemark('a.ts', twice)).toBe(`x\n// ${by}, 3 times.\n`);
  });

  test('[demo remark] leaves a file alone that has no place for one', () => {
    expect(withRemark('package.json', '{}')).toBeUndefined();
  });
});
