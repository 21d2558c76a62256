import { RequestError } from '@agentclientprotocol/sdk';
import type { Turn } from '../turn.ts';
import type { Command } from './command.ts';

export const fail: Command = {
  name: 'fail',
  description: 'Ends the turn with an error',
  run: async (turn) => {
    await turn.say('This turn is about to fail.');
    throw RequestError.internalError({ details: 'You asked the demo agent to fail, and it did.' });
  },
};

export const crash: Command = {
  name: 'crash',
  description: 'Ends the whole process in the middle of the turn',
  run: async (turn) => {
    await turn.say('The process ends now, in the middle of this');
    turn.world.complain('wheelhouse-demo: asked to crash, so this process exits with code 1.');
    turn.world.exit(1);
    // Tests hand in an `exit` that returns.
    await forEver(turn);
  },
};

export const hang: Command = {
  name: 'hang',
  description: 'Never ends its turn until it is stopped',
  run: async (turn) => {
    await turn.say('I wait until you stop me.');
    await forEver(turn);
  },
};

async function forEver(turn: Turn): Promise<void> {
  await turn.until(new Promise<never>(() => undefined));
}
