import { useSignal } from '@preact/signals';
import { useId, useMemo, useState } from 'preact/hooks';
import type { Outcome, Question } from '../src/model/question.ts';
import { useChat } from './chat.ts';
import { type Choice, complaint, contentOf, type Field, fieldsOf, initialOf, type Value } from './schema.ts';
import { makeVisible } from '../src/base/visibleText.ts';

interface Props {
  readonly question: Question;
  readonly inert: boolean;
  readonly onAnswer: (outcome: Outcome) => void;
}

/** What an agent wants of the person: fields to be filled in, or a page to be opened. */
export const ElicitationForm = (props: Props) =>
  props.question.url === undefined ? <Fields {...props} /> : <PageView {...props} url={props.question.url} />;

/** The address stands there whole before anything of it is opened or asked for. */
const PageView = ({ url, inert, onAnswer }: Props & { readonly url: NonNullable<Question['url']> }) => {
  const { t } = useChat();
  const { host, protocol } = new URL(url.href);
  const before = url.href.slice(0, url.href.indexOf(host));
  return (
    <>
      <div class="question-body">
        <p class="dim">{t('The agent wants you to open this page:')}</p>
        <p class="address scroll-y">
          {makeVisible(before, 'one')}
          <strong>{makeVisible(host, 'one')}</strong>
          {makeVisible(url.href.slice(before.length + host.length), 'one')}
        </p>
        {protocol === 'http:' ? <p class="problem">{t('This address is not encrypted.')}</p> : null}
      </div>
      <div class="answers">
        <button
          type="button"
          class="allow"
          aria-disabled={inert}
          onClick={() => onAnswer({ kind: 'accepted', content: {} })}
        >
          {t('Open in Browser')}
        </button>
        <Refusals inert={inert} onAnswer={onAnswer} />
      </div>
    </>
  );
};

const Refusals = ({ inert, onAnswer }: Pick<Props, 'inert' | 'onAnswer'>) => {
  const { t } = useChat();
  return (
    <>
      <button type="button" class="secondary" aria-disabled={inert} onClick={() => onAnswer({ kind: 'declined' })}>
        {t('Decline')}
      </button>
      <button type="button" class="secondary" aria-disabled={inert} onClick={() => onAnswer({ kind: 'cancelled' })}>
        {t('Dismiss')}
      </button>
    </>
  );
};

const Fields = ({ question, inert, onAnswer }: Props) => {
  const { t } = useChat();
  const fields = useMemo(() => (question.form === undefined ? [] : fieldsOf(question.form.schema)), [question]);
  // Read when it is sent, not when it was drawn: a form can be filled in and sent within a frame.
  const values = useSignal<Readonly<Record<string, Value>>>({});
  const [checked, setChecked] = useState(false);
  const valueOf = ({ name, control }: Field): Value =>
    Object.hasOwn(values.value, name) ? (values.value[name] ?? '') : initialOf(control);
  const accept = (): void => {
    setChecked(true);
    if (fields.every((field) => complaint(field, valueOf(field), t) === undefined)) {
      onAnswer({ kind: 'accepted', content: contentOf(fields, values.value) });
    }
  };
  const description = question.form?.schema.description;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        accept();
      }}
    >
      <div class="question-body">
        {typeof description === 'string' ? <p class="dim">{makeVisible(description, 'many')}</p> : null}
        {fields.map((field) => (
          <FieldView
            key={field.name}
            field={field}
            value={valueOf(field)}
            problem={checked ? complaint(field, valueOf(field), t) : undefined}
            onChange={(change) => {
              values.value = { ...values.value, [field.name]: change(valueOf(field)) };
            }}
          />
        ))}
      </div>
      <div class="answers">
        <button type="submit" class="allow" aria-disabled={inert}>
          {t('Accept')}
        </button>
        <Refusals inert={inert} onAnswer={onAnswer} />
      </div>
    </form>
  );
};

interface FieldProps {
  readonly field: Field;
  readonly value: Value;
  readonly problem: string | undefined;
  readonly onChange: (change: (value: Value) => Value) => void;
}

const FieldView = ({ field, value, problem, onChange }: FieldProps) => {
  const id = useId();
  const { t } = useChat();
  const label = makeVisible(field.title, 'one');
  const group = field.control.kind === 'choices';
  const needed = field.required ? (
    <span class="needed" title={t('Required')}>
      {' '}
      *
    </span>
  ) : null;
  return (
    <div
      class={problem === undefined ? 'field' : 'field wrong'}
      role={group ? 'group' : undefined}
      aria-labelledby={group ? `${id}-label` : undefined}
    >
      {field.control.kind === 'boolean' ? null : group ? (
        <span id={`${id}-label`} class="label">
          {label}
          {needed}
        </span>
      ) : (
        <label class="label" for={id}>
          {label}
          {needed}
        </label>
      )}
      <ControlView id={id} field={field} value={value} wrong={problem !== undefined} onChange={onChange} />
      {field.description === undefined ? null : (
        <div class="dim" id={`${id}-about`}>
          {makeVisible(field.description, 'many')}
        </div>
      )}
      {problem === undefined ? null : (
        <div class="problem" id={`${id}-problem`} role="alert">
          {problem}
        </div>
      )}
    </div>
  );
};

interface ControlProps {
  readonly id: string;
  readonly field: Field;
  readonly value: Value;
  readonly wrong: boolean;
  readonly onChange: (change: (value: Value) => Value) => void;
}

const ControlView = ({ id, field, value, wrong, onChange }: ControlProps) => {
  const { t } = useChat();
  const { control } = field;
  const about = [field.description === undefined ? '' : `${id}-about`, wrong ? `${id}-problem` : ''].join(' ').trim();
  const common = {
    id,
    'aria-invalid': wrong,
    'aria-required': field.required,
    ...(about === '' ? {} : { 'aria-describedby': about }),
  };
  const take = ({ currentTarget }: { readonly currentTarget: HTMLInputElement | HTMLSelectElement }): void =>
    onChange(() => currentTarget.value);
  switch (control.kind) {
    case 'boolean':
      return (
        <label class="check">
          <input
            type="checkbox"
            id={id}
            checked={value === true}
            onChange={({ currentTarget }) => onChange(() => currentTarget.checked)}
          />
          <span>{makeVisible(field.title, 'one')}</span>
        </label>
      );
    case 'choice':
      return (
        <select {...common} value={String(value)} onChange={take}>
          {field.required && value !== '' ? null : <option value="">{t('Choose…')}</option>}
          {control.choices.map((choice, index) => (
            <option key={index} value={choice.value} title={choice.description}>
              {makeVisible(choice.title, 'one')}
            </option>
          ))}
        </select>
      );
    case 'choices':
      return <Choices choices={control.choices} chosen={Array.isArray(value) ? value : []} onChange={onChange} />;
    case 'number':
      return (
        <input
          {...common}
          type="text"
          inputMode={control.whole ? 'numeric' : 'decimal'}
          value={String(value)}
          onInput={take}
        />
      );
    case 'text':
      if (control.format === 'date') return <input {...common} type="date" value={String(value)} onInput={take} />;
      return <input {...common} type="text" value={String(value)} onInput={take} />;
  }
};

interface ChoicesProps {
  readonly choices: readonly Choice[];
  readonly chosen: readonly string[];
  readonly onChange: (change: (value: Value) => Value) => void;
}

const Choices = ({ choices, chosen, onChange }: ChoicesProps) => (
  <div class="choices">
    {choices.map(({ value, title, description }, index) => (
      <label key={index} class="check" title={description}>
        <input
          type="checkbox"
          checked={chosen.includes(value)}
          onChange={({ currentTarget }) =>
            onChange((before) => {
              const others = (Array.isArray(before) ? before : []).filter((other) => other !== value);
              return currentTarget.checked ? [...others, value] : others;
            })
          }
        />
        <span>{makeVisible(title, 'one')}</span>
      </label>
    ))}
  </div>
);
