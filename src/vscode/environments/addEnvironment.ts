import * as vscode from 'vscode';
import { Failure } from '../../base/failure.ts';
import type { Core } from '../core.ts';
import { requireTrust } from '../trust.ts';
import { type Answer, BACK, nameOf } from './asking.ts';
import { type Draft, entryOf, isFarKind, placeOf } from './draft.ts';
import {
  askCommand,
  askDestination,
  askFolder,
  askKind,
  askName,
  askAddress,
  askSecretOf,
  type Step,
} from './draftSteps.ts';
import { isAddress, type Place } from './places.ts';
import { environmentEntries, newId, writeEnvironmentEntry } from './settingEntries.ts';
import { tryDraft } from './tryDraft.ts';

/** Asks for what is missing of an environment, tries it, and writes it into the settings; every question can be gone back from. */
export const addEnvironment = async (core: Core, begun?: Draft): Promise<void> => {
  requireTrust();
  await ask(core, begun ?? { kind: 'relay' }, begun === undefined ? 0 : 1);
};

/** The same for one that is there. */
export const editEnvironment = async (core: Core, place: Place): Promise<void> => {
  requireTrust();
  const entry = environmentEntries()[place.id];
  const { kind: _, name: _name, url: _url, ...rest } = { ...(typeof entry === 'object' ? entry : {}) } as Draft;
  await ask(core, { ...draftOf(place), rest: { ...rest } }, 1);
};

const draftOf = (place: Place): Draft => {
  const { kind, id, label: name } = place;
  if (isAddress(place)) {
    const { url, fingerprint } = place;
    const folder = place.kind === 'acp' || place.kind === 'environment' ? place.folder : undefined;
    return { kind, id, name, url, ...(fingerprint && { fingerprint }), ...(folder === undefined ? {} : { folder }) };
  }
  const { folder } = place;
  return place.kind === 'ssh'
    ? { kind, id, name, folder, destination: place.destination }
    : { kind, id, name, folder, command: place.command };
};

/** What is asked, in this order. */
const stepsOf = ({ kind }: Draft): readonly Step[] => {
  if (!isFarKind(kind)) return [askKind, kind === 'ssh' ? askDestination : askCommand, askFolder, askName, tryDraft];
  return [askKind, askAddress, askName, ...(kind === 'acp' ? [askFolder] : []), askSecretOf, tryDraft];
};

const ask = async (core: Core, begun: Draft, from: number): Promise<void> => {
  let draft = begun;
  for (let at = from; ;) {
    const steps = stepsOf(draft);
    const step = steps[at];
    if (step === undefined) break;
    const title =
      draft.id === undefined
        ? vscode.l10n.t('Add Environment')
        : vscode.l10n.t('Edit {0}', nameOf({ label: draft.name ?? draft.id }));
    const back = at > from;
    const answer: Answer<Draft | { readonly to: Step }> = await step(core, draft, {
      title,
      back,
      // Which kind it is says how much there is to ask.
      ...(at === 0 ? {} : { step: { at: at + 1, of: steps.length } }),
    });
    if (answer === undefined) return;
    if (answer === BACK) at -= 1;
    else if ('to' in answer) at = steps.indexOf(answer.to);
    else {
      draft = answer;
      at += 1;
    }
  }
  await keep(core, draft);
};

const keep = async (core: Core, draft: Draft): Promise<void> => {
  // An agent by address is among the agents by the same id.
  const taken = [...Object.keys(environmentEntries()), ...core.agents.all.map((agent) => agent.id)];
  const id = draft.id ?? newId(draft.name ?? '', taken);
  const place = placeOf({ ...draft, id });
  if (place === undefined) throw new Failure('invalid', vscode.l10n.t('This environment cannot be used as it is.'));
  const far = await core.far.load();
  // Before whoever hears of the setting connects to it.
  if (isAddress(place) && draft.secret !== undefined)
    await (draft.secret === '' ? far.secrets.forget(place) : far.secrets.keep(place, draft.secret));
  // As it was before: it may have led elsewhere.
  await far.disconnect(id);
  await writeEnvironmentEntry(id, entryOf(draft));
  await vscode.commands.executeCommand('wheelhouse.environments.focus');
  // Whether it could be reached was said before it was added, and the view goes on saying it.
  if (isAddress(place)) await far.connect(place, core.signal).catch(() => undefined);
};
