import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { until } from '../../tools/until.ts';
import { folder } from '../workspaceFolder.ts';

const run = async <T>(command: string, argument?: unknown): Promise<T> =>
  await vscode.commands.executeCommand<T>(`wheelhouse.${command}`, argument);
const write = async (key: string, value: unknown): Promise<void> =>
  await vscode.workspace.getConfiguration('wheelhouse').update(key, value, vscode.ConfigurationTarget.Global);

/** What the output channel of this name shows. */
const channel = (name: string): string | undefined =>
  vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'output' && uri.path.includes(name))?.getText();

suite('the agents of a window', () => {
  let session = '';
  suiteSetup(async () => {
    session = await run<string>('newSession', { agent: 'demo', cwd: folder() });
  });
  suiteTeardown(async () => {
    await write('wireLog', undefined);
    await run('deleteSession', session);
    await vscode.commands.executeCommand('workbench.action.closePanel');
  });

  test('[wire log] nothing is kept while it is off, and the export says what to do', async () => {
    await run('prompt', { session, text: 'hello' });
    await assert.rejects(run('exportWireLog', 'demo'), /Nothing is kept .* Turn the wire log on/u);
    await assert.rejects(run('showWireLog', 'nobody'), /nobody/u);
  });

  test('[wire log] is turned on while the agent runs, has a line for each frame, and ends when it is turned off', async () => {
    await write('wireLog', true);
    await run('showWireLog', 'demo');
    await until('a frame', async () => {
      await run('prompt', { session, text: 'hello' });
      return channel('(wire)')?.includes('session/prompt') === true;
    });
    const shown = await until('the end of the turn', () => {
      const text = channel('(wire)') ?? '';
      return /← #\d+ session\/prompt \d+\.\d+ s \{"stopReason":"end_turn"\}/u.test(text) ? text : undefined;
    });
    assert.match(shown, /→ #\d+ session\/prompt \{"sessionId"/u);
    await write('wireLog', undefined);
    await until('the setting', () => vscode.workspace.getConfiguration('wheelhouse').get('wireLog') === false);
    const before = channel('(wire)')?.split('session/prompt').length;
    await run('prompt', { session, text: 'hello' });
    assert.equal(channel('(wire)')?.split('session/prompt').length, before);
  });

  test('[demand 16] the list of agents opens and closes, of all and of one', async () => {
    for (const argument of [undefined, 'demo']) {
      const shown = run('showAgents', argument);
      await until('the list to be closed', async () => {
        await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
        return await Promise.race([shown.then(() => true), new Promise((resolve) => setTimeout(resolve, 300))]);
      });
    }
    await assert.rejects(run('showAgents', 'nobody'), /nobody/u);
  });
});
