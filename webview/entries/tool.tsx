import { useComputed } from '@preact/signals';
import type { ComponentProps } from 'preact';
import type { Decision, NoticeEntry, ToolContent, ToolEntry } from '../../src/model/entry.ts';
import { type Chat, useChat } from '../chat.ts';
import type { Diff } from '../diff.tsx';
import { Icon, toolIcon } from '../icons.tsx';
import { Late, useLate } from '../late.ts';
import { makeVisible } from '../../src/base/visibleText.ts';
import { decisionText, toolStatus } from '../words.ts';
import { PartView } from './part.tsx';
import { Text } from './text.tsx';
import { Data } from './unknown.tsx';

const MOST_ITEMS = 10;
const MOST_LOCATIONS = 20;
const MOST_LINES = 40;

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
      <Locations entry={entry} nameOf={fileName} />
      {/* What is asked about stands in the question itself. */}
      {asked ? null : <Body entry={entry} />}
      {entry.decision === undefined ? null : <Decided decision={entry.decision} />}
      {entry.note === undefined ? null : <div class="decision">{t(entry.note)}</div>}
      {entry.rawInput === undefined ? null : <Data label={t('Input')} value={entry.rawInput} />}
      {entry.rawOutput === undefined ? null : <Data label={t('Output')} value={entry.rawOutput} />}
    </div>
  );
};

const ruleDecision = new Late(() => import('./ruleDecision.tsx'));

const Decided = ({ decision }: { readonly decision: Decision }) => {
  const chat = useChat();
  const { rule } = decision;
  const part = useLate(ruleDecision, rule !== undefined);
  if (rule === undefined) return <div class={`decision ${decision.outcome}`}>{decisionText(decision, chat)}</div>;
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

interface LocationsProps {
  readonly entry: ToolEntry | NoticeEntry;
  readonly nameOf: (path: string) => string;
}

export const Locations = ({ entry: { id, locations = [] }, nameOf }: LocationsProps) => {
  const { store, act, t } = useChat();
  const key = store.shown.value;
  if (locations.length === 0 || key === undefined) return null;
  return (
    <div class="locations">
      {locations.slice(0, MOST_LOCATIONS).map(({ path, line }, index) => (
        <Location
          key={index}
          title={path}
          text={typeof line === 'number' ? `${nameOf(path)}:${line}` : nameOf(path)}
          onOpen={() => act({ kind: 'location/open', key, entry: id, index })}
        />
      ))}
      {locations.length > MOST_LOCATIONS ? (
        <span class="dim">{t('{0} more', locations.length - MOST_LOCATIONS)}</span>
      ) : null}
    </div>
  );
};

interface LocationProps {
  /** The whole of it. */
  readonly title: string;
  readonly text: string;
  readonly onOpen: () => void;
}

/** A place in a file; where no editor is around it can only be read. */
export const Location = ({ title, text, onOpen }: LocationProps) =>
  useChat().editor ? (
    <button type="button" class="location" title={title} onClick={onOpen}>
      {text}
    </button>
  ) : (
    <span class="location" title={title}>
      {text}
    </span>
  );

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
      return <Change content={content} onOpen={() => openDiff(chat, entry, index)} />;
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

const diff = new Late(() => import('../diff.tsx'));

type ChangeProps = Pick<ComponentProps<typeof Diff>, 'content' | 'onOpen'>;

const Change = ({ content, onOpen }: ChangeProps) => {
  const part = useLate(diff, true);
  return part === undefined ? null : <part.Diff content={content} lines={MOST_LINES} exact={false} onOpen={onOpen} />;
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
