import { useComputed } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { Decision, ToolContent, ToolEntry } from '../../src/model/entry.ts';
import { type Chat, useChat } from '../chat.ts';
import { Diff } from '../diff.tsx';
import { Icon, toolIcon } from '../icons.tsx';
import { Late, useLate } from '../late.ts';
import { TokenView } from '../markdown/blockView.tsx';
import { MarkdownDocument } from '../markdown/document.ts';
import { makeVisible } from '../../src/base/visibleText.ts';
import { decisionText, toolStatus } from '../words.ts';
import { Apart } from './apart.tsx';
import { PartView } from './part.tsx';
import { Data } from './unknown.tsx';

const MOST_ITEMS = 10;
const MOST_LOCATIONS = 20;
const MOST_LINES = 40;
const MOST_TEXT = 8 * 1024;

export const ToolCard = ({ entry }: { readonly entry: ToolEntry }) => {
  const { store, t } = useChat();
  const asked = useComputed(
    () => store.session.value?.questions.some((question) => question.tool?.call === entry.call) === true,
  ).value;
  return (
    <div class={`card tool ${asked ? 'asked' : entry.status}`}>
      <div class="card-head">
        <Icon name={toolIcon(entry.toolKind)} />
        <span class="title">{makeVisible(entry.title, 'one')}</span>
        <span class="state">{asked ? t('Waiting for you') : toolStatus(entry.status, t)}</span>
      </div>
      <Locations entry={entry} />
      {/* What is asked about stands in the question itself. */}
      {asked ? null : <Body entry={entry} />}
      {entry.decision === undefined ? null : <Decided decision={entry.decision} />}
      {entry.rawInput === undefined ? null : <Data label={t('Input')} value={entry.rawInput} />}
      {entry.rawOutput === undefined ? null : <Data label={t('Output')} value={entry.rawOutput} />}
    </div>
  );
};

const ruleDecision = new Late(() => import('./ruleDecision.tsx'));

const Decided = ({ decision }: { readonly decision: Decision }) => {
  const { t } = useChat();
  const { rule } = decision;
  const part = useLate(ruleDecision, rule !== undefined);
  if (rule === undefined) return <div class={`decision ${decision.outcome}`}>{decisionText(decision, t)}</div>;
  return part === undefined ? null : <part.RuleDecision decision={decision} rule={rule} />;
};

const Body = ({ entry }: { readonly entry: ToolEntry }) => {
  const { t } = useChat();
  return (
    <>
      {entry.content.slice(0, MOST_ITEMS).map((content, index) => (
        <Content key={index} entry={entry} content={content} index={index} />
      ))}
      {entry.content.length > MOST_ITEMS ? (
        <div class="dim">{t('{0} more', entry.content.length - MOST_ITEMS)}</div>
      ) : null}
    </>
  );
};

const Locations = ({ entry }: { readonly entry: ToolEntry }) => {
  const { store, act, t } = useChat();
  const key = store.shown.value;
  if (entry.locations.length === 0 || key === undefined) return null;
  return (
    <div class="locations">
      {entry.locations.slice(0, MOST_LOCATIONS).map(({ path, line }, index) => (
        <button
          key={index}
          type="button"
          class="location"
          title={path}
          onClick={() => act({ kind: 'location/open', key, entry: entry.id, index })}
        >
          {typeof line === 'number' ? `${fileName(path)}:${line}` : fileName(path)}
        </button>
      ))}
      {entry.locations.length > MOST_LOCATIONS ? (
        <span class="dim">{t('{0} more', entry.locations.length - MOST_LOCATIONS)}</span>
      ) : null}
    </div>
  );
};

const fileName = (path: string): string => /[^\\/]+[\\/]?$/u.exec(path)?.[0] ?? path;

const Content = ({
  entry,
  content,
  index,
}: {
  readonly entry: ToolEntry;
  readonly content: ToolContent;
  readonly index: number;
}) => {
  const chat = useChat();
  switch (content.type) {
    case 'diff':
      return <Diff content={content} lines={MOST_LINES} exact={false} onOpen={() => openDiff(chat, entry, index)} />;
    case 'terminal':
      return <Terminal id={content.terminalId} />;
    case 'content':
      return content.content.type === 'text' ? (
        <Text text={content.content.text} />
      ) : (
        <PartView part={content.content} />
      );
    case 'unknown':
      return <Data label={chat.t('Content “{0}”, which is not known here', content.name)} value={content.value} />;
  }
};

const terminalTail = new Late(() => import('../terminalTail.tsx'));

const Terminal = ({ id }: { readonly id: string }) => {
  const part = useLate(terminalTail, true);
  return part === undefined ? null : <part.TerminalTail id={id} />;
};

const openDiff = ({ store, act }: Chat, entry: ToolEntry, index: number): void => {
  const key = store.shown.peek();
  if (key !== undefined) act({ kind: 'diff/open', key, entry: entry.id, index });
};

const Text = ({ text }: { readonly text: string }) => {
  const { t } = useChat();
  const blocks = useMemo(() => {
    const document = new MarkdownDocument();
    document.append(text.slice(0, MOST_TEXT));
    document.finish();
    return document.frozen;
  }, [text]);
  if (text.trim() === '') return null;
  return (
    <div class="tool-text scroll-y markdown">
      {blocks.map((block, index) =>
        block.type === 'code' ? (
          <pre key={index} class="code-plain">
            <code>{block.text.trimEnd()}</code>
          </pre>
        ) : (
          <TokenView key={index} token={block.token} continued={block.continued} />
        ),
      )}
      {text.length > MOST_TEXT ? <p class="dim">{t('… and {0} more characters', text.length - MOST_TEXT)}</p> : null}
      <Apart text={text} />
    </div>
  );
};
