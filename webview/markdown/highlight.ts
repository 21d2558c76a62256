/**
 * Colours for code without a single element: ranges over the one text node of a block, through the CSS Custom
 * Highlight API. The grammars come in a chunk of their own, with the first block that wants them.
 */
import type { Disposable } from '../../src/base/disposable.ts';

export interface Span {
  readonly from: number;
  readonly to: number;
  readonly style: Style;
}
export type Style = 'keyword' | 'string' | 'number' | 'comment' | 'title' | 'type' | 'variable' | 'added' | 'removed';

/** Longer code stays plain: colouring it would hold up the frame for what is read in an editor anyway. */
const MOST = 20 * 1024;

const idle = (run: () => void): void => {
  if ('requestIdleCallback' in globalThis) requestIdleCallback(run, { timeout: 500 });
  else setTimeout(run, 0);
};

/** Colours the text of an element that will not change again; what it returns takes the colours away. */
export const highlight = (element: HTMLElement, language: string): Disposable => {
  const text = element.firstChild;
  let ranges: readonly (readonly [Highlight, Range])[] = [];
  let gone = false;
  if (language !== '' && 'highlights' in CSS && text instanceof Text && text.data.length <= MOST) {
    // A moment of its own for each block: all that were waiting for the chunk at once would hold up a frame.
    const whenIdle = (run: () => void): void => idle(() => (gone ? undefined : run()));
    whenIdle(() => {
      void import('./grammars.ts').then(({ spansOf }) =>
        whenIdle(() => {
          ranges = paint(text, spansOf(language, text.data));
        }),
      );
    });
  }
  return {
    dispose() {
      gone = true;
      for (const [group, range] of ranges) group.delete(range);
      ranges = [];
    },
  };
};

const paint = (text: Text, spans: readonly Span[]): readonly (readonly [Highlight, Range])[] =>
  spans.map(({ from, to, style }) => {
    const range = new Range();
    range.setStart(text, from);
    range.setEnd(text, to);
    const group = groupOf(`code-${style}`);
    group.add(range);
    return [group, range] as const;
  });

const groupOf = (name: string): Highlight => {
  const known = CSS.highlights.get(name);
  if (known !== undefined) return known;
  const group = new Highlight();
  CSS.highlights.set(name, group);
  return group;
};
