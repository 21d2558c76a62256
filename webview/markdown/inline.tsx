/** Tokens to elements, one by one: no HTML string exists at any point, so none can be injected. */
import type { MarkedToken, Token } from 'marked';
import type { ComponentChild } from 'preact';
import { LARGE } from '../../src/model/large.ts';
import { asMarked } from './block.ts';
import { decodeEntities } from './entities.ts';
import { allowedHref, allowedImage } from './links.ts';

export const Inline = ({ tokens }: { readonly tokens: readonly Token[] | undefined }) => (
  <>{asMarked(tokens).map(one)}</>
);

const one = (token: MarkedToken): ComponentChild => {
  switch (token.type) {
    case 'strong':
      return (
        <strong>
          <Inline tokens={token.tokens} />
        </strong>
      );
    case 'em':
      return (
        <em>
          <Inline tokens={token.tokens} />
        </em>
      );
    case 'del':
      return (
        <del>
          <Inline tokens={token.tokens} />
        </del>
      );
    case 'codespan':
      return <code>{token.text}</code>;
    case 'br':
      return <br />;
    case 'link':
      return (
        <Link href={token.href} text={token.text}>
          <Inline tokens={token.tokens} />
        </Link>
      );
    case 'image':
      return <Picture source={token.href} text={token.text} />;
    case 'text':
      return token.tokens === undefined ? decodeEntities(token.text) : <Inline tokens={token.tokens} />;
    case 'escape':
      return token.text;
    case 'checkbox':
      return null;
    default:
      // What looks like HTML is text like any other.
      return token.raw;
  }
};

/**
 * No `href`: the webview around would follow it without a word. The transcript hears the click and asks the host, which
 * shows the whole address first.
 */
export const Link = ({
  href,
  text,
  children,
}: {
  readonly href: string;
  readonly text: string;
  readonly children: ComponentChild;
}) => {
  const address = allowedHref(href);
  if (address === undefined)
    return (
      <>
        {children}
        {href === '' || href === text || href.startsWith(LARGE) ? '' : ` (${href})`}
      </>
    );
  return (
    <a role="link" tabIndex={0} title={address} data-href={address}>
      {children}
    </a>
  );
};

const Picture = ({ source, text }: { readonly source: string; readonly text: string }) => {
  const data = allowedImage(source);
  if (data !== undefined) return <img src={data} alt={text} />;
  const label = text === '' ? source : text;
  return (
    <Link href={source} text={label}>
      {label}
    </Link>
  );
};
