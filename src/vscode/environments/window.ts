/** What the window asks of environments, loaded as one when it first does: many small parts would cost more than they save. */
import type * as vscode from 'vscode';
import { Failure } from '../../base/failure.ts';
import type { Core } from '../core.ts';
import type { LaterEnvironmentsParts } from '../laterEnvironments.ts';
import { followLink } from './addLink.ts';
import { type EnvironmentCommand, environmentCommands } from './environmentCommands.ts';
import { EnvironmentsTree } from './environmentsTree.ts';
import { FarEnvironments } from './farEnvironments.ts';
import { farTerminalProfile } from './farTerminals.ts';
import type { PlaceNode } from './places.ts';

export const openEnvironments = (core: Core, parts: LaterEnvironmentsParts): FarEnvironments =>
  new FarEnvironments(core, parts);

/** `redraw` is told what is another one now; undefined: all of it. */
export const openTree = async (core: Core, redraw: (node: PlaceNode | undefined) => void): Promise<EnvironmentsTree> =>
  new EnvironmentsTree(await core.far.load(), redraw);

/** @throws Failure, but not where the person thought better of it */
export const runEnvironmentCommand = async (core: Core, name: EnvironmentCommand, argument: unknown): Promise<void> => {
  try {
    await environmentCommands[name](core, argument);
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.code !== 'cancelled') throw failure;
  }
};

export const openLink = (core: () => Promise<Core>, uri: vscode.Uri): Promise<void> => followLink(core, uri);

export const makeTerminalProfile = (core: Core): Promise<vscode.TerminalProfile | undefined> =>
  farTerminalProfile(core);
