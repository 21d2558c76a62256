/** Small pictures beside words, never instead of them: each is hidden from a screen reader. */
const PATHS = {
  read: 'M3 2.5h7l3 3v8H3zM10 2.5v3h3M5.5 8.5h5M5.5 11h5',
  edit: 'M10.5 2.5l3 3-8 8H2.5v-3zM9 4l3 3',
  delete: 'M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.5 9h6l.5-9M7 7v4.5M9 7v4.5',
  move: 'M2.5 8h10M9 4.5L12.5 8 9 11.5',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.5 10.5l3 3',
  execute: 'M2.5 3h11v10h-11zM5 6l2 2-2 2M8.5 10.5H11',
  think: 'M8 2.5a4 4 0 0 0-2 7.5v1.5h4V10a4 4 0 0 0-2-7.500zM6.500 13.500h3',
  fetch:
    'M8 13.500a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11zM2.500 8h11M8 2.500c-3.500 3.500-3.500 7.500 0 11c3.500-3.500 3.500-7.500 0-11z',
  switch_mode: 'M3 5.500h8.500M9 3l2.500 2.500L9 8M13 10.500H4.500M7 8l-2.500 2.500L7 13',
  other:
    'M9.500 2.500a3.500 3.500 0 0 0-3 5l-4 4 2 2 4-4a3.500 3.500 0 0 0 4.500-4.500l-2 2-2-.5-.5-2 2-2a3.500 3.500 0 0 0-1-.0z',
  chevron: 'M6 3.500L10.500 8 6 12.500',
  check: 'M3 8.500l3.500 3.500L13 4.500',
  checks: 'M1.500 8.500l3 3.500 6-7.500M8 11.500l.5.500 6-7.500',
  cross: 'M4 4l8 8M12 4l-8 8',
  crosses: 'M1.500 4.500l6 7M7.500 4.500l-6 7M8.500 4.500l6 7M14.500 4.500l-6 7',
  plus: 'M8 3v10M3 8h10',
  send: 'M8 13V3.500M3.500 8L8 3.500 12.500 8',
  stop: 'M4 4h8v8H4z',
  shield: 'M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4z',
  ask: 'M5.500 6a2.500 2.500 0 1 1 3.500 2.300c-.7.400-1 .8-1 1.700M8 12.500v.5',
  info: 'M8 13.500a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11zM8 7.500v3.500M8 5v.5',
  warning: 'M8 2.500l6 11H2zM8 6.500V10M8 11.500v.5',
  error: 'M8 13.500a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11zM6 6l4 4M10 6l-4 4',
  up: 'M3.500 10L8 5.500 12.500 10',
  down: 'M3.500 6L8 10.500 12.500 6',
  pause: 'M5.500 3.500v9M10.500 3.500v9',
  wheel: 'M8 13.500a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11zM8 8v5.500M8 8L3 6M8 8l5-2',
  play: 'M5 3l7.500 5-7.500 5z',
} as const;

export type IconName = keyof typeof PATHS;

const isIcon = (name: string): name is IconName => Object.hasOwn(PATHS, name);

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);

/** The picture for a tool's kind; one that nobody knows looks like any other tool. */
export const toolIcon = (kind: string): IconName => (isIcon(kind) ? kind : 'other');
