import { eachEntry, type Entry, type OtherPart, type Part, type PlanEntry, type ToolContent } from '../model/entry.ts';
import type { SessionEvent } from '../model/event.ts';
import { isFields } from '../model/fold/read.ts';
import type { Session } from '../model/session.ts';

interface Told {
  readonly at: number;
  readonly event: SessionEvent;
}

/**
 * A fold told again as events whose fold has the same transcript, as far as an agent can tell it: who allowed what, and
 * why an earlier turn ended, stand in it as notices.
 */
export const retell = (session: Session): readonly Told[] => {
  const { createdAt, agentSession, agent, options, commands, usage, turn, questions } = session;
  const told: Told[] = [];
  const tell = (at: number, event: SessionEvent): void => void told.push({ at, event });
  const update = (at: number, fields: object): void => tell(at, { kind: 'update', update: fields } as SessionEvent);
  if (agentSession !== undefined && agent !== undefined)
    tell(createdAt, { kind: 'session/opened', agentSession, agent, options });
  if (commands.length > 0) {
    const availableCommands = commands.map(({ name, description, hint }) => ({
      name,
      description,
      ...(hint === undefined ? {} : { input: { hint } }),
    }));
    update(createdAt, { sessionUpdate: 'available_commands_update', availableCommands });
  }
  let open: string | undefined;
  const end = (at: number): void => {
    if (open !== undefined) tell(at, { kind: 'turn/ended', turn: open, reason: 'end_turn' });
    open = undefined;
  };
  let before: Entry['kind'] | undefined;
  for (const entry of eachEntry(session.entries)) {
    // Two messages of one kind in a row: the second was said after the turn, or it would be more of the first.
    if (entry.kind === before && (entry.kind === 'agent' || entry.kind === 'thought')) end(entry.at);
    before = entry.kind;
    if (entry.kind === 'user' && entry.turn !== undefined) {
      end(entry.at);
      open = entry.turn;
      tell(entry.at, {
        kind: 'turn/started',
        turn: open,
        prompt: entry.parts.map(blockOf),
        device: 'export',
      } as SessionEvent);
    } else for (const fields of updatesOf(entry, session)) update(entry.at, fields);
  }
  if (usage !== undefined) update(session.changedAt, { sessionUpdate: 'usage_update', ...usage });
  for (const question of questions) tell(question.at, { kind: 'question/asked', question });
  if (turn.state === 'idle') end(session.changedAt);
  return told;
};

export const updatesOf = (entry: Entry, { subagents }: Session): readonly object[] => {
  switch (entry.kind) {
    case 'user':
    case 'agent':
    case 'thought': {
      const sessionUpdate = `${entry.kind === 'thought' ? 'agent_thought' : `${entry.kind}_message`}_chunk`;
      const id = entry.messageId === undefined ? {} : { messageId: entry.messageId };
      return entry.parts.map((part) => ({ sessionUpdate, content: blockOf(part), ...id }));
    }
    case 'tool': {
      const { call, title, name, toolKind, status, content, locations, rawInput, rawOutput } = entry;
      const ours = status === 'cancelled' || status === 'abandoned';
      return [
        {
          sessionUpdate: 'tool_call',
          toolCallId: call,
          title,
          ...(name === undefined ? {} : { name }),
          kind: toolKind,
          status: ours ? 'in_progress' : status,
          content: content.map(contentOf),
          locations,
          ...(rawInput === undefined ? {} : { rawInput }),
          ...(rawOutput === undefined ? {} : { rawOutput }),
        },
      ];
    }
    case 'plan':
      return planOf(entry);
    case 'subagent': {
      // What it said is only an end, which begins anywhere.
      const { session: sessionId, said: _, ...about } = subagents[entry.session] ?? { session: entry.session };
      return [{ sessionUpdate: 'subagent_update', sessionId, ...about }];
    }
    case 'notice': {
      const { severity, title, description } = entry;
      return [{ sessionUpdate: 'notice', severity, title, ...(description === undefined ? {} : { description }) }];
    }
    case 'unknown':
      return isFields(entry.value) ? [entry.value] : [];
  }
};

const planOf = ({ items, plan: planId, text, uri, withdrawn }: PlanEntry): readonly object[] => {
  if (planId === undefined) return [{ sessionUpdate: 'plan', entries: items }];
  const told =
    text !== undefined
      ? { type: 'markdown', content: text }
      : uri === undefined
        ? { type: 'items', entries: items }
        : { type: 'file', uri };
  return [
    { sessionUpdate: 'plan_update', plan: { planId, ...told } },
    ...(withdrawn === undefined ? [] : [{ sessionUpdate: 'plan_removed', planId }]),
  ];
};

const blockOf = (part: Part | OtherPart): unknown => (part.type === 'unknown' ? part.value : part);

export const contentOf = (content: ToolContent): unknown => {
  if (content.type === 'unknown') return content.value;
  return content.type === 'content' ? { type: 'content', content: blockOf(content.content) } : content;
};
