import type { BackendContext, Environment } from '../../router/ports.ts';

/**
 * With what an agent of this machine works whose commands run elsewhere. It has its process and its files here; what rules
 * allow to be run here is not allowed there, since the same name may be another program. `reach` gives where they run.
 */
export const commandsAtContext = (
  where: string,
  context: BackendContext,
  reach: () => Promise<Environment>,
): BackendContext => ({
  ...context,
  permissions: {
    decide(key, action) {
      const decided = context.permissions.decide(key, action);
      const isKept = decided.decision === 'allow' && decided.rule?.scope !== 'session';
      return isKept && action.tool === 'execute' ? {} : decided;
    },
  },
  environment: {
    label: context.environment.label,
    where,
    shell: 'posix',
    spawn: (...asked) => context.environment.spawn(...asked),
    // The agent’s own, in which a person signs in to it, is of where it runs itself.
    terminal: async (options, signal) =>
      options.owner === undefined
        ? await context.environment.terminal(options, signal)
        : await (await reach()).terminal(options, signal),
  },
});
