import type { Agents } from '../backends/agents.ts';
import type { Setup } from '../protocol/view/messages.ts';
import type { Journal } from '../router/journal.ts';
import type { HostRules } from './rules.ts';
import type { HostSessions } from './sessions.ts';

/** What a surface of a host has to know before it asks for anything. `client`: what it holds the wheel as. */
export const hostSetup = (
  client: string,
  parts: {
    readonly agents: Agents;
    readonly sessions: HostSessions;
    readonly defaultAgent: string;
    readonly rules: HostRules;
    readonly journal: Pick<Journal, 'state'>;
  },
): Setup => {
  const { agents, sessions, defaultAgent, rules, journal } = parts;
  const { state } = journal;
  const trouble = state.kind === 'ok' ? rules.trouble : `Sessions are in memory only. ${state.reason}`;
  return {
    me: client,
    folder: true,
    folders: sessions.named.map((path) => ({ path, name: path })),
    trusted: true,
    agents: agents.all.map(({ id, label }) => ({ id, label })),
    defaultAgent,
    rules: rules.all(),
    ...(trouble === undefined ? {} : { trouble }),
  };
};
