import * as vscode from 'vscode';
import { Failure } from '../../base/failure.ts';
import { type Core, words } from '../core.ts';
import { plainLine } from '../plainText.ts';
import { type Answer, BACK, choose, nameOf, type Question, whileBusy } from './asking.ts';
import { type Draft, isFarKind, placeOf } from './draft.ts';
import { askAddress, askCommand, askDestination, askSecretOf, type Step } from './draftSteps.ts';
import { isAddress } from './places.ts';
import { tryAddress, type Tried, tryMachine } from './tryConnection.ts';
import { trusting } from './trusting.ts';
import { wantsSecret } from './wantsSecret.ts';

type Next = 'add' | 'again' | 'address' | 'secret' | undefined;

/** Tries the connection, and shows what was found or why it failed; what to do is the person's choice. */
export const tryDraft: Step = async (core, draft, question) => {
  let trusted = draft;
  for (;;) {
    const outcome = await trusting(trusted, async (now) => {
      trusted = now;
      return await attempt(core, now, question);
    }).catch((failure: unknown) => ({ failure }));
    if (outcome === undefined || outcome === BACK) return outcome;
    const next = await ('failure' in outcome
      ? tellFailure(outcome.failure, trusted, question)
      : tellFound(outcome, trusted, question));
    if (next === 'add') return trusted;
    if (next === 'address') return { to: addressStep(trusted) };
    if (next === 'secret') return { to: askSecretOf };
    if (next !== 'again') return next;
  }
};

const addressStep = ({ kind }: Draft): Step =>
  isFarKind(kind) ? askAddress : kind === 'ssh' ? askDestination : askCommand;

const attempt = async (core: Core, draft: Draft, question: Question): Promise<Answer<Tried>> => {
  const place = placeOf(draft);
  if (place === undefined) throw new Failure('invalid', vscode.l10n.t('This environment cannot be used as it is.'));
  const far = await core.far.load();
  const placeholder = vscode.l10n.t('Testing the connection to {0}', nameOf(place));
  return await whileBusy({ ...question, placeholder }, core.signal, (signal) =>
    isAddress(place) ? tryAddress(far.parts(place, draft.secret), signal) : tryMachine(place, core.environment, signal),
  );
};

const tellFound = async ({ found, milliseconds }: Tried, draft: Draft, question: Question): Promise<Answer<Next>> => {
  const add = draft.id === undefined ? vscode.l10n.t('Add Environment') : vscode.l10n.t('Save');
  const placeholder = vscode.l10n.t('It answered within {0} ms.', milliseconds);
  return await choose<Next>({ ...question, placeholder }, [
    { value: 'add', label: `$(check) ${add}`, detail: found.map((line) => plainLine(line, 120)).join(' · ') },
    { value: 'again', label: `$(refresh) ${vscode.l10n.t('Test Again')}` },
    { value: 'address', label: `$(edit) ${vscode.l10n.t('Edit the Address')}` },
  ]);
};

/** Nobody tries again by themselves here. */
const nextAfter = (failure: unknown, kind: Draft['kind']): string | undefined => {
  if (!(failure instanceof Failure)) return undefined;
  const isAlone = failure.code === 'lost' && isFarKind(kind);
  return isAlone ? vscode.l10n.t('Look whether it runs there, and at the address.') : failure.next;
};

const tellFailure = async (failure: unknown, draft: Draft, question: Question): Promise<Answer<Next>> => {
  const { kind } = draft;
  const asksSecret = isFarKind(kind) && wantsSecret(failure, kind);
  const next = nextAfter(failure, kind);
  return await choose<Next>({ ...question, placeholder: vscode.l10n.t('It could not be reached.') }, [
    {
      label: `$(error) ${plainLine(failure instanceof Error ? failure.message : words(failure), 200)}`,
      ...(next === undefined ? {} : { detail: plainLine(next, 200) }),
    },
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    ...(asksSecret ? [{ value: 'secret' as const, label: `$(key) ${vscode.l10n.t('Enter Another Token')}` }] : []),
    { value: 'again', label: `$(refresh) ${vscode.l10n.t('Try Again')}` },
    { value: 'address', label: `$(edit) ${vscode.l10n.t('Edit the Address')}` },
    {
      value: 'add',
      label: `$(add) ${vscode.l10n.t('Add Anyway')}`,
      description: vscode.l10n.t('it is tried again later'),
    },
  ]);
};
