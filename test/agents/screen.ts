// One agent on the screen of a real VS Code: what a person sees and presses, with the extension as it is packaged.
import { strict as assert } from 'node:assert';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageExtension } from '../tools/package.ts';
import { until } from '../tools/until.ts';
import type { Chat } from '../ui/chat.ts';
import { runningCommands, runningProcesses } from '../ui/processes.ts';
import { openStage, type Stage } from '../ui/stage.ts';
import type { Ready } from './agents.ts';
import { PNG } from './world.ts';

type Run = (name: string, work: () => Promise<string | void>) => Promise<boolean>;

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** The prompt for the scripted model. */
const script = (text: string): string => `script: ${text}`;

/** `program`: how the command line of the agent's process ends. */
const stepsOf = (
  { chat, folder, workbench }: Stage,
  agent: string,
  program: RegExp,
): Readonly<Record<string, () => Promise<string | void>>> => ({
  say: () => chat.answer(script('say 5'), 'word 5'),
  async think() {
    await chat.answer(script('think 3'), 'I have thought.');
    await chat.entries('Thought').first().waitFor();
  },
  async markdown() {
    await chat.answer(script('markdown'), 'export const answer');
    await chat.entries('Agent').last().getByRole('table').waitFor();
    await chat.entries('Agent').last().getByRole('heading', { name: 'Heading' }).waitFor();
  },
  async 'write, allowed'() {
    const path = join(folder, 'allowed.txt');
    await chat.ask(script(`write ${path} hello there`));
    await choose(chat, /^Allow/);
    await chat.becomes('Ready');
    assert.equal((await readFile(path, 'utf8')).trim(), 'hello there');
  },
  async 'write, refused'() {
    const path = join(folder, 'refused.txt');
    await chat.ask(script(`write ${path} hello there`));
    await choose(chat, /^(?:Reject|Deny|No)/);
    await chat.becomes('Ready');
    assert.equal(await exists(path), false, 'The file was written all the same.');
  },
  async run() {
    await chat.ask(script('run expr 4000 + 242'));
    await choose(chat, /^Allow/);
    await chat.says('4242');
    await chat.becomes('Ready');
  },
  async read() {
    const path = join(folder, 'read.txt');
    await writeFile(path, 'what stands in the file\n');
    await chat.answer(script(`read ${path}`), 'what stands in the file');
  },
  async edit() {
    const path = join(folder, 'read.txt');
    await chat.ask(script(`edit ${path} stands=>stood`));
    await choose(chat, /^Allow/);
    await chat.becomes('Ready');
    assert.equal(await readFile(path, 'utf8'), 'what stood in the file\n');
  },
  async image() {
    const dot = 'dot.png';
    await writeFile(join(folder, dot), PNG, 'base64');
    await chat.answer(script('see'), 'I see 0 images.');
    // The name as the person has it completed: what goes along is the file, and not only these words.
    await chat.composer.pressSequentially(`${script('see')} @${dot.slice(0, 3)}`);
    await chat.document.getByRole('option', { name: dot }).waitFor();
    await chat.composer.press('Enter');
    await chat.document.getByText(`Goes along: ${dot}`).waitFor();
    await chat.send.click();
    await chat.says('I see 1 images.');
    await chat.becomes('Ready');
  },
  async 'cancel in a text'() {
    await chat.ask(script('slow 200'));
    await chat.says('slow 2');
    await chat.stop.click();
    await chat.becomes('Ready');
  },
  async 'cancel in a question'() {
    const path = join(folder, 'cancelled.txt');
    await chat.ask(script(`write ${path} hello`));
    await chat.permission().waitFor();
    await chat.stop.click();
    await chat.permission().waitFor({ state: 'hidden' });
    await chat.becomes('Ready');
    assert.equal(await exists(path), false, 'The file was written all the same.');
  },
  async 'cancel in a command'() {
    await chat.ask(script('run sleep 6018'));
    await choose(chat, /^Allow/);
    const running = async (): Promise<boolean> =>
      (await runningCommands(workbench.serverPid, /sleep 6018/u)).length > 0;
    await until('the command to run', running);
    await chat.stop.click();
    await chat.becomes('Ready');
    await until('the end of the command', async () => !(await running()));
  },
  async error() {
    await chat.ask(script('error 400'));
    await chat.transcript.getByText('400').last().waitFor();
    await chat.becomes('Ready');
  },
  async 'two sessions'() {
    await chat.newSession(agent);
    await chat.answer(script('say 3'), 'word 3');
    assert.equal(await chat.entries('You').count(), 1);
  },
  async 'another mode'() {
    const mode = chat.picker('Session Mode');
    for (const [value, words] of [
      ['plan', 7],
      ['build', 8],
    ] as const) {
      await mode.selectOption(value);
      await chat.answer(script(`say ${words}`), `word ${words}`);
      assert.equal(await mode.inputValue(), value);
    }
  },
  async 'another model'() {
    const model = chat.picker('Model');
    for (const name of ['second', 'first']) {
      await model.selectOption(`scripted/${name}`);
      await chat.answer(script('name'), `I am ${name}.`);
      assert.equal(await model.inputValue(), `scripted/${name}`);
    }
  },
  async restart() {
    const before = await chat.entries().count();
    const pids = async (): Promise<readonly number[]> =>
      (await runningProcesses(workbench.serverPid, program)).map(({ pid }) => pid);
    const old = await pids();
    await workbench.runCommand('Wheelhouse: Restart Agent');
    await workbench.pick(agent);
    await until('another process', async () => {
      const now = await pids();
      return now.length > 0 && now.every((pid) => !old.includes(pid));
    });
    await chat.becomes('Ready');
    assert.equal(await chat.entries().count(), before);
    await chat.answer(script('say 9'), 'word 9');
  },
  async load() {
    await workbench.reload();
    await workbench.openChat();
    await chat.says('word 9');
    await chat.answer(script('say 10'), 'word 10');
    assert.equal(await chat.entries('You').filter({ hasText: 'say 9' }).count(), 1);
  },
});

/** The first button of the card whose name fits. */
const choose = async (chat: Chat, name: RegExp): Promise<void> => {
  const card = chat.permission();
  await card.getByRole('button', { name }).first().click();
  await card.waitFor({ state: 'hidden' });
};

export const screenSteps = async ({ definition, asking }: Ready, run: Run): Promise<void> => {
  process.env['WHEELHOUSE_VSIX'] ??= (await packageExtension()).path;
  const { label: name, command, args, env } = definition;
  assert.equal(asking, undefined, 'On the screen the agent has to ask by itself.');
  const stage = await openStage({ settings: { 'wheelhouse.agents': { real: { name, command, args, env } } } });
  const { chat, workbench } = stage;
  try {
    await run('start', async () => {
      await workbench.openChat();
      await chat.newSession(name);
    });
    for (const [step, work] of Object.entries(stepsOf(stage, name, new RegExp(`/${name}\\S* ${args.join(' ')}$`)))) {
      const ok = await run(step, work);
      if (!ok) await workbench.screenshot(`failed-agents-${step.replaceAll(/\W+/g, '-')}`);
    }
    await workbench.screenshot('agents');
  } finally {
    const left = await stage.close();
    await run('no process is left', () => {
      assert.deepEqual(left, []);
      return Promise.resolve();
    });
  }
};
