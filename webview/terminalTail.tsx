import { useComputed } from '@preact/signals';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { TerminalView } from '../src/model/session.ts';
import { readAnsi } from './ansi.ts';
import { useChat } from './chat.ts';
import type { Translate } from './l10n.ts';

/** The end of what a command wrote. Drawn again with its terminal, not with the card around it. */
export const TerminalTail = ({ id }: { readonly id: string }) => {
  const { store, act, editor, t } = useChat();
  const terminal = useComputed(() => {
    const terminals = store.session.value?.terminals;
    return terminals !== undefined && Object.hasOwn(terminals, id) ? terminals[id] : undefined;
  }).value;
  const key = store.shown.value;
  if (terminal === undefined) return <div class="dim">{t('Output in a terminal that is not shown here')}</div>;
  return (
    <div class="terminal">
      <div class="terminal-head">
        <code class="command">{terminal.command}</code>
        {key === undefined || !editor ? null : (
          <button type="button" class="quiet" onClick={() => act({ kind: 'terminal/show', key, terminal: id })}>
            {t('Show terminal')}
          </button>
        )}
      </div>
      {terminal.tail === '' ? null : <Tail text={terminal.tail} />}
      {terminal.exit === undefined ? null : <div class="dim">{exitText(terminal.exit, t)}</div>}
    </div>
  );
};

const Tail = ({ text }: { readonly text: string }) => {
  const box = useRef<HTMLPreElement>(null);
  const runs = useMemo(() => readAnsi(text.trimEnd()), [text]);
  useLayoutEffect(() => {
    if (box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [runs]);
  return (
    <pre ref={box} class="terminal-text scroll-y">
      {runs.map((run, index) =>
        run.classes === '' && Object.keys(run.style).length === 0 ? (
          run.text
        ) : (
          <span key={index} class={run.classes} style={run.style}>
            {run.text}
          </span>
        ),
      )}
    </pre>
  );
};

const exitText = (exit: NonNullable<TerminalView['exit']>, t: Translate): string => {
  if (exit.signal !== null) return t('Ended by signal {0}', exit.signal);
  return exit.code === 0 ? t('Ended without an error') : t('Ended with code {0}', exit.code ?? '?');
};
