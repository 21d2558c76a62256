import type { FarMachine } from '../../router/farMachine.ts';
import type { BackendContext, Environment, Workspace } from '../../router/ports.ts';
import type { Here } from './farDisk.ts';

/**
 * With what an agent of another machine works, from what agents of this one do. Its files are those there, and nothing of
 * this machine reaches it: neither the person's MCP servers, which would be programs and addresses of this one, nor what
 * rules allow here, since the same name may be another thing there. What is only asked or refused stays so.
 */
export const farContext = (there: FarMachine, context: BackendContext, here: Here): BackendContext =>
  elsewhere(there.label, context, wantedParts(there, context.environment, here));

/** The same, wherever else it is: `parts` are what there is of that place. */
export const elsewhere = (
  machine: string,
  context: BackendContext,
  parts: Pick<BackendContext, 'environment' | 'workspace'>,
): BackendContext => {
  const { mcpServers: _, filesOf: __, ...rest } = context;
  return {
    ...rest,
    ...parts,
    permissions: {
      decide(key, action) {
        const decided = context.permissions.decide(key, action);
        return decided.decision === 'allow' && decided.rule?.scope !== 'session' ? {} : decided;
      },
    },
    machine,
  };
};

/** Loaded with the first thing that is done there: most people have no such machine. */
const wantedParts = (
  there: FarMachine,
  local: Environment,
  here: Here,
): { readonly environment: Environment; readonly workspace: Workspace } => {
  const load = async () => (await import('./farParts.ts')).farParts(there, local, here);
  let parts: ReturnType<typeof load> | undefined;
  const loaded = (): ReturnType<typeof load> => (parts ??= load());
  return {
    environment: {
      label: there.label,
      shell: 'posix',
      spawn: async (...asked) => (await loaded()).environment.spawn(...asked),
      terminal: async (...asked) => (await loaded()).environment.terminal(...asked),
    },
    workspace: {
      roots: () => [there.folder],
      place: async (...asked) => (await loaded()).workspace.place(...asked),
      readText: async (...asked) => (await loaded()).workspace.readText(...asked),
      writeText: async (...asked) => (await loaded()).workspace.writeText(...asked),
    },
  };
};
