import type { SessionEvent } from '../../model/event.ts';
import type { Question } from '../../model/question.ts';
import { Gate } from '../../router/gate.ts';
import { GATE_WORDS } from '../../router/gateWords.ts';
import { askPerson } from './asking.ts';
import { frozen } from './openQuestions.ts';
import type { AcpSession } from './session.ts';

/** The gate of a session: what it asks stands among the agent's own questions, and in the transcript. */
export const sessionGate = (session: AcpSession): Gate => {
  const { clock, context, workspace } = session;
  return new Gate({
    workspace,
    decide: (action) => context.permissions.decide(session.key, action),
    ask: (draft, signal) => askPerson(session, signal, { kind: 'permission', ...draft }),
    ruled(draft, rule, option) {
      const { title, tool, options } = draft;
      const question: Question = frozen({ kind: 'permission', title, tool, options, id: clock.id(), at: clock.now() });
      session.push({ kind: 'question/asked', question });
      session.push({
        kind: 'question/settled',
        question: question.id,
        by: { kind: 'rule', rule },
        outcome: { kind: 'selected', option: option.id },
      });
      if (option.kind === 'reject_once') session.push(callEnded(tool.call, false));
    },
    ended: (call, well) => session.push(callEnded(call, well)),
    reworked: (path) =>
      session.push({ kind: 'notice', severity: 'info', title: GATE_WORDS.reworked, description: path }),
    id: () => clock.id(),
  });
};

/** What we asked about is shown as a call of its own, since the agent told of none. */
const callEnded = (toolCallId: string, well: boolean): SessionEvent => ({
  kind: 'update',
  update: { sessionUpdate: 'tool_call_update', toolCallId, status: well ? 'completed' : 'failed' },
});
