// npm run test:agents [-- NAME...]: real agents from npm against a scripted model, through the real backend, and one of
// them on the screen of a real VS Code. One line a step; exit code 1 when one did not hold. Not part of `npm test`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { within } from '../../src/base/clock.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { SetupError } from '../tools/setup.mjs';
import { agents, ready, type Ready } from './agents.ts';
import { startModel } from './model/server.ts';
import { screenSteps } from './screen.ts';
import { steps } from './steps.ts';
import { World } from './world.ts';

/** Above this a step has failed, whatever it still waits for; ms. */
const LIMIT = 90_000;
const SCREEN = 'screen';
/** Whose words are looked at on the screen. */
const ON_SCREEN = agents[0];

let passed = 0;
let failed = 0;

const sentence = (failure: unknown): string => {
  if (!(failure instanceof Error)) return String(failure);
  return failure.cause === undefined ? failure.message : `${failure.message} (${sentence(failure.cause)})`;
};

const say = (ok: boolean, who: string, name: string, start: number, more: string | void): void => {
  const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(6);
  console.log(
    `${ok ? 'ok  ' : 'FAIL'}  ${who.padEnd(9)} ${name.padEnd(22)} ${seconds} s${more === undefined ? '' : `  ${more}`}`,
  );
  if (ok) passed += 1;
  else failed += 1;
};

/** Runs a step and prints its line. */
const step = async (who: string, name: string, work: () => Promise<string | void>): Promise<boolean> => {
  const start = performance.now();
  try {
    const done = work();
    if (!(await within(systemClock, LIMIT, done))) throw new Error(`It did not end within ${LIMIT / 1000} s.`);
    say(true, who, name, start, await done);
    return true;
  } catch (failure) {
    say(false, who, name, start, sentence(failure));
    return false;
  }
};

/** All steps of one; that they could not even begin is a failure as well. */
const all = async (who: string, work: () => Promise<void>): Promise<void> => {
  const start = performance.now();
  await work().catch((failure: unknown) => say(false, who, 'all its steps', start, sentence(failure)));
};

/** Every step with one agent. After one that failed the others have a session of their own: it may have left anything. */
const play = async (agent: Ready, folder: string): Promise<void> => {
  const who = agent.definition.label;
  await using world = new World(agent, folder);
  let talk = await world.open();
  for (const { name, run } of steps) {
    if (!(await step(who, name, () => run({ world, talk })))) {
      const last = talk.entries.slice(-4).map((entry) => JSON.stringify(entry).slice(0, 600));
      console.log([...last, world.backend.stderrTail().trim()].join('\n').replaceAll(/^/gmu, '      '));
      talk = await world.open();
    }
  }
};

const main = async (wanted: readonly string[]): Promise<number> => {
  const names = [...agents.map(({ name }) => name), SCREEN];
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    console.error(`There is no ${unknown.join(', ')}; there are ${names.join(', ')}.`);
    return 1;
  }
  const chosen = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
  const parent = await mkdtemp(join(tmpdir(), 'wheelhouse-agents-'));
  await using model = await startModel();
  try {
    for (const agent of agents.filter(({ name }) => chosen(name))) {
      const folder = await mkdtemp(join(parent, 'workspace-'));
      const set = await ready(agent, join(parent, `home-${agent.name}`), model.url);
      await all(agent.name, () => play(set, folder));
    }
    if (ON_SCREEN !== undefined && chosen(SCREEN)) {
      const set = await ready(ON_SCREEN, join(parent, 'home-screen'), model.url);
      await all(SCREEN, () => screenSteps(set, (name, work) => step(SCREEN, name, work)));
    }
  } finally {
    await rm(parent, { recursive: true, force: true, maxRetries: 5 });
  }
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
};

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (failure) {
  console.error(failure instanceof SetupError ? failure.message : failure);
  process.exitCode = 1;
}
