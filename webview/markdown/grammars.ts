import bash from 'highlight.js/lib/languages/bash';
import cpp from 'highlight.js/lib/languages/cpp';
import csharp from 'highlight.js/lib/languages/csharp';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import graphql from 'highlight.js/lib/languages/graphql';
import ini from 'highlight.js/lib/languages/ini';
import java from 'highlight.js/lib/languages/java';
import json from 'highlight.js/lib/languages/json';
import kotlin from 'highlight.js/lib/languages/kotlin';
import lua from 'highlight.js/lib/languages/lua';
import makefile from 'highlight.js/lib/languages/makefile';
import markdown from 'highlight.js/lib/languages/markdown';
import php from 'highlight.js/lib/languages/php';
import python from 'highlight.js/lib/languages/python';
import ruby from 'highlight.js/lib/languages/ruby';
import rust from 'highlight.js/lib/languages/rust';
import scss from 'highlight.js/lib/languages/scss';
import shell from 'highlight.js/lib/languages/shell';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import { createLowlight } from 'lowlight';
import type { Span, Style } from './highlight.ts';

const lowlight = createLowlight({
  bash,
  cpp,
  csharp,
  diff,
  go,
  graphql,
  ini,
  java,
  json,
  kotlin,
  lua,
  makefile,
  markdown,
  php,
  python,
  ruby,
  rust,
  scss,
  shell,
  sql,
  typescript,
  xml,
  yaml,
});
// A grammar that takes in another one speaks for it as well: each would be a twentieth of all of them.
lowlight.registerAlias({
  scss: ['css', 'less', 'sass'],
  typescript: ['javascript', 'js', 'jsx', 'mjs', 'cjs'],
  cpp: ['c', 'h', 'arduino', 'ino', 'objectivec', 'objc'],
});

/** What a theme of VS Code can tell apart with the colours that it gives to webviews. */
const STYLES: Readonly<Record<string, Style>> = {
  'hljs-keyword': 'keyword',
  'hljs-literal': 'keyword',
  'hljs-selector-tag': 'keyword',
  'hljs-name': 'keyword',
  'hljs-section': 'keyword',
  'hljs-operator': 'keyword',
  'hljs-string': 'string',
  'hljs-regexp': 'string',
  'hljs-link': 'string',
  'hljs-code': 'string',
  'hljs-number': 'number',
  'hljs-symbol': 'number',
  'hljs-comment': 'comment',
  'hljs-quote': 'comment',
  'hljs-doctag': 'comment',
  'hljs-meta': 'comment',
  'hljs-title': 'title',
  'hljs-built_in': 'title',
  'hljs-selector-id': 'title',
  'hljs-selector-class': 'title',
  'hljs-type': 'type',
  'hljs-class': 'type',
  'hljs-attr': 'variable',
  'hljs-attribute': 'variable',
  'hljs-variable': 'variable',
  'hljs-property': 'variable',
  'hljs-template-variable': 'variable',
  'hljs-bullet': 'variable',
  'hljs-addition': 'added',
  'hljs-deletion': 'removed',
};

interface Node {
  readonly type: string;
  readonly value?: string;
  readonly properties?: { readonly className?: unknown };
  readonly children?: readonly Node[];
}

export const spansOf = (language: string, text: string): readonly Span[] => {
  const name = language.toLowerCase();
  if (!lowlight.registered(name)) return [];
  const spans: Span[] = [];
  collect(lowlight.highlight(name, text), 0, undefined, spans);
  return spans;
};

/** Returns where the node ends; innermost style wins, as it would in CSS. */
const collect = (node: Node, from: number, style: Style | undefined, spans: Span[]): number => {
  if (node.type === 'text') {
    const to = from + (node.value?.length ?? 0);
    if (style !== undefined && to > from) spans.push({ from, to, style });
    return to;
  }
  const own = styleOf(node) ?? style;
  let at = from;
  for (const child of node.children ?? []) at = collect(child, at, own, spans);
  return at;
};

const styleOf = (node: Node): Style | undefined => {
  const names = node.properties?.className;
  if (!Array.isArray(names)) return undefined;
  for (const name of names) if (typeof name === 'string' && STYLES[name] !== undefined) return STYLES[name];
  return undefined;
};
