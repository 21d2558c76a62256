import type { Choice, Session, SessionOption, Usage } from '../src/model/session.ts';
import { useChat } from './chat.ts';

/** Modes, models and other switches as the agent names and orders them, and what it says it has used up. */
export const Pickers = ({ session }: { readonly session: Session }) => (
  <span class="pickers">
    {session.options.map((option, index) => (
      <Picker key={index} session={session} option={option} />
    ))}
    {session.usage === undefined ? null : <UsageRing usage={session.usage} />}
  </span>
);

const Picker = ({ session, option }: { readonly session: Session; readonly option: SessionOption }) => {
  const { bridge, store } = useChat();
  const set = (value: string | boolean, undo: () => void): void => {
    bridge.command(session.key, { kind: 'option/set', option: option.id, value }).catch((failure: unknown) => {
      undo();
      store.refuse(failure);
    });
  };
  const { control } = option;
  if (control.kind === 'boolean') {
    return (
      <label class="check" title={option.description}>
        <input
          type="checkbox"
          checked={control.value}
          onChange={({ currentTarget }) =>
            set(currentTarget.checked, () => {
              currentTarget.checked = control.value;
            })
          }
        />
        <span>{option.name}</span>
      </label>
    );
  }
  return (
    <select
      class="picker"
      aria-label={option.name}
      title={titleOf(
        option,
        control.choices.find((choice) => choice.value === control.value),
      )}
      value={control.value}
      onChange={({ currentTarget }) =>
        set(currentTarget.value, () => {
          currentTarget.value = control.value;
        })
      }
    >
      {/* Agents name values that they do not offer. */}
      {control.choices.some((choice) => choice.value === control.value) ? null : (
        <option value={control.value}>{control.value}</option>
      )}
      {grouped(control.choices).map(({ group, choices }, index) =>
        group === undefined ? (
          choices.map(choiceView)
        ) : (
          <optgroup key={index} label={group}>
            {choices.map(choiceView)}
          </optgroup>
        ),
      )}
    </select>
  );
};

const choiceView = (choice: Choice, index: number) => (
  <option key={index} value={choice.value} title={choice.description}>
    {choice.name}
  </option>
);

const titleOf = (option: SessionOption, choice: Choice | undefined): string =>
  [option.name, choice?.description ?? option.description].filter(Boolean).join(': ');

const grouped = (
  choices: readonly Choice[],
): readonly { readonly group: string | undefined; readonly choices: Choice[] }[] => {
  const groups: { group: string | undefined; choices: Choice[] }[] = [];
  for (const choice of choices) {
    const last = groups.at(-1);
    if (last !== undefined && last.group === choice.group) last.choices.push(choice);
    else groups.push({ group: choice.group, choices: [choice] });
  }
  return groups;
};

const UsageRing = ({ usage }: { readonly usage: Usage }) => {
  const { t } = useChat();
  const percent = usage.size > 0 ? Math.min(100, Math.round((usage.used / usage.size) * 100)) : 0;
  const tokens = t('{0} of {1} tokens used', usage.used.toLocaleString(), usage.size.toLocaleString());
  return (
    <span class="usage" title={tokens}>
      <span class="ring" aria-hidden="true" style={{ '--part': `${percent}%` }} />
      <span class="hidden">{tokens}</span>
      <span aria-hidden="true">{`${percent}%`}</span>
      {usage.cost === undefined ? null : <span>{money(usage.cost)}</span>}
    </span>
  );
};

const money = ({ amount, currency }: NonNullable<Usage['cost']>): string => {
  try {
    return amount.toLocaleString(undefined, { style: 'currency', currency, maximumFractionDigits: 2 });
  } catch {
    return `${amount} ${currency}`;
  }
};
