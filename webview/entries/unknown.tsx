import { useState } from 'preact/hooks';
import { useChat } from '../chat.ts';
import { jsonText } from '../json.ts';

/** Something that nobody here knows, kept whole: named, and shown as data to who wants to see it. */
export const UnknownCard = ({ name, value }: { readonly name: string; readonly value: unknown }) => {
  const { t } = useChat();
  return (
    <div class="card neutral">
      <Data label={t('The agent sent “{0}”, which is not known here.', name)} value={value} />
    </div>
  );
};

/** A value behind a closed lid. It is written out when the lid is opened: most never are. */
export const Data = ({ label, value }: { readonly label: string; readonly value: unknown }) => {
  const [open, setOpen] = useState(false);
  const { t } = useChat();
  return (
    <details class="data" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{label}</summary>
      {open ? (
        <pre class="data-text scroll-y">{jsonText(value, (left) => t('… and {0} more characters', left))}</pre>
      ) : null}
    </details>
  );
};
