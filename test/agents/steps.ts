// What a person does with an agent, step by step, with what has to come of it. No step knows which agent it is.
import { strict as assert } from 'node:assert';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runningCommands } from '../ui/processes.ts';
import type { Entry } from '../../src/model/entry.ts';
import type { TurnEnd } from '../../src/model/session.ts';
import { until } from '../tools/until.ts';
import { MARKDOWN } from './model/script.ts';
import type { Talk, World } from './world.ts';

export interface Scene {
  readonly world: World;
  /** The session of the steps that need no other. */
  readonly talk: Talk;
}

export interface Step {
  readonly name: string;
  /** What is worth knowing beside that it went well. */
  run(scene: Scene): Promise<string | void>;
}

const ended = (turn: TurnEnd, ...reasons: readonly string[]): void => {
  const why = turn.error === undefined ? '' : `: ${turn.error.message}`;
  assert(
    reasons.includes(turn.reason),
    `The turn ended with "${turn.reason}"${why} instead of "${reasons.join('" or "')}".`,
  );
};

const holds = (what: string, text: string, part: string): void =>
  assert(text.includes(part), `${what} lacks ${JSON.stringify(part)}: ${JSON.stringify(text.slice(0, 500))}`);

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Calls that nobody knows the end of would turn for ever on the screen. */
const nothingOpen = (talk: Talk): void => {
  const open = talk.entries.filter((entry) => entry.kind === 'tool' && isOpen(entry));
  assert.equal(open.length, 0, `A tool call is still open: ${JSON.stringify(open)}`);
};

const isOpen = (entry: Entry): boolean =>
  entry.kind === 'tool' && (entry.status === 'pending' || entry.status === 'in_progress');

/** What the cards of the turn show, and what the terminals behind them hold. */
const shownIn = (talk: Talk): string =>
  JSON.stringify([talk.entries.filter(({ kind }) => kind === 'tool'), talk.session.terminals]);

/** The other choice of an option with that category, and back again. */
const change = async (talk: Talk, category: string): Promise<string> => {
  const option = talk.session.options.find((one) => (one.category ?? one.id) === category);
  if (option === undefined || option.control.kind !== 'select') return `offers no ${category}`;
  const { value: before, choices } = option.control;
  // A model of another vendor than the scripted one would not answer.
  const vendor = (value: string): string => value.split('/')[0] ?? '';
  const other = choices.find(
    ({ value }) => value !== before && (!value.includes('/') || vendor(value) === vendor(before)),
  );
  if (other === undefined) return `offers one ${category} only`;
  const now = (): unknown => talk.session.options.find(({ id }) => id === option.id)?.control.value;
  const names: string[] = [];
  for (const value of [other.value, before]) {
    await talk.set(option.id, value);
    await until(`the ${category} ${value}`, () => now() === value);
    ended(await talk.ask('name'), 'end_turn');
    assert.equal(now(), value);
    names.push(talk.said('agent'));
  }
  // What the picker shows is not enough: another model has to have been asked.
  assert.equal(new Set(names).size, category === 'model' ? 2 : 1, `The answers were ${names.join(' ')}`);
  return `${before} to ${other.value} and back`;
};

export const steps: readonly Step[] = [
  {
    name: 'say',
    async run({ talk }) {
      ended(await talk.ask('say 5'), 'end_turn');
      holds('The answer', talk.said('agent'), 'word 1 word 2 word 3 word 4 word 5');
    },
  },
  {
    name: 'think',
    async run({ talk }) {
      ended(await talk.ask('think 3'), 'end_turn');
      holds('The thoughts', talk.said('thought'), 'thought 3');
      holds('The answer', talk.said('agent'), 'I have thought.');
    },
  },
  {
    name: 'markdown',
    async run({ talk }) {
      ended(await talk.ask('markdown'), 'end_turn');
      holds('The answer', talk.said('agent'), MARKDOWN.trim());
    },
  },
  {
    name: 'write, allowed',
    async run({ world, talk }) {
      const path = join(world.folder, 'allowed.txt');
      ended(await talk.askAnd('allow', `write ${path} hello there`), 'end_turn');
      assert.equal((await readFile(path, 'utf8')).trim(), 'hello there');
      nothingOpen(talk);
    },
  },
  {
    name: 'write, refused',
    async run({ world, talk }) {
      const path = join(world.folder, 'refused.txt');
      const turn = await talk.askAnd('reject', `write ${path} hello there`);
      ended(turn, 'end_turn', 'cancelled');
      assert.equal(await exists(path), false, 'The file was written all the same.');
      nothingOpen(talk);
      return `the turn ends with ${turn.reason}`;
    },
  },
  {
    name: 'run',
    async run({ world, talk }) {
      // A program that no agent knows: what they know to be harmless some run unasked.
      const path = join(world.folder, 'sum.sh');
      await writeFile(path, 'expr 4000 + 242\n');
      ended(await talk.askAnd('allow', `run sh ${path}`), 'end_turn');
      holds('The answer', talk.said('agent'), '4242');
      nothingOpen(talk);
      return shownIn(talk).includes('4242') ? undefined : 'the agent keeps the output to itself';
    },
  },
  {
    name: 'read',
    async run({ world, talk }) {
      const path = join(world.folder, 'read.txt');
      await writeFile(path, 'what stands in the file\n');
      // Some may read in the folder that they work in unasked, some have only commands to read with.
      ended(await talk.askAnd('allow', `read ${path}`, { perhaps: true }), 'end_turn');
      holds('The answer', talk.said('agent'), 'what stands in the file');
    },
  },
  {
    name: 'edit',
    async run({ world, talk }) {
      const path = join(world.folder, 'edit.txt');
      await writeFile(path, 'one\ntwo\nthree\n');
      // Some edit only what they have read.
      ended(await talk.askAnd('allow', `read ${path}`, { perhaps: true }), 'end_turn');
      ended(await talk.askAnd('allow', `edit ${path} two=>2`), 'end_turn');
      assert.equal(await readFile(path, 'utf8'), 'one\n2\nthree\n');
      holds('The transcript', shownIn(talk), '"type":"diff"');
    },
  },
  {
    name: 'image',
    async run({ talk }) {
      if (talk.session.agent?.image !== true) throw new Error('It does not say that it takes images.');
      ended(await talk.ask('see', { image: true }), 'end_turn');
      holds('The answer', talk.said('agent'), 'I see 1 images.');
    },
  },
  {
    name: 'cancel in a text',
    async run({ talk }) {
      const end = talk.ask('slow 200');
      await until('the first words', () => talk.said('agent').includes('slow 2'));
      const start = performance.now();
      await talk.cancel();
      ended(await end, 'cancelled');
      return `ended after ${Math.round(performance.now() - start)} ms`;
    },
  },
  {
    name: 'cancel in a question',
    async run({ world, talk }) {
      const path = join(world.folder, 'cancelled.txt');
      const end = talk.ask(`write ${path} hello`);
      await talk.question();
      await talk.cancel();
      ended(await end, 'cancelled');
      assert.equal(talk.session.questions.length, 0, 'The question still stands.');
      assert.equal(await exists(path), false, 'The file was written all the same.');
      nothingOpen(talk);
    },
  },
  {
    name: 'cancel in a command',
    async run({ talk }) {
      const mark = `sleep 61.${process.pid % 1000}`;
      const end = talk.ask(`run ${mark}`);
      await talk.answer(await talk.question(), 'allow');
      // Wherever it descends from: what an agent leaves behind is nobody's child any more.
      const running = async (): Promise<boolean> => (await runningCommands(1, new RegExp(mark))).length > 0;
      await until('the command to run', running);
      await talk.cancel();
      ended(await end, 'cancelled');
      nothingOpen(talk);
      // Where the agent runs commands by itself, only the agent can end them.
      const gone = await until('its end', async () => !(await running()), 5000).catch(() => false);
      return gone ? 'the command ended with it' : 'the agent lets the command run on';
    },
  },
  {
    name: 'after the cancels',
    async run({ talk }) {
      ended(await talk.ask('say 3'), 'end_turn');
      holds('The answer', talk.said('agent'), 'word 3');
      assert(!talk.said('agent').includes('slow'), 'What was cancelled came with the next answer.');
    },
  },
  {
    name: 'error',
    async run({ talk }) {
      const turn = await talk.ask('error 400');
      const words = turn.error?.message ?? talk.said('agent');
      holds(`What is told (turn ended with ${turn.reason})`, words, '400');
      ended(await talk.ask('say 2'), 'end_turn');
      return `the turn ends with ${turn.reason}: ${words.trim().slice(0, 80)}`;
    },
  },
  {
    name: 'two sessions',
    async run({ world, talk }) {
      const other = await world.open();
      const [first, second] = await Promise.all([talk.ask('say 40'), other.ask('think 2')]);
      ended(first, 'end_turn');
      ended(second, 'end_turn');
      holds('The answer of the first', talk.said('agent'), 'word 40');
      holds('The answer of the second', other.said('agent'), 'I have thought.');
      assert(
        !talk.said('agent').includes('thought') && !other.said('agent').includes('word'),
        'The answers are mixed up.',
      );
      await other.close();
    },
  },
  { name: 'another mode', run: ({ talk }) => change(talk, 'mode') },
  { name: 'another model', run: ({ talk }) => change(talk, 'model') },
  {
    name: 'restart',
    async run({ world, talk }) {
      const before = JSON.stringify(talk.entries);
      const { pid } = world;
      await world.memorable(talk);
      await world.restart();
      assert.notEqual(world.pid, pid, 'It is the same process.');
      assert.equal(JSON.stringify(talk.entries), before, 'The transcript is another one.');
      const { link } = talk.session;
      assert(link.state === 'ready' && link.forgotten !== true, JSON.stringify(link));
      ended(await talk.ask('say 4'), 'end_turn');
      holds('The answer', talk.said('agent'), 'word 4');
    },
  },
  {
    name: 'load',
    async run({ world, talk }) {
      const { agentSession } = talk.session;
      assert(agentSession !== undefined);
      const last = talk.said('agent');
      assert.notEqual(last, '');
      await world.memorable(talk);
      await talk.close();
      const loaded = await world.load(agentSession);
      assert.equal(loaded.session.link.state, 'ready', JSON.stringify(loaded.session.link));
      holds('What was loaded', loaded.said('agent', 0), last);
      ended(await loaded.ask('say 6'), 'end_turn');
      holds('The answer', loaded.said('agent'), 'word 6');
      return `${loaded.entries.length} entries`;
    },
  },
];
