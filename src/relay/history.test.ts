import { describe, expect, test } from 'vitest';
import { blank, fold, says, update } from '../../test/tools/sessions.ts';
import type { SessionEvent } from '../model/event.ts';
import type { Session } from '../model/session.ts';
import { history, isWhole } from './history.ts';

const user = (turn: string): SessionEvent => ({
  kind: 'turn/started',
  turn,
  prompt: [{ type: 'text', text: turn }],
  device: 'd',
});
const end = (turn: string): SessionEvent => ({ kind: 'turn/ended', turn, reason: 'end_turn' });
const call = (toolCallId: string, more: object = {}): SessionEvent =>
  update({ sessionUpdate: 'tool_call', toolCallId, title: toolCallId, ...more });
const told = (session: Session) =>
  history(session).map(({ seq, lines }) => ({
    seq,
    lines: lines.map((line) => {
      const { params, id } = JSON.parse(line);
      if (id !== undefined) return `response ${id}`;
      const { sessionUpdate, content, toolCallId } = params.update;
      return `${sessionUpdate} ${toolCallId ?? content?.text ?? ''}`.trim();
    }),
  }));

describe('a session as it is', () => {
  test('[relay 9 replay] the chunks of one message are one, under the number of the last', () => {
    expect(told(fold(blank(), user('t'), says('a'), says('b')))).toEqual([
      { seq: 1, lines: ['session_info_update', 'user_message_chunk t'] },
      { seq: 3, lines: ['agent_message_chunk ab'] },
    ]);
  });

  test('[relay 9 replay] a number stands only where nothing before it will be told again', () => {
    const session = fold(
      blank(),
      user('t'),
      call('one'),
      says('meanwhile'),
      call('one', { status: 'completed' }),
      says('more'),
    );
    expect(told(session)).toEqual([
      { seq: 1, lines: ['session_info_update', 'user_message_chunk t'] },
      { seq: 5, lines: ['tool_call one', 'agent_message_chunk meanwhilemore'] },
    ]);
  });

  test('[relay 9 a turn] the end of the last one follows it, and earlier ones are not told as turns', () => {
    const session = fold(blank(), user('t1'), says('a'), end('t1'), user('t2'), says('b'), end('t2'));
    const lines = history(session).flatMap(({ lines: own }) => own);
    expect(
      lines.filter((line) => line.includes('wheelhouse.prompt')).map((line) => JSON.parse(line).params._meta),
    ).toEqual([{ 'wheelhouse.prompt': { client: '', requestId: 't2' } }]);
    expect(told(session).at(-1)?.lines).toEqual(['agent_message_chunk b', 'response t2']);
  });

  test('[relay 9 replay] a call that nobody ended is told as failed, one of a kind that nobody knows as another one', () => {
    const session = fold(blank(), user('t'), call('one', { kind: 'made up' }), end('t'));
    const [line = ''] = history(session).flatMap(({ lines }) => lines.filter((own) => own.includes('toolCallId')));
    expect(JSON.parse(line).params.update).toMatchObject({ status: 'failed', kind: 'other' });
  });

  test('[relay 9 replay] a second message in a row is told as another one', () => {
    const session = fold(blank(), user('t'), says('a'), end('t'), says('on its own'));
    const ids = history(session)
      .flatMap(({ lines }) => lines)
      .filter((line) => line.includes('agent_message_chunk'))
      .map((line) => JSON.parse(line).params.update.messageId);
    expect(ids).toEqual([undefined, 'e4']);
  });

  test('[relay 9 complete] is not what was cut to save space', () => {
    expect(isWhole(fold(blank(), says('a')))).toBe(true);
    const removed = {
      kind: 'notice',
      id: 'e1',
      seq: 1,
      changed: 1,
      at: 1,
      severity: 'info',
      title: 'x',
      removed: 5,
    } as const;
    expect(isWhole({ ...blank(), entries: [[removed]] })).toBe(false);
  });

  test('[relay 9 replay] nothing said is nothing told', () => {
    expect(history(fold(blank(), { kind: 'link', link: { state: 'ready' } }))).toEqual([]);
  });
});
