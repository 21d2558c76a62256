import type { PlanEntry } from '@agentclientprotocol/sdk';
import type { Command } from './command.ts';

const steps: readonly Omit<PlanEntry, 'status'>[] = [
  { content: 'Read the question', priority: 'high' },
  { content: 'Look around in the workspace', priority: 'medium' },
  { content: 'Pretend to think about it', priority: 'low' },
  { content: 'Say what happened', priority: 'high' },
];

/** The plan with `done` steps behind it and the next one under way. */
function planAt(done: number): PlanEntry[] {
  const status = (index: number): PlanEntry['status'] => {
    if (index < done) return 'completed';
    return index === done ? 'in_progress' : 'pending';
  };
  return steps.map((step, index) => ({ ...step, status: status(index) }));
}

export const plan: Command = {
  name: 'plan',
  description: 'Shows a plan and works through it',
  run: async (turn) => {
    await turn.session.send({
      sessionUpdate: 'plan',
      entries: steps.map((step) => ({ ...step, status: 'pending' })),
    });
    for (let done = 0; done <= steps.length; done += 1) {
      await turn.pause(250);
      await turn.session.send({ sessionUpdate: 'plan', entries: planAt(done) });
    }
    await turn.say('All four steps are done. None of them was hard.');
  },
};

const thoughts = [
  'The person wants to see how thoughts look. ',
  'I have none, since I am a script, but I can send what an agent with a model would send.\n\n',
  '- Thoughts arrive in chunks, like the answer.\n- They are shown apart from it, and folded when it begins.\n\n',
  'That is enough to answer.',
];

export const think: Command = {
  name: 'think',
  description: 'Thinks aloud before it answers',
  run: async (turn) => {
    for (const thought of thoughts) {
      await turn.think(thought);
      await turn.pause(200);
    }
    await turn.stream('Those were my thoughts. The answer stands on its own: **thoughts are not part of it.**', 15);
  },
};
