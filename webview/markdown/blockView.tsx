import type { MarkedToken, Tokens } from 'marked';
import type { ComponentChild } from 'preact';
import { asMarked } from './block.ts';
import { Inline } from './inline.tsx';

export const TokenView = ({ token, continued }: { readonly token: MarkedToken; readonly continued: boolean }) =>
  view(token, continued);

const view = (token: MarkedToken, continued = false): ComponentChild => {
  switch (token.type) {
    case 'heading': {
      // Each entry has a heading of the second level, and few messages begin with the depth that would follow it.
      const Level = token.depth <= 3 ? 'h3' : 'h4';
      return (
        <Level class={`depth-${token.depth}`}>
          <Inline tokens={token.tokens} />
        </Level>
      );
    }
    case 'paragraph':
      return (
        <p>
          <Inline tokens={token.tokens} />
        </p>
      );
    case 'blockquote':
      return (
        <blockquote>
          <Children tokens={token.tokens} />
        </blockquote>
      );
    case 'list':
      return <List list={token} />;
    case 'table':
      return <Table table={token} continued={continued} />;
    case 'hr':
      return <hr />;
    case 'code':
      return (
        <pre class="code-plain">
          <code>{token.text}</code>
        </pre>
      );
    case 'space':
    case 'def':
    case 'checkbox':
      return null;
    case 'text':
      return <Inline tokens={token.tokens ?? [token]} />;
    case 'html':
      return <p class="plain">{token.raw.trimEnd()}</p>;
    default:
      return <Inline tokens={[token]} />;
  }
};

const Children = ({ tokens }: { readonly tokens: readonly Tokens.Generic[] }) => (
  <>{asMarked(tokens).map((token) => view(token))}</>
);

const List = ({ list }: { readonly list: Tokens.List }) => {
  const items = list.items.map((item, index) => (
    <li key={index} class={item.task ? 'task' : undefined}>
      {item.task ? (
        <span
          class={item.checked === true ? 'box checked' : 'box'}
          role="img"
          aria-label={item.checked === true ? '☑' : '☐'}
        />
      ) : null}
      <Children tokens={item.tokens} />
    </li>
  ));
  const className = list.loose ? 'loose' : undefined;
  if (!list.ordered) return <ul class={className}>{items}</ul>;
  return (
    <ol class={className} start={list.start === '' ? 1 : list.start}>
      {items}
    </ol>
  );
};

const Table = ({ table, continued }: { readonly table: Tokens.Table; readonly continued: boolean }) => (
  <div class="scroll-x">
    <table class={continued ? 'continued' : undefined}>
      <thead>
        <tr>
          {table.header.map((cell, index) => (
            <th key={index} scope="col" class={aligned(cell)}>
              <Inline tokens={cell.tokens} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.rows.map((row, index) => (
          <tr key={index}>
            {row.map((cell, column) => (
              <td key={column} class={aligned(cell)}>
                <Inline tokens={cell.tokens} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

const aligned = (cell: Tokens.TableCell): string | undefined => (cell.align === null ? undefined : `to-${cell.align}`);
