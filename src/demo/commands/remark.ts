import { extname, basename } from 'node:path';

const by = 'Edited with the demo agent of Wheelhouse';

type Style = readonly [open: string, close: string];

const quote: Style = ['> ', ''];

/** How a remark is written, by the file's extension. */
const styles = new Map<string, Style>([
  ...each(['.md', '.markdown'], quote),
  ...each(['', '.txt'], ['', '']),
  ...each(['.ts', '.tsx', '.js', '.jsx', '.mjs', '.cjs', '.mts', '.jsonc'], ['// ', '']),
  ...each(['.go', '.rs', '.c', '.h', '.cpp', '.java', '.cs', '.kt', '.swift'], ['// ', '']),
  ...each(['.py', '.sh', '.rb', '.yml', '.yaml', '.toml'], ['# ', '']),
  ...each(['.css', '.scss'], ['/* ', ' */']),
  ...each(['.html', '.xml', '.svg', '.vue'], ['<!-- ', ' -->']),
]);

function each(extensions: readonly string[], style: Style): (readonly [string, Style])[] {
  return extensions.map((extension) => [extension, style] as const);
}

/**
 * The text of a file with the demo's remark in it: below the first heading of markdown, at the end elsewhere.
 * A second edit counts on instead of adding a line. Undefined when the file has no place for a remark.
 */
export function withRemark(path: string, text: string): string | undefined {
  const style = styles.get(extname(path).toLowerCase());
  if (!style) return undefined;
  const [open, close] = style;
  const line = (times: number): string => `${open}${by}${times === 1 ? '' : `, ${times} times`}.${close}`;
  const lines = text.split('\n');
  const present = lines.findIndex((candidate) => candidate.startsWith(`${open}${by}`));
  const end = text.includes('\r\n') ? '\r' : '';
  if (present >= 0) {
    const times = Number(/, (\d+) times/.exec(lines[present] ?? '')?.[1] ?? 1);
    lines[present] = line(times + 1) + end;
    return lines.join('\n');
  }
  if (text === '') return style === quote ? `# ${basename(path)}\n\n${line(1)}\n` : `${line(1)}\n`;
  const heading = style === quote ? lines.findIndex((candidate) => candidate.startsWith('# ')) : -1;
  if (heading >= 0) {
    lines.splice(heading + 1, 0, end, line(1) + end);
    return lines.join('\n');
  }
  const separator = text.endsWith('\n') ? '' : `${end}\n`;
  return `${text}${separator}${line(1)}${end}\n`;
}
