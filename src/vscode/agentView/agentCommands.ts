import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { Failure } from '../../base/failure.ts';
import { endStray, type Stray } from '../../machine/strays.ts';
import type { Core } from '../core.ts';
import { plainLine } from '../plainText.ts';
import { restartWithLeave } from '../restartAgent.ts';
import { stateWord, titleOf } from '../sessionWords.ts';
import { DEMO, wireLogWanted, writeWireLog } from '../settings.ts';
import {
  capabilityFacts,
  type Fact,
  glance,
  processFacts,
  programFacts,
  reportText,
  stateIcon,
  strayFact,
} from './agentFacts.ts';
import { type LiveItem, separator, showLive } from './livePick.ts';
import { type AgentReport, reportAgents } from './report.ts';

/** All agents, or all of one. */
export const showAgents = async (core: Core, id: string | undefined): Promise<void> => {
  if (id !== undefined) return await showAgent(core, id);
  await showLive({
    title: vscode.l10n.t('Agents'),
    placeHolder: vscode.l10n.t('Choose one to see all of it'),
    items: async () => {
      const { agents, orphans } = await reportAgents(core);
      return [
        ...agents.map((report) => agentItem(core, report)),
        ...(orphans.length === 0 ? [] : [separator(vscode.l10n.t('left behind by agents of before'))]),
        ...orphans.map((stray) => strayItem(core, stray, undefined)),
        separator(vscode.l10n.t('more')),
        action('add', 'add', vscode.l10n.t('Add Agent…'), () => command('addAgent')),
      ];
    },
  });
};

const agentItem = (core: Core, report: AgentReport): LiveItem => {
  const { id, label } = report.definition;
  const restart = vscode.l10n.t('Restart');
  const log = vscode.l10n.t('Show Log');
  return {
    id,
    label: `$(${stateIcon(report)}) ${plainLine(label, 60)}`,
    description: glance(report),
    detail:
      report.program === undefined
        ? vscode.l10n.t('not found: {0}', plainLine(report.definition.command, 200))
        : plainLine(report.program, 200),
    buttons: [
      { iconPath: new vscode.ThemeIcon('debug-restart'), tooltip: restart },
      { iconPath: new vscode.ThemeIcon('output'), tooltip: log },
    ],
    press: { [restart]: () => restartWithLeave(core, id), [log]: () => core.showAgentLog(id) },
    run: () => showAgent(core, id),
  };
};

const showAgent = async (core: Core, id: string): Promise<void> => {
  const title = plainLine(named(core, id), 60);
  await showLive({
    title,
    placeHolder: vscode.l10n.t('How {0} is right now, and what can be done', title),
    items: async () => {
      const { agents } = await reportAgents(core);
      const report = agents.find(({ definition }) => definition.id === id);
      return report === undefined ? [] : agentItems(core, report);
    },
  });
};

const agentItems = (core: Core, report: AgentReport): readonly LiveItem[] => {
  const { sessions, strays } = report;
  const facts = (nth: string, of: readonly Fact[]): LiveItem[] =>
    of.map((fact, index) => factItem(`${nth} ${index}`, fact));
  return [
    separator(vscode.l10n.t('what can be done')),
    ...actionItems(core, report),
    ...(strays.length === 0 ? [] : [separator(vscode.l10n.t('processes that left its group'))]),
    ...strays.map((stray) => strayItem(core, stray, report.definition.label)),
    separator(vscode.l10n.t('how it is')),
    ...facts('process', processFacts(report)),
    ...facts('program', programFacts(report)),
    ...facts('capability', capabilityFacts(report)),
    ...(sessions.length === 0 ? [] : [separator(vscode.l10n.t('its sessions'))]),
    ...sessions.map((session) => ({
      id: session.key,
      label: `$(comment-discussion) ${titleOf(session, vscode.l10n.t)}`,
      description: stateWord(session.state, vscode.l10n.t),
      run: () => core.chat.reveal(session.key),
    })),
  ];
};

const actionItems = (core: Core, report: AgentReport): readonly LiveItem[] => {
  const { id, registry } = report.definition;
  const wireLog = wireLogWanted();
  return [
    action('restart', 'debug-restart', vscode.l10n.t('Restart'), () => restartWithLeave(core, id)),
    action('log', 'output', vscode.l10n.t('Show Log'), () => core.showAgentLog(id)),
    wireLog
      ? action('wire off', 'debug-disconnect', vscode.l10n.t('Turn Wire Log Off'), () => writeWireLog(false))
      : action('wire on', 'debug-alt', vscode.l10n.t('Turn Wire Log On'), () => turnOn(core, id)),
    ...(report.hasWireLog
      ? [
          action('wire', 'arrow-swap', vscode.l10n.t('Show Wire Log'), () => showWireLog(core, id)),
          action('export', 'export', vscode.l10n.t('Export Wire Log…'), () => exportWireLog(core, id)),
        ]
      : []),
    ...(registry === undefined
      ? []
      : [action('update', 'arrow-circle-up', vscode.l10n.t('Update…'), () => command('updateAgent', id))]),
    action('sign out', 'sign-out', vscode.l10n.t('Sign Out…'), () => command('signOut', id)),
    ...(id === DEMO ? [] : [action('remove', 'trash', vscode.l10n.t('Remove…'), () => command('removeAgent', id))]),
    action('copy', 'copy', vscode.l10n.t('Copy All of This'), () => vscode.env.clipboard.writeText(reportText(report))),
  ];
};

/** The channel of what goes over its wire; asks where that is off. */
export const showWireLog = async (core: Core, id: string | undefined): Promise<void> => {
  const agent = id ?? (await chooseAgent(core));
  if (agent === undefined) return;
  const label = named(core, agent);
  if (wireLogWanted()) return core.logs.showWire(label);
  const on = vscode.l10n.t('Turn On');
  const detail = vscode.l10n.t(
    'It shows each message between Wheelhouse and the agents, one a line, shortened, with known secrets taken out. It costs time, and is off by default.',
  );
  const question = vscode.l10n.t('The wire log is off.');
  if ((await vscode.window.showInformationMessage(question, { modal: true, detail }, on)) === on)
    await turnOn(core, agent);
};

const turnOn = async (core: Core, id: string): Promise<void> => {
  await writeWireLog(true);
  core.logs.showWire(named(core, id));
};

/** Writes what is kept of a wire where the person says. @throws Failure `missing` */
export const exportWireLog = async (core: Core, id: string | undefined): Promise<void> => {
  const agent = id ?? (await chooseAgent(core));
  if (agent === undefined) return;
  const text = core.wires.text(agent);
  if (text === undefined)
    throw new Failure(
      'missing',
      vscode.l10n.t('Nothing is kept of the wire of {0}.', plainLine(named(core, agent), 60)),
      vscode.l10n.t('Turn the wire log on, and do again what went wrong.'),
    );
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Export Wire Log'),
    defaultUri: vscode.Uri.file(join(core.workspace.roots()[0] ?? homedir(), `${agent}-wire.log`)),
  });
  if (target === undefined) return;
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
  const show = vscode.l10n.t('Show');
  const told = vscode.l10n.t(
    'The wire log was exported without known secrets. Look through it before you share it: what was said stands in it.',
  );
  if ((await vscode.window.showInformationMessage(told, show)) === show)
    await vscode.commands.executeCommand('vscode.open', target);
};

const chooseAgent = async (core: Core): Promise<string | undefined> => {
  const items = core.agents.known.map(({ id, label }) => ({ id, label: plainLine(label, 60) }));
  const [only, ...others] = items;
  if (others.length === 0) return only?.id;
  return (await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Which agent?') }))?.id;
};

const named = (core: Core, id: string): string => {
  const label = core.agents.label(id);
  if (label !== undefined) return label;
  throw new Failure('unknown', vscode.l10n.t('There is no agent “{0}”.', id));
};

/** `agent`: whose it is, as a person calls it. */
const strayItem = (core: Core, stray: Stray, agent: string | undefined): LiveItem => {
  const end = vscode.l10n.t('End It');
  const run = (): Promise<void> => endWithLeave(core, stray, agent);
  return {
    ...factItem(`stray ${stray.pid}`, strayFact(stray)),
    buttons: [{ iconPath: new vscode.ThemeIcon('stop-circle'), tooltip: end }],
    press: { [end]: run },
    run,
  };
};

const endWithLeave = async (core: Core, stray: Stray, agent: string | undefined): Promise<void> => {
  const end = vscode.l10n.t('End It');
  const detail = [
    stray.attended
      ? vscode.l10n.t('What started it still runs, and may need it.')
      : vscode.l10n.t('What started it has ended. It may be meant to stay.'),
    ...(agent === undefined ? [] : [vscode.l10n.t('It came from {0}.', plainLine(agent, 60))]),
  ].join('\n');
  const question = vscode.l10n.t('End “{0}” (process {1})?', plainLine(stray.command, 80), stray.pid);
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, end)) !== end) return;
  core.logs.main.info(`A person ended ${stray.command} (pid ${stray.pid}), which had left its group.`);
  if (!(await endStray(stray)))
    throw new Failure('failed', vscode.l10n.t('“{0}” did not end.', plainLine(stray.command, 80)));
};

const factItem = (id: string, { icon, name, value, more }: Fact): LiveItem => ({
  id,
  label: `$(${icon}) ${name}`,
  description: value,
  // A list shows as much of it as fits in a line.
  ...(more === undefined ? {} : { detail: more, run: () => showWhole(name, `${value}\n\n${more}`) }),
});

const showWhole = async (name: string, detail: string): Promise<void> => {
  await vscode.window.showInformationMessage(name, { modal: true, detail });
};

const action = (id: string, icon: string, label: string, run: () => unknown): LiveItem => ({
  id: `action ${id}`,
  label: `$(${icon}) ${label}`,
  run,
});

const command = async (name: string, argument?: string): Promise<void> => {
  await vscode.commands.executeCommand(`wheelhouse.${name}`, argument);
};
