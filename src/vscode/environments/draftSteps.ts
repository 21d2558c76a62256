import * as vscode from 'vscode';
import { FAR_KINDS } from '../../backends/environmentSettings.ts';
import { parseCommandLine } from '../../router/commandLine.ts';
import type { Core } from '../core.ts';
import { type Answer, askText, BACK, choose, type Question } from './asking.ts';
import { askSecret, notEmpty, trade } from './askSecret.ts';
import { addressOf, type Draft, isFarKind, meant, type PlaceKind, wrongIn } from './draft.ts';
import { kindWords, loadKind, machineWords } from './kinds.ts';
import { trusting } from './trusting.ts';

/** Asks for one thing of an environment, or leads back to an earlier question. */
export type Step = (core: Core, draft: Draft, question: Question) => Promise<Answer<Draft | { readonly to: Step }>>;

export const askKind: Step = async (_, draft, question) => {
  const kinds: readonly PlaceKind[] = [...FAR_KINDS, 'ssh', 'exec'];
  const placeholder = vscode.l10n.t('What is it?');
  const choices = kinds.map((kind) => {
    const { label, purpose, icon } = isFarKind(kind) ? kindWords(kind) : machineWords(kind);
    return { value: kind, label: `$(${icon}) ${label}`, detail: purpose };
  });
  const kind = await choose({ ...question, placeholder }, choices);
  if (kind === undefined || kind === BACK) return kind;
  // What was entered for another kind would mean something else here.
  return kind === draft.kind ? draft : { kind };
};

export const askAddress: Step = async (_, draft, question) => {
  const { kind } = draft;
  if (!isFarKind(kind)) return draft;
  const { label, example } = kindWords(kind);
  const text = await askText({
    ...question,
    prompt: vscode.l10n.t('{0}: its address, as “{1}”.', label, example),
    placeholder: example,
    value: draft.url ?? '',
    check: (entered) => wrongIn({ ...draft, url: meant(kind, entered) }, 'url'),
  });
  if (text === undefined || text === BACK) return text;
  const url = meant(kind, text);
  if (url === draft.url) return draft;
  // A secret and a certificate are of the address that they were given for.
  const { secret: _secret, fingerprint: _fingerprint, ...same } = draft;
  return { ...same, url };
};

export const askName: Step = async (_, draft, question) => {
  const host = addressOf(draft)?.url ?? draft.destination;
  const usual = host === undefined ? (draft.command?.[0] ?? '') : (URL.parse(host)?.hostname ?? host);
  const name = await askText({
    ...question,
    prompt: vscode.l10n.t('What is it called here?'),
    value: draft.name ?? usual,
    check: notEmpty,
  });
  return name === undefined || name === BACK ? name : { ...draft, name };
};

export const askFolder: Step = async (core, draft, question) => {
  const folder = await askText({
    ...question,
    prompt: vscode.l10n.t('The folder there that agents work in: an absolute path of that machine.'),
    placeholder: '/home/me/project',
    value: draft.folder ?? (draft.kind === 'acp' ? (core.workspace.roots()[0] ?? '') : ''),
    check: (text) => wrongIn({ ...draft, folder: text }, 'folder'),
  });
  return folder === undefined || folder === BACK ? folder : { ...draft, folder };
};

export const askDestination: Step = async (_, draft, question) => {
  const destination = await askText({
    ...question,
    prompt: vscode.l10n.t(
      'The machine, as for ssh: a host of its configuration, or “user@host”. ssh must sign in to it without a question.',
    ),
    placeholder: 'me@build.example.com',
    value: draft.destination ?? '',
    check: (text) => wrongIn({ ...draft, destination: text }, 'destination'),
  });
  return destination === undefined || destination === BACK ? destination : { ...draft, destination };
};

export const askCommand: Step = async (_, draft, question) => {
  const read = (line: string): readonly string[] => parseCommandLine(line, 'posix') ?? [];
  const line = await askText({
    ...question,
    prompt: vscode.l10n.t(
      'The program of this machine that runs others elsewhere, with its arguments. No shell reads it.',
    ),
    placeholder: 'docker exec -i app',
    value: draft.command?.join(' ') ?? '',
    check: (text) => wrongIn({ ...draft, command: read(text) }, 'command'),
  });
  return line === undefined || line === BACK ? line : { ...draft, command: read(line) };
};

export const askSecretOf: Step = async (core, draft, question) => {
  const address = addressOf(draft);
  if (address === undefined) return { to: askAddress };
  const far = await core.far.load();
  const { needsSecret } = kindWords(address.kind);
  const isKept = (await far.secrets.of(address)) !== undefined;
  const ways = [...(isKept ? ['kept' as const] : []), ...(needsSecret ? [] : ['none' as const])];
  const module = await loadKind(address.kind);
  return await trusting(draft, async (trusted) => {
    const { code, ...same } = trusted;
    const parts = far.parts(addressOf(trusted) ?? address);
    // One that a link brought works once.
    if (code !== undefined && module.pair !== undefined)
      return { ...same, secret: await trade(module, parts, code, core.signal) };
    const given = await askSecret(module, parts, { ...question, ways }, core.signal);
    if (given === undefined || given === BACK) return given;
    if (given !== 'kept') return { ...same, ...given };
    const { secret: _, ...kept } = same;
    return kept;
  });
};
