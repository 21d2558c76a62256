import * as vscode from 'vscode';
import type { FarAddress } from '../../backends/environmentSettings.ts';
import { Failure } from '../../base/failure.ts';
import { type Core, words } from '../core.ts';
import { plainLine } from '../plainText.ts';
import { readEnvironments } from '../settings.ts';
import type { Drawn, TerminalScreen } from '../terminalScreen.ts';
import { nameOf } from './asking.ts';
import type { FarTerminal } from './far.ts';
import { kindWords } from './kinds.ts';
import { choosePlace } from './places.ts';

/** Until the panel has said how large it is. */
const SIZE = { columns: 80, rows: 24 };

/** Of those that open terminals: the one that is named, the only one, or the person's choice. */
export const chooseTerminalPlace = (argument: unknown): Promise<FarAddress | undefined> => {
  const able = [...readEnvironments().addresses.values()].filter(({ kind }) => kindWords(kind).terminals);
  return choosePlace(argument, able, vscode.l10n.t('There is no environment that opens terminals.'));
};

/** A new terminal of it; `line`: in which this runs. @throws Failure why there is none */
export const openFarTerminal = async (
  core: Core,
  address: FarAddress,
  line: string | undefined,
  signal: AbortSignal,
): Promise<FarTerminal> => {
  const connection = await (await core.far.load()).connect(address, signal);
  if (connection.terminal === undefined)
    throw new Failure('unsupported', vscode.l10n.t('{0} opens no terminals.', nameOf(address)));
  return await connection.terminal({ ...SIZE, ...(line === undefined ? {} : { line }) }, signal);
};

/** In the panel, in front. */
export const showFarTerminal = (core: Core, far: FarTerminal): void => {
  const { owner } = far;
  const options = { name: plainLine(far.name, 60), front: true as const, ...(owner === undefined ? {} : { owner }) };
  draw(far, core.terminals.show(options, drawn(far)));
};

/** The same as VS Code asks for it by its own button. Undefined: the person thought better of it, or was told why not. */
export const farTerminalProfile = async (core: Core): Promise<vscode.TerminalProfile | undefined> => {
  try {
    const address = await chooseTerminalPlace(undefined);
    if (address === undefined) return undefined;
    const far = await openFarTerminal(core, address, undefined, core.signal);
    const screen = core.terminals.screen(drawn(far));
    draw(far, screen);
    const closing = vscode.window.onDidCloseTerminal(({ creationOptions }) => {
      if (!('pty' in creationOptions) || creationOptions.pty !== screen) return;
      closing.dispose();
      screen.dispose();
    });
    return new vscode.TerminalProfile({ name: plainLine(far.name, 60), pty: screen, isTransient: true });
  } catch (failure) {
    // VS Code says nothing of what went wrong with a profile.
    void vscode.window.showErrorMessage(plainLine(words(failure), 300));
    return undefined;
  }
};

const draw = ({ terminal, onName }: FarTerminal, screen: TerminalScreen): void => {
  terminal.onData((text) => screen.take(text));
  onName?.((name) => screen.rename(plainLine(name, 60)));
};

/** Whose end is the end of what is seen of it, where it goes on without. */
const drawn = ({ terminal, outlives }: FarTerminal): Drawn =>
  outlives
    ? {
        kind: terminal.kind,
        exited: terminal.exited,
        write: (text) => terminal.write(text),
        resize: (columns, rows) => terminal.resize(columns, rows),
        kill: () => void terminal[Symbol.asyncDispose](),
      }
    : terminal;
