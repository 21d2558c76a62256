import { useEffect, useRef, useState } from 'preact/hooks';
import { useChat } from '../chat.ts';
import type { CodeBlock } from './block.ts';
import { highlight } from './highlight.ts';

/** One piece of a code block: a single text node, whatever its length and colours. */
export const Code = ({ block, whole }: { readonly block: CodeBlock; readonly whole: () => string }) => {
  const code = useRef<HTMLElement>(null);
  useEffect(() => {
    if (code.current === null || !block.complete) return undefined;
    const colours = highlight(code.current, block.language);
    return () => colours.dispose();
  }, [block]);
  return (
    <div class={block.continued ? 'code continued' : 'code'}>
      {block.continued ? null : <CodeHead language={block.language} whole={whole} />}
      <pre class="scroll-x">
        <code ref={code}>{block.text.endsWith('\n') ? block.text.slice(0, -1) : block.text}</code>
      </pre>
    </div>
  );
};

const CodeHead = ({ language, whole }: { readonly language: string; readonly whole: () => string }) => {
  const { t } = useChat();
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    void navigator.clipboard.writeText(whole()).then(() => setCopied(true));
  };
  return (
    <div class="code-head">
      <span>{language}</span>
      <button
        type="button"
        class="quiet"
        onClick={copy}
        onBlur={() => setCopied(false)}
        onMouseLeave={() => setCopied(false)}
      >
        {copied ? t('Copied') : t('Copy')}
      </button>
    </div>
  );
};
