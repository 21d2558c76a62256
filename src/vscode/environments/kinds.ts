import * as vscode from 'vscode';
import type { FarAddress, FarKind } from '../../backends/environmentSettings.ts';
import type { FarMachine } from '../../router/farMachine.ts';
import type { FarKindModule } from './far.ts';

/** What is known of a kind before its code is loaded, for lists and menus. */
export interface KindWords {
  readonly label: string;
  /** One line: what it is good for. */
  readonly purpose: string;
  readonly icon: string;
  /** What an address looks like. */
  readonly example: string;
  /** It lets nobody in without one: asked for before the first attempt. Else where it says that it wants one. */
  readonly needsSecret: boolean;
  /** Whether sessions can be started in it, and terminals opened. */
  readonly sessions: boolean;
  readonly terminals: boolean;
}

/** The code of a kind. */
export const loadKind = async <Kind extends FarKind>(kind: Kind): Promise<FarKindModule<Kind>> =>
  (await import('./kindModules.ts')).KINDS[kind];

export const kindWords = (kind: FarKind): KindWords => {
  switch (kind) {
    case 'relay':
      return {
        label: vscode.l10n.t('Relay'),
        purpose: vscode.l10n.t('Sessions that live on another machine, shown and driven here'),
        icon: 'broadcast',
        example: 'wss://box.example.net:8443/acp',
        needsSecret: true,
        sessions: true,
        terminals: true,
      };
    case 'acp':
      return {
        label: vscode.l10n.t('Agent by Address'),
        purpose: vscode.l10n.t('An agent that runs elsewhere, in the same chat as those of this machine'),
        icon: 'hubot',
        example: 'wss://agents.example.net/acp',
        needsSecret: false,
        sessions: true,
        terminals: false,
      };
    case 'environment':
      return {
        label: vscode.l10n.t('Remote Commands'),
        purpose: vscode.l10n.t('A host that runs commands, for you and for agents of this machine'),
        icon: 'server-environment',
        example: 'wss://box.example.net:8443/environment',
        needsSecret: false,
        sessions: true,
        terminals: true,
      };
    case 'terminal':
      return {
        label: vscode.l10n.t('Terminals'),
        purpose: vscode.l10n.t('Terminals that live elsewhere, and go on there'),
        icon: 'terminal',
        example: 'https://box.example.net:7777',
        needsSecret: false,
        sessions: false,
        terminals: true,
      };
    case 'flamecast':
      return {
        label: vscode.l10n.t('Flamecast Server'),
        purpose: vscode.l10n.t('Sessions of agents that a control plane runs, with their files and terminals'),
        icon: 'flame',
        example: 'https://cast.example.net',
        needsSecret: false,
        sessions: true,
        terminals: true,
      };
    case 'gateway':
      return {
        label: vscode.l10n.t('Agentick Gateway'),
        purpose: vscode.l10n.t('Sessions of apps that a gateway serves'),
        icon: 'plug',
        example: 'wss://gate.example.net:18789',
        needsSecret: false,
        sessions: true,
        terminals: false,
      };
  }
};

/** Of the machines that a program of this one reaches. */
export const machineWords = (kind: FarMachine['kind']): Pick<KindWords, 'label' | 'purpose' | 'icon'> =>
  kind === 'ssh'
    ? {
        label: 'SSH',
        purpose: vscode.l10n.t('A machine that ssh signs in to: agents run there, with its files and terminals'),
        icon: 'vm',
      }
    : {
        label: vscode.l10n.t('Container or Command'),
        purpose: vscode.l10n.t('Any program that runs programs elsewhere, such as “docker exec -i”'),
        icon: 'package',
      };

/** Host and port, as a person compares them. */
export const hostOf = ({ url }: Pick<FarAddress, 'url'>): string => new URL(url).host;
