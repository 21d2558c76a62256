/** Runs inside of a session's run: what they say stands under them. Source: the gateway protocol, §6, `spawnPath`. */
import type { SessionEvent } from '../../model/event.ts';
import { type Fields, isText, listOf, textOf } from '../../model/fold/read.ts';
import { readUpdate } from '../../protocol/acp/update.ts';
import { Said } from './said.ts';

/** So many are told apart at once; of one that is known no more only the path says what it is. */
const MOST = 256;

export class Nested {
  /** What each said is told once as well. */
  readonly #runs = new Map<string, Said>();
  /** Executions without a path are known by their beginning alone. */
  readonly #executions = new Map<string, string>();

  /** Which one an event belongs to; undefined: to the session's own run. */
  of({ spawnPath, executionId, parentExecutionId }: Fields): string | undefined {
    const last = (listOf(spawnPath) ?? []).filter(isText).at(-1);
    if (last !== undefined) return last;
    if (!isText(executionId)) return undefined;
    return this.#executions.get(executionId) ?? (isText(parentExecutionId) ? executionId : undefined);
  }

  /** What is told of it; a call of it is not among that. */
  take(id: string, name: string, data: Fields): readonly SessionEvent[] {
    const said = this.#saidOf(id, data);
    switch (name) {
      case 'execution_start':
      case 'spawn_start':
      case 'fork_start': {
        const title = textOf(data['componentName']);
        const named = title === undefined ? {} : { title };
        return [about(id, 'running', named)];
      }
      case 'execution_end':
        if (Object.keys(data).length === 0) return [];
        this.#runs.delete(id);
        return [about(id, 'idle', {})];
      default:
        return (said.take(name, data) ?? []).flatMap((event) => heard(id, event));
    }
  }

  /** The run around them is over. */
  clear(): void {
    this.#runs.clear();
    this.#executions.clear();
  }

  #saidOf(id: string, { executionId }: Fields): Said {
    if (this.#executions.size >= MOST || this.#runs.size >= MOST) this.clear();
    if (isText(executionId)) this.#executions.set(executionId, id);
    const said = this.#runs.get(id) ?? new Said();
    this.#runs.set(id, said);
    return said;
  }
}

const about = (sessionId: string, state: 'running' | 'idle', more: object): SessionEvent =>
  readUpdate({ sessionUpdate: 'subagent_update', sessionId, state: { state }, ...more });

/** Its thoughts are its own. */
const heard = (session: string, event: SessionEvent): readonly SessionEvent[] => {
  if (event.kind !== 'update' || event.update.sessionUpdate !== 'agent_message_chunk') return [];
  const { content } = event.update;
  return content.type === 'text' ? [{ kind: 'subagent/said', session, text: content.text }] : [];
};
