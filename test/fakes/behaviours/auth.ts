import type { Flags } from '../flags.ts';
import type { Behaviour } from './behaviour.ts';

type Text = 'authMethods' | 'authAt' | 'authFile';

function takes(name: string, flag: Text, argument: string, about: string): Behaviour {
  return {
    name,
    argument,
    about,
    run: async (turn, value) => {
      turn.flags[flag] = value;
      await turn.say(`${name} ${value} from now on\n`);
    },
  };
}

function sets(name: string, flag: keyof Pick<Flags, 'authFails' | 'authWaits' | 'logout'>, about: string): Behaviour {
  return {
    name,
    about,
    run: async (turn) => {
      turn.flags[flag] = true;
      await turn.say(`${name} from now on\n`);
    },
  };
}

/** How the person signs in, where `--auth` wants that: as switches these hold from the start. */
export const auth: readonly Behaviour[] = [
  takes(
    'auth-methods',
    'authMethods',
    'LIST',
    'the ways that it names: agent, terminal, own, meta, variables, key, unknown, none; the first where nothing is said',
  ),
  takes('auth-at', 'authAt', 'WHERE', 'what fails with -32000: initialize, new, load, prompt or option'),
  takes('auth-file', 'authFile', 'FILE', 'the person is known while it is there; `--login` makes it'),
  sets('auth-fails', 'authFails', '`authenticate` fails'),
  sets('auth-waits', 'authWaits', '`authenticate` is not answered before it is taken back'),
  sets('logout', 'logout', 'advertises `logout`'),
];
