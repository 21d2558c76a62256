/** One page of an answer as models write them; `{n}` keeps the pages apart. */
const page = `## Step {n}: read the configuration

The loader reads **three** files in order, and the last one wins. Anything that it does not know is kept as it is, so
that a newer file survives an older reader.

- \`defaults.json\` ships with the program
- \`settings.json\` belongs to the person
  - unknown keys are *kept*
- the environment comes last

\`\`\`ts
export function load(paths: readonly string[]): Settings {
  const parts = paths.map((path) => parse(readFileSync(path, 'utf8')));
  return Object.assign({}, ...parts);
}
\`\`\`

1. Run the tests once before the change.
2. See [the guide](https://example.com/guide/{n}) for the rest.

| key | value |
| :-- | --: |
| pages | {n} |

> Nothing here is read twice.

`;

const chunkLength = 40;

/** Endless markdown in chunks of 40 characters, paragraphs, lists, fences, tables and headings mixed. */
export function* markdownChunks(): Generator<string> {
  let text = '';
  for (let n = 1; ; n += 1) {
    text += page.replaceAll('{n}', String(n));
    while (text.length >= chunkLength) {
      yield text.slice(0, chunkLength);
      text = text.slice(chunkLength);
    }
  }
}
