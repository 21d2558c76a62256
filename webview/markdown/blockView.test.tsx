import { render } from 'preact';
import { describe, expect, test } from 'vitest';
import { TokenView } from './blockView.tsx';
import { MarkdownDocument } from './document.ts';

const draw = (text: string): HTMLElement => {
  const document_ = new MarkdownDocument();
  document_.append(text);
  document_.finish();
  const root = document.createElement('div');
  render(
    <>
      {document_.frozen.map((block, index) =>
        block.type === 'code' ? (
          <pre key={index}>{block.text}</pre>
        ) : (
          <TokenView key={index} token={block.token} continued={block.continued} />
        ),
      )}
    </>,
    root,
  );
  return root;
};

describe('a markdown block on the screen', () => {
  test('[markdown] has headings, emphasis, code, lists, tasks, tables and quotes as elements', () => {
    const root = draw(
      '# Title\n\nSome *em* **strong** ~~gone~~ `code`\n\n1. a\n   - b\n\n- [x] done\n- [ ] open\n\n| h |\n|--:|\n| c |\n\n> quote\n\n---\n',
    );
    expect(root.querySelector('h3')?.textContent).toBe('Title');
    for (const name of [
      'em',
      'strong',
      'del',
      'code',
      'ol > li > ul > li',
      'table th[scope=col]',
      'td.to-right',
      'blockquote',
      'hr',
    ]) {
      expect(root.querySelector(name), name).not.toBeNull();
    }
    expect([...root.querySelectorAll('.box')].map((box) => box.classList.contains('checked'))).toEqual([true, false]);
  });

  test('[markdown] character references are read, once', () => {
    expect(draw('&lt;b&gt; &amp;amp; &#x41; &rarr; &nosuch;').textContent).toBe('<b> &amp; A → &nosuch;');
  });

  const hostile = [
    '<script>window.__pwned = 1</script>',
    '<img src=x onerror="window.__pwned = 1">',
    '<svg/onload=alert(1)>',
    '<a href="javascript:alert(1)">click</a>',
    '[click](javascript:alert(1))',
    '[click](JaVaScRiPt:alert(1))',
    '[click](java\nscript:alert(1))',
    '[click](data:text/html;base64,PHNjcmlwdD4=)',
    '[click](vbscript:x)',
    '[click](command:workbench.action.closeWindow)',
    '[click](vscode://x/y)',
    '[click](file:///etc/passwd)',
    '[click](//evil.example/x)',
    '<javascript:alert(1)>',
    '![x](https://evil.example/pixel.png)',
    '![x](data:image/svg+xml;base64,PHN2Zz4=)',
    '![x](data:text/html,<script>1</script>)',
    '![](http://127.0.0.1/x)',
    '<iframe src="https://evil.example"></iframe>',
    '<style>@import url(https://evil.example/x.css)</style>',
    '<div style="background:url(https://evil.example)">x</div>',
    '<math><mtext></table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '| <img src=x onerror=alert(1)> |\n|---|\n| <script>1</script> |',
    '- <b onmouseover=alert(1)>x</b>',
    '# <form action=https://evil.example><input>',
    '&lt;script&gt;alert(1)&lt;/script&gt;',
    '[x]: javascript:alert(1)\n\n[x]',
    '<meta http-equiv=refresh content="0;url=https://evil.example">',
    '<link rel=stylesheet href=https://evil.example/x.css>',
    '<base href=https://evil.example>',
  ];

  test.each(hostile)('[S40] [S41] [S42] nothing of %j becomes more than text', (text) => {
    const root = draw(text);
    for (const name of [
      'script',
      'iframe',
      'style',
      'svg',
      'form',
      'input',
      'meta',
      'link',
      'base',
      'object',
      'math',
      'img',
      '[href]',
      '[src]',
      '[style]',
    ]) {
      expect(root.querySelector(name), name).toBeNull();
    }
    for (const element of root.querySelectorAll('*')) {
      for (const { name } of element.attributes) expect(name.startsWith('on'), name).toBe(false);
    }
    for (const link of root.querySelectorAll<HTMLElement>('[data-href]')) {
      expect(link.dataset['href']).toMatch(/^(?:https?|mailto):/u);
    }
  });

  test('[S42] a link carries its whole address for the host to ask about, and none to follow', () => {
    const link = draw('[docs](https://example.com/a?b=c)').querySelector<HTMLElement>('[role=link]');
    expect(link?.dataset['href']).toBe('https://example.com/a?b=c');
    expect(link?.title).toBe('https://example.com/a?b=c');
    expect(link?.tabIndex).toBe(0);
  });

  test('[S41] a picture that is in the text is shown, a remote one is a link', () => {
    const root = draw('![dot](data:image/png;base64,iVBORw0KGgo=) ![far](https://example.com/a.png)');
    expect([...root.querySelectorAll('img')].map((image) => image.alt)).toEqual(['dot']);
    expect(root.querySelector('[role=link]')?.textContent).toBe('far');
  });
});
