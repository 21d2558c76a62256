import * as vscode from 'vscode';
import type { AgentState } from '../../backends/acp/launcher.ts';
import type { Stray } from '../../machine/strays.ts';
import { ago } from '../ago.ts';
import { plainLine } from '../plainText.ts';
import { stateWord, titleOf } from '../sessionWords.ts';
import { DEMO } from '../settings.ts';
import type { AgentReport } from './report.ts';

/** One thing that a person can read of an agent. */
export interface Fact {
  readonly icon: string;
  readonly name: string;
  /** Safe to be drawn by VS Code. */
  readonly value: string;
  /** A list, below. */
  readonly more?: string;
}

export const stateIcon = ({ figures }: AgentReport): string => {
  if (figures?.givenUp === true) return 'error';
  const icons: Readonly<Record<AgentState, string>> = {
    running: 'pass-filled',
    starting: 'sync',
    failed: 'warning',
    stopped: 'circle-outline',
  };
  return icons[figures?.state ?? 'stopped'];
};

const stateText = ({ figures }: AgentReport): string => {
  switch (figures?.state) {
    case 'running':
      return vscode.l10n.t('Running');
    case 'starting':
      return vscode.l10n.t('Starting');
    case 'failed':
      return figures.givenUp ? vscode.l10n.t('Ended again and again') : vscode.l10n.t('Ended by itself');
    default:
      return vscode.l10n.t('Not running');
  }
};

/** For a list of agents: what matters at a glance. */
export const glance = (report: AgentReport): string => {
  const { figures, memory, sessions, strays } = report;
  const version = figures?.intro?.version;
  const daemons = strays.filter(({ attended }) => !attended).length;
  return [
    stateText(report),
    ...(version === undefined ? [] : [plainLine(version, 30)]),
    ...(sessions.length === 0 ? [] : [vscode.l10n.t('sessions: {0}', sessions.length)]),
    ...(memory === undefined ? [] : [megabytes(memory.bytes)]),
    ...(daemons === 0 ? [] : [vscode.l10n.t('left behind: {0}', daemons)]),
  ].join(' · ');
};

export const processFacts = (report: AgentReport): readonly Fact[] => {
  const { figures, memory } = report;
  const { pid, since, ends = 0, givenUp } = figures ?? {};
  const about = [
    ...(since === undefined ? [] : [vscode.l10n.t('since {0}', sinceText(since))]),
    ...(pid === undefined ? [] : [vscode.l10n.t('process {0}', pid)]),
  ];
  return [
    { icon: stateIcon(report), name: stateText(report), value: about.join(' · ') },
    ...(memory === undefined
      ? []
      : [
          {
            icon: 'dashboard',
            name: vscode.l10n.t('Memory'),
            value: vscode.l10n.t('{0}, processes: {1}', megabytes(memory.bytes), memory.processes),
          },
        ]),
    ...(ends === 0
      ? []
      : [
          {
            icon: 'warning',
            name: vscode.l10n.t('Ended by itself: {0}', ends),
            value:
              givenUp === true
                ? vscode.l10n.t('not started any more before you restart it')
                : vscode.l10n.t('started again when it is needed; forgotten after a minute of health'),
          },
        ]),
  ];
};

export const programFacts = (report: AgentReport): readonly Fact[] => {
  const { definition, figures, program } = report;
  const { name, title, version } = figures?.intro ?? {};
  const called = title ?? name;
  const own = [
    ...(called === undefined ? [] : [vscode.l10n.t('calls itself {0}', plainLine(called, 60))]),
    ...(definition.registry === undefined ? [] : [vscode.l10n.t('installed: {0}', definition.registry.version)]),
  ];
  const none = figures?.state === 'running' ? vscode.l10n.t('says none') : vscode.l10n.t('says it when it runs');
  return [
    {
      icon: 'tag',
      name: vscode.l10n.t('Version'),
      value: [version === undefined ? none : plainLine(version, 60), ...own].join(' · '),
    },
    {
      icon: 'file-binary',
      name: vscode.l10n.t('Program'),
      value: program === undefined ? vscode.l10n.t('not found') : plainLine(program, 200),
      more: `${originText(report)} · ${plainLine([definition.command, ...definition.args].join(' '), 200)}`,
    },
  ];
};

const originText = ({ definition: { id, registry } }: AgentReport): string => {
  if (id === DEMO) return vscode.l10n.t('part of the extension');
  if (registry === undefined) return vscode.l10n.t('from your settings');
  return vscode.l10n.t('from the registry, as {0}', plainLine(registry.id, 60));
};

export const capabilityFacts = ({ figures }: AgentReport): readonly Fact[] => {
  if (figures === undefined || figures.state !== 'running') return [];
  const { declared, seen, offered, intro } = figures;
  const list = (names: readonly string[]): string => names.map((name) => plainLine(name, 60)).join(', ');
  const fact = (icon: string, name: string, names: readonly string[], none: string): Fact => ({
    icon,
    name,
    value: names.length === 0 ? none : String(names.length),
    ...(names.length === 0 ? {} : { more: list(names) }),
  });
  return [
    fact('checklist', vscode.l10n.t('Declared by it'), declared, vscode.l10n.t('nothing beyond the ordinary')),
    fact('eye', vscode.l10n.t('Seen in use'), seen, vscode.l10n.t('nothing yet')),
    fact('plug', vscode.l10n.t('Offered to it'), offered, vscode.l10n.t('nothing')),
    fact(
      'key',
      vscode.l10n.t('Ways to sign in'),
      (intro?.authMethods ?? []).map(({ name }) => name),
      vscode.l10n.t('none named'),
    ),
  ];
};

export const strayFact = (stray: Stray): Fact => ({
  icon: stray.attended ? 'debug-alt-small' : 'warning',
  name: plainLine(stray.command, 80),
  value: stray.attended
    ? vscode.l10n.t('process {0}, outside of its group', stray.pid)
    : vscode.l10n.t('process {0}, left behind', stray.pid),
});

/** For a report of a fault. */
export const reportText = (report: AgentReport): string => {
  const { definition, sessions, strays } = report;
  const line = ({ name, value, more }: Fact): string =>
    [`${name}: ${value}`, ...(more === undefined ? [] : [`  ${more}`])].join('\n');
  return [
    plainLine(definition.label, 60),
    ...processFacts(report).map(line),
    ...programFacts(report).map(line),
    ...capabilityFacts(report).map(line),
    ...sessions.map(
      (session) =>
        `${vscode.l10n.t('Session')}: ${titleOf(session, vscode.l10n.t)} · ${stateWord(session.state, vscode.l10n.t)}`,
    ),
    ...strays.map((stray) => line(strayFact(stray))),
    '',
  ].join('\n');
};

const megabytes = (bytes: number): string =>
  vscode.l10n.t(
    '{0} MB',
    new Intl.NumberFormat(vscode.env.language, { maximumFractionDigits: 0 }).format(Math.max(1, bytes / 1024 / 1024)),
  );

const sinceText = (since: number): string => {
  const time = new Intl.DateTimeFormat(vscode.env.language, { timeStyle: 'short' }).format(since);
  return `${time} (${ago(since, Date.now(), vscode.env.language)})`;
};
