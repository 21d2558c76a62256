import { describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import { farWorld, never } from './agentAtWorld.ts';

describe.each(['socket', 'http'] as const)('an agent at an address, over %s', (over) => {
  test('[environments acp] a session is opened, asked and answered, and the person is asked in it', async () => {
    const it = await farWorld({ token: 'sesame', args: ['--resume'] }, { over, secret: 'sesame' });
    const key = await it.open();
    const turn = it.prompt(key, 'ask Edit it');
    const question = await until('the question', () => it.session(key).questions[0]);
    const { id, hash } = question;
    const outcome = { kind: 'selected', option: 'allow' } as const;
    await it.router.perform(key, { kind: 'question/answer', question: id, hash, outcome }, 'desk', never);
    expect(await turn).toMatchObject({ reason: 'end_turn' });
    expect(it.entries(key)).toContainEqual(expect.objectContaining({ kind: 'tool', status: 'completed' }));
    expect(it.at.state).toBe('connected');
  });

  test('[environments acp] cut in a turn: the turn ends and says so, the session is resumed by itself and goes on', async () => {
    const it = await farWorld({ args: ['--resume'] }, { over });
    const key = await it.open();
    const turn = it.prompt(key, 'hang');
    await until('its first words', () => it.said(key).includes('waiting to be cancelled'));
    it.server.cut();
    expect(await turn).toMatchObject({ reason: 'agent gone', error: { next: expect.stringContaining('by itself') } });
    await it.ready(key);
    expect(await it.prompt(key, 'hello')).toMatchObject({ reason: 'end_turn' });
    expect(it.said(key)).toContain('You said: hello');
  });

  test('[environments acp] a token that is not taken is refused, and not tried again by itself', async () => {
    const it = await farWorld({ token: 'sesame' }, { over, secret: 'wrong' });
    await expect(it.open()).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('token') });
    await until('refused', () => it.at.state === 'refused');
    const tries = it.server.headers.length;
    it.at.retry();
    await expect(it.at.reach(never)).rejects.toMatchObject({ code: 'refused' });
    expect(it.server.headers.length).toBe(2 * tries);
    expect(it.lines.join('\n')).not.toContain('wrong');
  });
});
