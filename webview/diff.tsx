import { makeVisible } from '../src/base/visibleText.ts';
import { largeIn } from '../src/model/large.ts';
import type { ToolContent } from '../src/model/entry.ts';
import { useChat } from './chat.ts';
import { compare, type DiffView } from './hunks.ts';
import { pathIn } from './words.ts';

type DiffContent = Extract<ToolContent, { type: 'diff' }>;

interface Props {
  readonly content: DiffContent;
  /** Longer ones are cut, and say so. */
  readonly lines: number;
  /** What is agreed to shows what has no picture of its own. */
  readonly exact: boolean;
  readonly onOpen: () => void;
}

/** Content is never changed in place, so that comparing once is enough. */
const known = new WeakMap<DiffContent, Map<number, DiffView>>();

const compared = (content: DiffContent, lines: number): DiffView => {
  let views = known.get(content);
  if (views === undefined) known.set(content, (views = new Map<number, DiffView>()));
  let view = views.get(lines);
  if (view === undefined) views.set(lines, (view = compare(content.oldText, content.newText, lines)));
  return view;
};

export const Diff = ({ content, lines, exact, onOpen }: Props) => {
  const { store, editor, t } = useChat();
  // What is agreed to was never cut, whatever it looks like.
  const apart = !exact && [content.oldText ?? '', content.newText].some((text) => largeIn(text) !== undefined);
  const view = apart ? undefined : compared(content, lines);
  const shown = (text: string): string => (exact ? makeVisible(text, 'many') : text);
  return (
    <div class="diff">
      <div class="diff-head">
        <span class="path" title={content.path}>
          <bdi>{makeVisible(pathIn(store.session.value?.cwd, content.path), 'one')}</bdi>
        </span>
        {view === undefined ? null : <span class="counts">{`+${view.added} −${view.removed}`}</span>}
        {editor ? (
          <button type="button" class="quiet" onClick={onOpen}>
            {t('Open in diff editor')}
          </button>
        ) : null}
      </div>
      {view === undefined ? (
        <div class="dim">{t('Too large to be compared here: see the diff editor')}</div>
      ) : view.runs.length === 0 ? (
        <div class="dim">{t('No difference in the text')}</div>
      ) : (
        <div class="diff-text scroll-y">
          {view.runs.map((run, index) => {
            if (run.type === 'skipped')
              return (
                <div key={index} class="skipped">
                  {t('from line {0}', run.line)}
                </div>
              );
            if (run.type === 'added') return <ins key={index}>{shown(run.text)}</ins>;
            if (run.type === 'removed') return <del key={index}>{shown(run.text)}</del>;
            return <div key={index}>{shown(run.text)}</div>;
          })}
        </div>
      )}
      {view !== undefined && view.left > 0 ? (
        <div class="diff-more">{t('{0} more changed lines: see the diff editor', view.left)}</div>
      ) : null}
    </div>
  );
};
