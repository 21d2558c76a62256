import { useLayoutEffect, useRef } from 'preact/hooks';
import type { ToolContent } from '../src/model/entry.ts';
import {
  allows,
  type Question,
  type QuestionGuard,
  type QuestionTool,
  type Remember as Kept,
} from '../src/model/question.ts';
import { quotedArgument, ruleText } from '../src/model/rule.ts';
import type { SessionKey } from '../src/model/session.ts';
import { useChat } from './chat.ts';
import { Diff } from './diff.tsx';
import { Icon, type IconName } from './icons.tsx';
import { jsonText } from './json.ts';
import type { Translate } from './l10n.ts';
import { makeVisible } from '../src/base/visibleText.ts';
import { Remember } from './remember.tsx';

const MOST_LINES = 600;
/** Everything that is agreed to, up to a length that nobody reads: what is cut says so. */
const MOST_TEXT = 100_000;

/** What would be done, before the answers: plain text throughout, since it comes from who asks. */
export const PermissionBody = ({
  session,
  question,
}: {
  readonly session: SessionKey;
  readonly question: Question;
}) => {
  const { store, t } = useChat();
  const { tool } = question;
  if (tool === undefined) return null;
  const machine = store.session.value?.machine;
  const changes = tool.content.some((content) => content.type === 'diff');
  return (
    <div class="question-body">
      {machine === undefined ? null : <strong>{t('On {0}', makeVisible(machine, 'one'))}</strong>}
      {question.guard === undefined ? null : <Guarded guard={question.guard} />}
      {changes ? null : <Command tool={tool} />}
      {tool.content.map((content, index) => (
        <Content key={index} session={session} question={question.id} content={content} index={index} />
      ))}
      {changes ? <Input tool={tool} /> : null}
      <Places tool={tool} />
    </div>
  );
};

/** Why it is asked, with what it is about to the letter. */
const Guarded = ({ guard: { kind, detail } }: { readonly guard: QuestionGuard }) => {
  const { store, t } = useChat();
  const { rules = [] } = store.setup.value ?? {};
  const rule = [...(store.session.value?.rules ?? []), ...rules].find(({ id }) => id === detail);
  // What would be written over is named by its diff.
  const shown =
    kind === 'unsaved' || kind === 'lost' ? '' : kind === 'rule' ? (rule === undefined ? '' : ruleText(rule)) : detail;
  return (
    <div class="guarded">
      <div>{guardText(kind, t)}</div>
      {shown === '' ? null : <code>{makeVisible(shown, 'one')}</code>}
    </div>
  );
};

const guardText = (kind: QuestionGuard['kind'], t: Translate): string => {
  switch (kind) {
    case 'outside':
      return t('It leads out of the folders of the workspace, to:');
    case 'protected':
      return t('Programs run or obey what stands there. It is protected, and no rule allows it:');
    case 'unsaved':
      return t(
        'You have edits in this file that are not saved: −. The agent’s text: +. Whatever becomes of yours, undo brings them back.',
      );
    case 'lost':
      return t(
        'What wrote this file went away before it said that it was done. What stands there now: −. The agent’s text: +.',
      );
    case 'rule':
      return t('A rule of yours wants to be asked:');
  }
};

const Places = ({ tool }: { readonly tool: QuestionTool }) => {
  // A diff names its file already.
  if (tool.locations.length === 0 || tool.content.some((content) => content.type === 'diff')) return null;
  const text = tool.locations.map(({ path, line }) => (typeof line === 'number' ? `${path}:${line}` : path)).join('\n');
  return <Exact text={text} />;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The command as it would be run, and whatever else the call carries: a folder or a variable can change its meaning. */
const Command = ({ tool }: { readonly tool: QuestionTool }) => {
  const { t } = useChat();
  const { rawInput } = tool;
  if (rawInput === undefined || rawInput === null) return null;
  if (!isRecord(rawInput)) return <Exact text={exactJson(rawInput, t)} />;
  const { command, args, ...others } = rawInput;
  if (typeof command !== 'string') return <Exact text={exactJson(rawInput, t)} />;
  const whole = Array.isArray(args) && args.every((arg) => typeof arg === 'string');
  const rest = whole || args === undefined ? others : { args, ...others };
  return (
    <>
      <Exact text={whole ? [command, ...args.map(quotedArgument)].join(' ') : command} />
      {Object.keys(rest).length === 0 ? null : <Exact text={exactJson(rest, t)} quiet />}
    </>
  );
};

/** A diff says it already, in a form that can be read. */
const Input = ({ tool }: { readonly tool: QuestionTool }) => {
  const { t } = useChat();
  if (tool.rawInput === undefined || tool.rawInput === null) return null;
  return (
    <details class="data">
      <summary>{t('Input')}</summary>
      <Exact text={exactJson(tool.rawInput, t)} />
    </details>
  );
};

const exactJson = (value: unknown, t: Translate): string =>
  jsonText(value, (left) => t('… and {0} more characters', left), MOST_TEXT);

/** Text to the letter, in a box of its own whose end is in sight: what matters is often put where nobody scrolls to. */
export const Exact = ({ text, quiet = false }: { readonly text: string; readonly quiet?: boolean }) => {
  const { t } = useChat();
  const box = useRef<HTMLPreElement>(null);
  const visible = makeVisible(
    text.length > MOST_TEXT
      ? `${text.slice(0, MOST_TEXT / 2)}\n${t('… and {0} more characters', text.length - MOST_TEXT)}\n${text.slice(-MOST_TEXT / 2)}`
      : text,
    'many',
  );
  const lines = visible.split('\n').length;
  useLayoutEffect(() => {
    if (box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [visible]);
  return (
    <>
      <pre
        ref={box}
        class={quiet ? 'exact quiet-text scroll-y' : 'exact scroll-y'}
        tabIndex={lines > 3 || visible.length > 100 ? 0 : undefined}
      >
        {visible}
      </pre>
      {lines > 6 || visible.length > 400 ? (
        <div class="dim">{t('{0} lines, {1} characters: scroll up for the beginning', lines, text.length)}</div>
      ) : null}
    </>
  );
};

interface ContentProps {
  readonly session: SessionKey;
  readonly question: string;
  readonly content: ToolContent;
  readonly index: number;
}

const Content = ({ session, question, content, index }: ContentProps) => {
  const { act, t } = useChat();
  switch (content.type) {
    case 'diff':
      return (
        <Diff
          content={content}
          lines={MOST_LINES}
          exact
          onOpen={() => act({ kind: 'question/diff', key: session, question, index })}
        />
      );
    case 'content':
      return <Exact text={content.content.type === 'text' ? content.content.text : exactJson(content.content, t)} />;
    case 'terminal':
      return null;
    case 'unknown':
      return <Exact text={exactJson(content.value, t)} />;
  }
};

interface OptionsProps {
  readonly question: Question;
  readonly inert: boolean;
  readonly onChoose: (option: string, kept?: Kept) => void;
}

/** The agent's own words for the answers; what an answer means comes from its kind alone, which the picture shows. */
export const PermissionOptions = ({ question, inert, onChoose }: OptionsProps) => {
  const { t } = useChat();
  const { options, guard, stale } = question;
  return (
    <>
      {stale === undefined ? null : (
        <div class="refusal" role="alert">
          {t('The agent changed this after asking. It can only be refused.')}
        </div>
      )}
      <div class="answers">
        {options.map((option, index) => {
          const isVoid = stale === true && allows(option);
          return (
            <button
              key={index}
              type="button"
              class={isVoid ? 'void' : classOf(option.kind)}
              title={meaning(option.kind, t)}
              aria-disabled={inert || isVoid}
              onClick={() => {
                if (!isVoid) onChoose(option.id);
              }}
            >
              <Icon name={picture(option.kind)} />
              <span>{guard === undefined ? makeVisible(option.name, 'one') : t(option.name)}</span>
            </button>
          );
        })}
      </div>
      <Remember question={question} inert={inert} onChoose={onChoose} />
    </>
  );
};

const classOf = (kind: string): string => {
  if (!allows({ kind })) return 'secondary refuse';
  return kind === 'allow_once' ? 'allow' : 'allow always';
};

const picture = (kind: string): IconName => {
  switch (kind) {
    case 'allow_once':
      return 'check';
    case 'allow_always':
      return 'checks';
    case 'reject_always':
      return 'crosses';
    default:
      return 'cross';
  }
};

const meaning = (kind: string, t: Translate): string => {
  switch (kind) {
    case 'allow_once':
      return t('Allows this once');
    case 'allow_always':
      return t('Allows this, and what is like it from now on');
    case 'reject_once':
      return t('Refuses this once');
    case 'reject_always':
      return t('Refuses this, and what is like it from now on');
    default:
      return t('Of the kind “{0}”, which is not known here: it counts as a refusal', kind);
  }
};
