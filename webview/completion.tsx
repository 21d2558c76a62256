import type { SlashCommand } from '../src/model/session.ts';
import { useChat } from './chat.ts';

/** The commands that a draft may be the beginning of; none once an argument follows. */
export const matching = (commands: readonly SlashCommand[], draft: string): readonly SlashCommand[] => {
  const typed = /^\/(\S*)$/u.exec(draft)?.[1]?.toLowerCase();
  if (typed === undefined) return [];
  const found = commands.filter((command) => command.name.toLowerCase().includes(typed));
  const starts = (command: SlashCommand): number => (command.name.toLowerCase().startsWith(typed) ? 0 : 1);
  return found.sort((a, b) => starts(a) - starts(b)).slice(0, MOST);
};

const MOST = 50;

/** What the agent wants after the command that stands in the draft. */
export const hintFor = (commands: readonly SlashCommand[], draft: string): string | undefined => {
  const name = /^\/(\S+)\s+$/u.exec(draft)?.[1];
  return commands.find((command) => command.name === name)?.hint;
};

interface Props {
  readonly id: string;
  readonly commands: readonly SlashCommand[];
  readonly active: number;
  readonly onPick: (command: SlashCommand) => void;
}

export const Completion = ({ id, commands, active, onPick }: Props) => {
  const { t } = useChat();
  return (
    <div class="completion scroll-y" role="listbox" id={id} aria-label={t('Commands')}>
      {commands.map((command, index) => (
        <div
          key={command.name}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === active}
          ref={(element) => {
            if (index === active) element?.scrollIntoView({ block: 'nearest' });
          }}
          // The press would take the focus out of the message.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onPick(command)}
        >
          <span class="name">/{command.name}</span>
          {command.hint === undefined ? null : <span class="hint">{command.hint}</span>}
          <span class="about">{command.description}</span>
        </div>
      ))}
    </div>
  );
};
