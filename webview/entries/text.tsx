import { useMemo } from 'preact/hooks';
import { useChat } from '../chat.ts';
import { TokenView } from '../markdown/blockView.tsx';
import { MarkdownDocument } from '../markdown/document.ts';
import { Apart } from './apart.tsx';

const MOST_TEXT = 8 * 1024;

/** Markdown in a card: its beginning, since what is behind it stays with the agent or apart. */
export const Text = ({ text }: { readonly text: string }) => {
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
