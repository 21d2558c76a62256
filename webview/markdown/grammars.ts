import { common, createLowlight } from 'lowlight';
import type { Span, Style } from './highlight.ts';

const lowlight = createLowlight(common);

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
