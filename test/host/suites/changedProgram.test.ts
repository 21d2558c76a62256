import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { ProgramChange } from '../../../src/machine/programPrints.ts';
import { askChangedProgram } from '../../../src/vscode/changedProgram.ts';
import { until } from '../../tools/until.ts';

const print = (path: string, sha256: string): ProgramChange['now'] => ({ path, sha256 });
const change: ProgramChange = {
  label: 'Fake',
  before: print('/opt/agent', 'a'.repeat(64)),
  now: print('/opt/a\u202egent', 'b'.repeat(64)),
};
const run = async (command: string): Promise<void> => void (await vscode.commands.executeCommand(command));

suite('a program that has changed', () => {
  teardown(() => run('notifications.clearAll'));

  /** Does it again until the question has its answer: a notification takes a moment to stand there. */
  const answered = async (asking: Promise<boolean>, ...commands: readonly string[]): Promise<boolean> => {
    let answer: boolean | undefined;
    void asking.then((given) => (answer = given));
    await until('the answer', async () => {
      for (const command of commands) await run(command);
      return answer !== undefined;
    });
    return await asking;
  };

  test('[S27] starts when the person says so, and not when they put the question away', async () => {
    const { signal } = new AbortController();
    assert.equal(await answered(askChangedProgram(change, signal), 'notification.acceptPrimaryAction'), true);
    assert.equal(await answered(askChangedProgram(change, signal), 'notifications.clearAll'), false);
  });

  test('[S27] a start that is given up waits for nobody', async () => {
    const control = new AbortController();
    const asking = askChangedProgram(change, control.signal);
    control.abort(new Error('given up'));
    await assert.rejects(asking, /given up/u);
  });
});
