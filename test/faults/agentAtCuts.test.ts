import { describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import { farWorld, never } from './agentAtWorld.ts';

/** Words of the recorded turn: one frame each, and one for the end that `burst` says. */
const WORDS = 6;
const WORD = 'word ';

const recorded = async (...args: readonly string[]) => {
  const it = await farWorld({ args: ['--chunk', WORD, ...args] });
  const key = await it.open();
  await until('what comes after the opening', () => it.session(key).commands.length > 0);
  /** The turn, cut there; and all that was needed to go on. */
  const cutAt = async (direction: 'up' | 'down', frames: number, torn: boolean) => {
    const before = it.said(key);
    it.proxy.cutAt(direction, frames, torn);
    const turn = await it.prompt(key, `burst ${WORDS}`);
    const heard = it.said(key).slice(before.length);
    if (it.proxy.armed) throw new Error('It was not cut.');
    // Nobody waits here for longer and longer.
    await until('the cut to be known', () => it.at.state !== 'connected');
    await it.at.reach(never);
    await it.ready(key);
    return { turn, heard };
  };
  return { ...it, key, cutAt };
};

describe('the recorded turn of an agent at an address, cut', () => {
  test.each([false, true])(
    '[acp address] at each frame that comes (torn: %s): what came before it is shown whole, and the end is told',
    async (torn) => {
      const it = await recorded('--resume');
      for (let frames = 0; frames <= WORDS; frames += 1) {
        const { turn, heard } = await it.cutAt('down', frames, torn);
        expect(heard).toBe(
          WORD.repeat(Math.min(frames, WORDS - 1)) + (frames === WORDS ? `\n\nEND-OF-BURST-${WORDS}\n` : ''),
        );
        expect(turn).toMatchObject({ reason: 'agent gone', error: { message: expect.stringContaining('lost') } });
        expect(it.entries(it.key).at(-1)).toMatchObject({ kind: 'notice', severity: 'error' });
      }
      expect(await it.prompt(it.key, 'hello')).toMatchObject({ reason: 'end_turn' });
    },
  );

  test.each([false, true])(
    '[acp address] at the frame that asks (torn: %s): it is not asked twice, and the turn ends',
    async (torn) => {
      const it = await recorded('--resume');
      const { turn, heard } = await it.cutAt('up', 0, torn);
      expect(heard).toBe('');
      expect(turn).toMatchObject({ reason: 'agent gone' });
      expect(it.server.methods.filter((method) => method === 'session/prompt')).toEqual([]);
    },
  );

  test('[acp address] at the answer to a question: the question is settled, and its call is left open by nobody', async () => {
    const it = await recorded('--resume');
    const turn = it.prompt(it.key, 'ask');
    const { id, hash } = await until('the question', () => it.session(it.key).questions[0]);
    it.proxy.cutAt('up', 0);
    const outcome = { kind: 'selected', option: 'allow' } as const;
    await it.router.perform(it.key, { kind: 'question/answer', question: id, hash, outcome }, 'desk', never);
    expect(await turn).toMatchObject({ reason: 'agent gone' });
    expect(it.session(it.key).questions).toEqual([]);
    expect(it.entries(it.key).find(({ kind }) => kind === 'tool')).toMatchObject({ status: 'abandoned' });
    await it.ready(it.key);
  });

  test('[acp address] while a question waits: nobody is left to answer it, and it is asked no more', async () => {
    const it = await recorded('--resume');
    const turn = it.prompt(it.key, 'ask');
    await until('the question', () => it.session(it.key).questions.length === 1);
    it.proxy.cut();
    expect(await turn).toMatchObject({ reason: 'agent gone' });
    expect(it.session(it.key).questions).toEqual([]);
    await it.ready(it.key);
  });

  test('[acp address] for one that can only load: what is here stays, and is not told twice', async () => {
    const it = await recorded('--load');
    await it.prompt(it.key, 'hello');
    const { heard } = await it.cutAt('down', 2, false);
    expect(heard).toBe(WORD.repeat(2));
    expect(it.server.methods).toContain('session/load');
    expect(it.said(it.key)).not.toContain('answered before');
    expect(await it.prompt(it.key, 'again')).toMatchObject({ reason: 'end_turn' });
  });

  test.each([['--forget', '--resume'], []])(
    '[acp address] for one that remembers nothing (%s): what was said stays, and a new beginning is said to be one',
    async (...args) => {
      const it = await recorded(...args);
      await it.prompt(it.key, 'hello');
      it.proxy.cut();
      await until('forgotten', () => it.session(it.key).link.forgotten === true);
      expect(it.said(it.key)).toContain('You said: hello');
      await it.router.perform(it.key, { kind: 'session/afresh' }, 'desk', never);
      expect(await it.prompt(it.key, 'anew')).toMatchObject({ reason: 'end_turn' });
      expect(it.said(it.key)).toContain('You said: anew');
    },
  );

  test('[acp address] what is asked while there is no connection waits, and is sent once', async () => {
    const it = await recorded('--resume');
    it.proxy.down = true;
    it.proxy.cut();
    await until('the cut to be known', () => it.session(it.key).link.state !== 'ready');
    const turn = it.prompt(it.key, 'asked in between');
    await until('it waits', () => it.session(it.key).queue.length === 1);
    it.proxy.down = false;
    it.at.retry();
    expect(await turn).toMatchObject({ reason: 'end_turn' });
    expect(it.server.methods.filter((method) => method === 'session/prompt')).toHaveLength(1);
  });

  test('[acp address] one that goes on while nobody hears it: what it says after that is shown', async () => {
    const it = await farWorld({ keep: true, args: ['--resume'] });
    const key = await it.open();
    const turn = it.prompt(key, 'hang');
    await until('its first words', () => it.said(key).includes('waiting'));
    it.proxy.cut();
    expect(await turn).toMatchObject({ reason: 'agent gone' });
    await it.ready(key);
    expect(await it.prompt(key, 'hello')).toMatchObject({ reason: 'end_turn' });
  });

  test('[acp address] stopped by a person it stays so, until somebody asks it something', async () => {
    const it = await recorded('--resume');
    const { made } = it.proxy;
    await it.backend.stop();
    await until('no connection', () => it.server.connections === 0);
    await until('left alone', () => it.at.state === 'refused');
    it.at.retry();
    expect(it.at.stopped).toBe(true);
    expect(it.proxy.made).toBe(made);
    expect(await it.prompt(it.key, 'hello')).toMatchObject({ reason: 'end_turn' });
    expect(it.at.state).toBe('connected');
  });
});
