import { spawn } from 'node:child_process';
import process from 'node:process';
import type { Flags } from '../flags.ts';
import type { Turn } from '../turn.ts';
import { auth } from './auth.ts';
import { count, type Behaviour } from './behaviour.ts';

async function exit(turn: Turn, argument: string): Promise<void> {
  await turn.say('the process ends in the middle of');
  process.stderr.write(`fake agent: told to exit with ${argument || 1}\n`);
  process.exit(count(argument, 1));
}

/** The child keeps stdin, stdout and stderr open after the agent is gone; it ends by itself after ten minutes. */
async function grandchild(turn: Turn): Promise<void> {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 600_000)'], { stdio: 'inherit' });
  child.unref();
  await turn.update({ sessionUpdate: 'notice', severity: 'info', title: `grandchild ${child.pid}` });
}

type Switch = { readonly [Key in keyof Flags]: Flags[Key] extends boolean ? Key : never }[keyof Flags];

function sets(name: string, flag: Switch, about: string): Behaviour {
  return {
    name,
    about,
    run: async (turn) => {
      turn.flags[flag] = true;
      await turn.say(`${name} from now on\n`);
    },
  };
}

async function version(turn: Turn, argument: string): Promise<void> {
  turn.flags.version = count(argument, 1);
  await turn.say(`version ${turn.flags.version} from now on\n`);
}

/** Of use as a switch only: a session that is open stays as it is. */
function given(name: string, argument: string, about: string): Behaviour {
  return { name, argument, about, run: async (turn) => turn.say(`${name} is a switch of the command line\n`) };
}

/** How the process behaves: as switches these hold from the start, as prompts from then on. */
export const settings: readonly Behaviour[] = [
  { name: 'version', argument: 'V', about: 'answers protocol version V', run: version },
  sets('auth', 'auth', 'wants the person to sign in: session/new fails with -32000 until then'),
  ...auth,
  sets('same-session-id', 'sameSessionId', 'every session gets the same id'),
  sets('copilot-early-updates', 'earlyUpdates', 'updates before the response to session/new'),
  sets('resume', 'resume', 'advertises session/resume and takes up any session'),
  sets('load', 'load', 'advertises session/load and tells a past of three updates'),
  sets('gemini-late-past', 'latePast', 'tells that past after its answer to session/load'),
  sets('folders', 'folders', 'advertises additionalDirectories'),
  sets('forget', 'forget', 'remembers no session from before: -32002'),
  given('name', 'NAME', 'calls itself NAME'),
  given('options', 'AGENT', 'sessions have the switches of AGENT: gemini, copilot, qwen, cline, codex'),
  given('second-prompt', 'WHAT', 'what becomes of a second prompt: queue, cancel, busy, never'),
  given('forget-code', 'CODE', 'the error for a session that it does not know'),
  given('slow-exit', 'MS', 'ends so long after its input has'),
  sets('newest', 'newest', 'answers version 2 to whoever asks for more than 1'),
  sets('mcp-http', 'mcpHttp', 'advertises MCP servers over http'),
  sets('fork', 'fork', 'advertises session/fork'),
  given('crash-while', 'FILE', 'ends instead of answering `initialize` as long as there is such a file'),
  sets('echo', 'echo', 'says every line back that it hears'),
  sets('ignore-eof', 'ignoreEof', 'lives on when stdin closes'),
  sets('ignore-sigterm', 'ignoreSigterm', 'lives on after SIGTERM'),
];

export const processes: readonly Behaviour[] = [
  { name: 'exit', argument: 'CODE', about: 'ends the process in the middle of the turn', run: exit },
  { name: 'grandchild', about: 'starts a child that holds the pipes, says its pid in a notice', run: grandchild },
];
