import { useChat } from '../chat.ts';
import type { Piece } from '../units.ts';
import { duration } from '../words.ts';

interface Props {
  readonly piece: Extract<Piece, { type: 'fold' }>;
  readonly onToggle: (open: boolean) => void;
}

export const ThoughtHead = ({ piece, onToggle }: Props) => {
  const { t } = useChat();
  const { working, milliseconds } = piece;
  const text = working
    ? t('Thinking…')
    : milliseconds === undefined
      ? t('Thought')
      : t('Thought for {0}', duration(milliseconds, t));
  return (
    <details
      class={working ? 'fold working' : 'fold'}
      open={piece.open}
      onToggle={(event) => onToggle(event.currentTarget.open)}
    >
      <summary>{text}</summary>
    </details>
  );
};
