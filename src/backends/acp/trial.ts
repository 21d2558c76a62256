import type { Disposable } from '../../base/disposable.ts';
import type { AgentIntro } from '../../protocol/acp/agent.ts';
import type { BackendContext, Environment, Process } from '../../router/ports.ts';
import type { AgentDefinition } from '../agent.ts';
import type { Stage } from './connection.ts';
import { Launcher } from './launcher.ts';

export interface TrialWatch {
  reached(stage: Stage): void;
  /** The last line of its standard error, as it changes: a package runner tells there how far it is. */
  said(line: string): void;
}

/** Milliseconds between two looks at what it says. */
const PAUSE = 500;

/**
 * Starts an agent as a session would, hears what it says of itself, and ends it. It is given all the time that it
 * wants: a first start may fetch hundreds of megabytes, and the person can end it at any time.
 */
export const tryAgent = async (
  definition: AgentDefinition,
  context: BackendContext,
  watch: TrialWatch,
  signal: AbortSignal,
): Promise<AgentIntro> => {
  let child: Process | undefined;
  const { environment } = context;
  const watched: Environment = {
    label: environment.label,
    spawn: async (options, stop) => (child = await environment.spawn(options, stop)),
    terminal: (options, stop) => environment.terminal(options, stop),
  };
  const launcher = new Launcher(definition, { ...context, environment: watched });
  let last = '';
  let timer: Disposable | undefined;
  const look = (): void => {
    const line = child?.stderrTail().trimEnd().split('\n').at(-1)?.trim() ?? '';
    if (line !== last) watch.said(line);
    last = line;
    timer = context.clock.after(PAUSE, look);
  };
  look();
  try {
    const { intro } = await launcher.connect((stage) => watch.reached(stage), signal);
    return intro;
  } finally {
    timer?.dispose();
    await launcher[Symbol.asyncDispose]();
  }
};
