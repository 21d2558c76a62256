import * as vscode from 'vscode';
import { Failure } from '../../base/failure.ts';
import { makeVisible } from '../../base/visibleText.ts';
import type { AgentDefinition } from '../../backends/agent.ts';
import type { AgentIntro } from '../../protocol/acp/agent.ts';
import type { Distribution } from '../../protocol/registry/entry.ts';
import { ago } from '../ago.ts';
import { askCalmly } from '../askCalmly.ts';
import { words } from '../core.ts';
import { plainLine } from '../plainText.ts';
import type { AddingUi, Offer, Step } from './addAgent.ts';
import { consentText } from './consentText.ts';
import type { Proposal } from './proposal.ts';
import type { KnownRegistry } from './registrySource.ts';

interface Item extends vscode.QuickPickItem {
  readonly offer?: Offer;
}

/** Asks and tells in VS Code's own lists, dialogs and notifications. */
export const windowUi = (parts: {
  readonly registry: string;
  readonly showLog: () => void;
  readonly restart: (id: string) => Promise<void>;
}): AddingUi => ({
  async choose(offers, known) {
    const chosen = await vscode.window.showQuickPick(itemsOf(offers, known, parts.registry), {
      title: vscode.l10n.t('Add Agent'),
      placeHolder: vscode.l10n.t('Nothing is fetched or run before you agree to it.'),
      matchOnDescription: true,
      matchOnDetail: true,
      ignoreFocusOut: true,
    });
    return chosen?.offer;
  },

  askCommand: async (check) =>
    await vscode.window.showInputBox({
      title: vscode.l10n.t('Add Agent'),
      prompt: vscode.l10n.t('The program and its arguments, as in “my-agent --acp”. No shell reads it.'),
      ignoreFocusOut: true,
      validateInput: (line) => (line.trim() === '' ? undefined : check(line)),
    }),

  async consent(proposal, replaced) {
    const fetches = proposal.fetched !== undefined;
    const agree = fetches ? vscode.l10n.t('Install and Start') : vscode.l10n.t('Start');
    const name = plainLine(proposal.name, 60);
    const question =
      replaced !== undefined
        ? vscode.l10n.t('Update {0} from {1} to {2}?', name, replaced.registry?.version ?? '', versionOf(proposal))
        : fetches
          ? vscode.l10n.t('Install {0} {1} and start it for a test?', name, versionOf(proposal))
          : vscode.l10n.t('Start {0} for a test?', name);
    return (await askCalmly(question, consentText(proposal), agree)) === agree;
  },

  progress: async (what, run) =>
    await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        cancellable: true,
        title: what === undefined ? vscode.l10n.t('Looking up the registry') : plainLine(what, 60),
      },
      async (progress, token) => {
        const control = new AbortController();
        token.onCancellationRequested(() => control.abort(new Failure('cancelled', vscode.l10n.t('Cancelled.'))));
        let shown = 0;
        return await run((step) => {
          const part = step.step === 'fetching' ? Math.floor((step.part ?? 0) * 100) : shown;
          progress.report({ message: stepText(step), increment: part - shown });
          shown = part;
        }, control.signal);
      },
    ),

  async found(proposal, intro) {
    const [makeDefault, add] = [vscode.l10n.t('Add and Make Default'), vscode.l10n.t('Add')];
    const question = vscode.l10n.t('{0} works. Add it?', plainLine(proposal.name, 60));
    const answer = await ask(question, introText(intro), makeDefault, add);
    return answer === makeDefault ? 'default' : answer === add ? 'add' : undefined;
  },

  async failed(proposal, failure) {
    const [add, log] = [vscode.l10n.t('Add Anyway'), vscode.l10n.t('Show Log')];
    const question = vscode.l10n.t('{0} did not answer as an agent does.', plainLine(proposal.name, 60));
    const answer = await ask(question, makeVisible(words(failure), 'many'), add, log);
    if (answer === log) parts.showLog();
    return answer === add;
  },

  async trouble(failure) {
    const detail = makeVisible(words(failure), 'many');
    await vscode.window.showWarningMessage(vscode.l10n.t('The registry could not be looked up.'), {
      modal: true,
      detail,
    });
  },

  async updated(agent, proposal) {
    const restart = vscode.l10n.t('Restart Agent');
    const told = vscode.l10n.t(
      '{0} has version {1} from its next start on.',
      plainLine(agent.label, 60),
      versionOf(proposal),
    );
    void vscode.window.showInformationMessage(told, restart).then(async (answer) => {
      if (answer === restart) await parts.restart(agent.id);
    });
  },
});

const ask = async (question: string, detail: string, ...buttons: readonly string[]): Promise<string | undefined> =>
  await vscode.window.showInformationMessage(question, { modal: true, detail }, ...buttons);

const versionOf = ({ registry }: Proposal): string => registry?.version ?? '';

/** Offers of one kind stand together, under a line of their own. */
const itemsOf = (offers: readonly Offer[], known: KnownRegistry, address: string): readonly Item[] => {
  let kind: Offer['kind'] | undefined;
  return offers.flatMap((offer): readonly Item[] => {
    const heading = offer.kind === kind || offer.kind === 'entry' ? [] : [separator(offer.kind)];
    kind = offer.kind;
    return [...heading, { ...itemOf(offer, known, address), offer }];
  });
};

const separator = (kind: Offer['kind']): Item => {
  const label = {
    update: vscode.l10n.t('update available'),
    found: vscode.l10n.t('on this machine'),
    lookUp: vscode.l10n.t('registry'),
    entry: vscode.l10n.t('registry'),
    command: vscode.l10n.t('any other'),
  }[kind];
  return { label, kind: vscode.QuickPickItemKind.Separator };
};

const itemOf = (offer: Offer, known: KnownRegistry, address: string): vscode.QuickPickItem => {
  switch (offer.kind) {
    case 'update':
      return {
        label: `$(arrow-circle-up) ${plainLine(offer.agent.label, 60)}`,
        description: `${offer.agent.registry?.version ?? ''} → ${offer.entry.version}`,
      };
    case 'found': {
      const { name, found = '', args } = offer.proposal;
      return { label: `$(vm) ${plainLine(name, 60)}`, description: plainLine([found, ...args].join(' '), 120) };
    }
    case 'lookUp':
      return {
        label: `$(cloud-download) ${vscode.l10n.t('Look Up the Registry')}`,
        description: ageOf(known),
        detail: plainLine(address, 120),
      };
    case 'entry':
      return entryItem(offer);
    case 'command':
      return {
        label: `$(terminal) ${vscode.l10n.t('Run a Command…')}`,
        description: vscode.l10n.t('any program that speaks ACP'),
      };
  }
};

const entryItem = ({ entry, added }: Extract<Offer, { kind: 'entry' }>): vscode.QuickPickItem => {
  const kinds = [...new Set(entry.distributions.map(kindWord))];
  const about = [entry.version, ...kinds, ...(added ? [vscode.l10n.t('added already')] : [])];
  return {
    label: `$(package) ${plainLine(entry.name, 60)}`,
    description: about.join(' · '),
    ...(entry.description === '' ? {} : { detail: plainLine(entry.description, 120) }),
  };
};

const kindWord = ({ kind }: Distribution): string => (kind === 'binary' ? vscode.l10n.t('program') : kind);

const ageOf = ({ fetchedAt }: KnownRegistry): string =>
  fetchedAt === undefined
    ? vscode.l10n.t('this list came with the extension')
    : vscode.l10n.t('this list was fetched {0}', ago(fetchedAt, Date.now(), vscode.env.language));

const stepText = (step: Step): string => {
  switch (step.step) {
    case 'fetching':
      return vscode.l10n.t('downloading');
    case 'unpacking':
      return vscode.l10n.t('unpacking');
    case 'starting':
      return vscode.l10n.t('starting');
    case 'initializing':
      return vscode.l10n.t('waiting for its first answer; a first start may download much');
    case 'said':
      return plainLine(step.line, 100);
  }
};

/** What it said of itself; its own words are shown as what they are. */
const introText = (intro: AgentIntro): string => {
  const can = [
    ...(intro.load || intro.resume ? [vscode.l10n.t('takes sessions up again')] : []),
    ...(intro.image ? [vscode.l10n.t('pictures')] : []),
    ...(intro.audio ? [vscode.l10n.t('sound')] : []),
    ...(intro.embeddedContext ? [vscode.l10n.t('texts of files in a prompt')] : []),
    ...(intro.additionalDirectories ? [vscode.l10n.t('several folders')] : []),
  ];
  const name = [intro.title ?? intro.name ?? vscode.l10n.t('no name'), intro.version ?? ''].join(' ').trim();
  const none = vscode.l10n.t('nothing beyond the ordinary');
  const methods = intro.authMethods.map(({ name }) => plainLine(name, 60)).join(', ');
  return [
    vscode.l10n.t('It calls itself: {0}', plainLine(name, 100)),
    vscode.l10n.t('It can: {0}', can.length === 0 ? none : can.join(', ')),
    vscode.l10n.t('Ways to sign in: {0}', methods === '' ? vscode.l10n.t('none named') : methods),
  ].join('\n');
};

/** Agents as a list to choose one of. */
export const chooseOf = async (
  agents: readonly AgentDefinition[],
  texts: { readonly placeHolder: string; readonly description: (agent: AgentDefinition) => string },
): Promise<AgentDefinition | undefined> => {
  const items = agents.map((agent) => ({
    agent,
    label: plainLine(agent.label, 60),
    description: plainLine(texts.description(agent), 100),
  }));
  return (await vscode.window.showQuickPick(items, { placeHolder: texts.placeHolder }))?.agent;
};
