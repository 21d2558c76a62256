import type { FarMachine } from '../../router/farMachine.ts';
import type { BackendContext } from '../../router/ports.ts';
import type { Here } from './farDisk.ts';
import { farParts } from './farParts.ts';

/**
 * With what an agent of another machine works, from what agents of this one do. Its files are those there, and nothing of
 * this machine reaches it: neither the person's MCP servers, which would be programs and addresses of this one, nor what
 * rules allow here, since the same name may be another thing there. What is only asked or refused stays so.
 */
export const farContext = (there: FarMachine, context: BackendContext, here: Here): BackendContext => {
  const { mcpServers: _, filesOf: __, ...rest } = context;
  return {
    ...rest,
    ...farParts(there, context.environment, here),
    permissions: {
      decide(key, action) {
        const decided = context.permissions.decide(key, action);
        return decided.decision === 'allow' && decided.rule?.scope !== 'session' ? {} : decided;
      },
    },
    machine: there.label,
  };
};
