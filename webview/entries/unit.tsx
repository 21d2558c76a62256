import type { ComponentChildren } from 'preact';
import type { Entry, PlanEntry, SubagentEntry } from '../../src/model/entry.ts';
import { largeIn } from '../../src/model/large.ts';
import { Late, useLate } from '../late.ts';
import { TokenView } from '../markdown/blockView.tsx';
import { Code } from '../markdown/code.tsx';
import type { Piece, Unit } from '../units.ts';
import { NoticeCard } from './notice.tsx';
import { Apart } from './apart.tsx';
import { PartView } from './part.tsx';
import { ThoughtHead } from './thought.tsx';
import { ToolCard } from './tool.tsx';
import { UnknownCard } from './unknown.tsx';
import { UserText } from './user.tsx';

interface Props {
  readonly unit: Unit;
  readonly unfold: (id: string, open: boolean) => void;
}

export const UnitView = ({ unit: { piece, entry }, unfold }: Props) => view(piece, entry, unfold);

const view = (piece: Piece, entry: Entry, unfold: Props['unfold']): ComponentChildren => {
  switch (piece.type) {
    case 'block':
      if (piece.block.type === 'code') return <Code block={piece.block} whole={piece.whole} />;
      return (
        <div class={piece.block.continued ? 'markdown continued' : 'markdown'}>
          <TokenView token={piece.block.token} continued={piece.block.continued} />
          {largeIn(piece.block.token.raw) === undefined ? null : <Apart text={piece.block.token.raw} />}
        </div>
      );
    case 'plain':
      return <UserText text={piece.text} continued={piece.continued} />;
    case 'part':
      return <PartView part={piece.part} />;
    case 'fold':
      return <ThoughtHead piece={piece} onToggle={(open) => unfold(entry.id, open)} />;
    case 'card':
      return card(entry, piece.last);
  }
};

const card = (entry: Entry, last: boolean): ComponentChildren => {
  switch (entry.kind) {
    case 'tool':
      return <ToolCard entry={entry} />;
    case 'plan':
    case 'subagent':
      return <LateCard entry={entry} />;
    case 'notice':
      return <NoticeCard entry={entry} last={last} />;
    case 'unknown':
      return <UnknownCard name={entry.name} value={entry.value} />;
    default:
      return null;
  }
};

const lateCards = new Late(() => import('./lateCards.tsx'));

const LateCard = ({ entry }: { readonly entry: PlanEntry | SubagentEntry }) => {
  const cards = useLate(lateCards, true);
  if (cards === undefined) return null;
  return entry.kind === 'plan' ? <cards.PlanCard entry={entry} /> : <cards.SubagentCard entry={entry} />;
};
