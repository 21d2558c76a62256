import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { Emitter } from '../../../src/base/event.ts';
import { systemClock } from '../../../src/machine/clock.ts';
import type { SessionKey } from '../../../src/model/session.ts';
import type { TerminalNews, TerminalTold, TerminalWish } from '../../../src/protocol/view/terminal.ts';
import { HostTerminals } from '../../../src/vscode/hosts/terminals.ts';
import { AgentTerminals } from '../../../src/vscode/terminals.ts';
import { until } from '../../tools/until.ts';

const never = new AbortController().signal;
const session = 's' as SessionKey;

/** A window whose host is in the test's hands. */
const open = () => {
  const told = new Emitter<TerminalTold>();
  const changed = new Emitter<void>();
  const wishes: string[] = [];
  const screens = new AgentTerminals(systemClock);
  const tell = (terminal: string, news: TerminalNews): void => told.fire({ type: 'terminal', terminal, news });
  const terminals = new HostTerminals(
    {
      state: 'connected',
      onChanged: changed.event,
      onTerminal: told.event,
      terminal: (id: string, wish: TerminalWish) => {
        if (wish.kind !== 'resize') wishes.push(`${wish.kind} ${id}`);
      },
      do: (action) => {
        if (action.kind === 'terminal/show')
          tell(action.terminal, { kind: 'opened', session, name: 'asked for', way: 'pty' });
        return Promise.resolve();
      },
    },
    screens,
  );
  const begin = async (id: string, name: string): Promise<vscode.Terminal> => {
    const before = new Set(vscode.window.terminals);
    tell(id, { kind: 'opened', session, name, way: 'pty' });
    return await until('its terminal', () => vscode.window.terminals.find((one) => !before.has(one)));
  };
  return {
    wishes,
    tell,
    begin,
    terminals,
    close: () => {
      terminals.dispose();
      screens.dispose();
    },
  };
};

suite('the terminals of a host in VS Code', () => {
  test('[T3] one is closed by a person: its command ends; its window is closed: it goes on', async () => {
    const it = open();
    try {
      const one = await it.begin('one', 'make watch');
      assert.equal(one.name, 'make watch');
      it.tell('one', { kind: 'data', at: 0, text: 'hello\r\n' });
      assert.deepEqual(it.wishes, ['attach one', 'ack one']);
      one.show();
      await until('it to be in front', () => vscode.window.activeTerminal === one);
      await vscode.commands.executeCommand('workbench.action.terminal.kill');
      await until('its end', () => it.wishes.includes('kill one'));
      const two = await it.begin('two', 'make serve');
      two.show();
      await until('it to be in front', () => vscode.window.activeTerminal === two);
      // As VS Code closes it with the window: nobody has asked for its end.
      two.dispose();
      await until('it to be closed', () => !vscode.window.terminals.includes(two));
      assert.equal(it.wishes.includes('kill two'), false);
    } finally {
      it.close();
    }
  });

  test('[terminal] one that this window never had is shown when a person asks for it', async () => {
    const it = open();
    try {
      assert.equal(await it.terminals.reveal(session, 'ended', never), true);
      await until('its terminal', () => vscode.window.terminals.some(({ name }) => name === 'asked for'));
      assert.deepEqual(it.wishes, ['attach ended']);
    } finally {
      it.close();
    }
  });
});
