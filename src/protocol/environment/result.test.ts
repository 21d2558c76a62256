import { describe, expect, test } from 'vitest';
import { CODES } from './messages.ts';
import { isError, readAnswer, readHello, requestOf } from './result.ts';

const answer = (fields: object = {}): object => ({
  version: 1,
  requestID: 'r1',
  ok: true,
  tool: 'bash',
  action: 'execute',
  result: { title: 't', metadata: { exit: 3 }, output: 'out' },
  ...fields,
});

const INVALID = {
  ok: false,
  error: { code: 'remote_execution_error', message: expect.stringMatching(/^Invalid remote/u) },
};

describe('what a host answers', () => {
  test('[environment 10 bash] a code that is not zero is a result', () => {
    expect(readAnswer(answer(), 'bash', 'execute')).toEqual({
      ok: true,
      result: { title: 't', metadata: { exit: 3 }, output: 'out' },
    });
  });

  test('[environment 10 timeout] null is no code, and absent is another thing', () => {
    const timed = answer({ result: { title: '', metadata: { exit: null, timedOut: true }, output: '' } });
    expect(readAnswer(timed, 'bash', 'execute')).toMatchObject({
      result: { metadata: { exit: null, timedOut: true } },
    });
    const runs = answer({ result: { title: '', metadata: { processId: 'p', background: true }, output: '' } });
    expect(readAnswer(runs, 'bash', 'execute')).toEqual({
      ok: true,
      result: { title: '', metadata: { processId: 'p', background: true }, output: '' },
    });
  });

  test('[environment 10 unknown keys] what nobody knows is left out, at every depth', () => {
    const result = { title: 't', metadata: { exit: 0, surprise: [1] }, output: 'o', surprise: {} };
    expect(readAnswer(answer({ result, surprise: 1 }), 'bash', 'execute')).toEqual({
      ok: true,
      result: { title: 't', metadata: { exit: 0 }, output: 'o' },
    });
  });

  test.each([
    ['another tool', { tool: 'process' }],
    ['another action', { action: 'poll' }],
    ['another version', { version: 2 }],
    ['no version', { version: undefined }],
    ['neither success nor failure', { ok: 'yes' }],
    ['no result', { result: undefined }],
    ['a result without an output', { result: { title: '', metadata: {} } }],
    ['a result without metadata', { result: { title: '', output: '' } }],
  ])('[environment 10 mismatch] %s is no answer', (_name, fields) => {
    expect(readAnswer(answer(fields), 'bash', 'execute')).toEqual(INVALID);
  });

  test.each([null, 7, 'text', [], {}, { version: 1 }])('[environment 10 mismatch] %j is no answer', (payload) => {
    expect(readAnswer(payload, 'session', 'open')).toEqual(INVALID);
  });

  test('[environment 10 from] a host of before names neither tool nor action', () => {
    const { tool: _, action: __, ...old } = answer() as Record<string, unknown>;
    expect(readAnswer(old, 'bash', 'execute')).toMatchObject({ ok: true });
  });

  test.each(CODES)('[environment 10 codes] %s is read before anything else', (code) => {
    const failed = answer({
      ok: false,
      tool: undefined,
      action: undefined,
      error: { code, message: 'why', details: 1 },
    });
    expect(readAnswer(failed, 'process', 'poll')).toEqual({ ok: false, error: { code, message: 'why', details: 1 } });
    expect(isError(failed)).toBe(true);
  });

  test('[environment 10 codes] a code that nobody knows keeps its words', () => {
    expect(
      readAnswer({ version: 1, ok: false, error: { code: 'link_busy', message: 'Later.' } }, 'bash', 'execute'),
    ).toEqual({
      ok: false,
      error: { code: 'remote_execution_error', message: 'Later. (link_busy)' },
    });
    expect(readAnswer({ version: 1, ok: false }, 'bash', 'execute')).toEqual({
      ok: false,
      error: { code: 'remote_execution_error', message: 'The host gave no reason.' },
    });
  });

  test('[environment 10 busy] a session’s status, and whose it is, are read as they are said', () => {
    const metadata = { action: 'open', status: 'busy', sessionID: 's', remoteAgentID: 'a', remoteOwnerUserID: 7 };
    const busy = answer({ tool: 'session', action: 'open', result: { title: '', metadata, output: '' } });
    expect(readAnswer(busy, 'session', 'open')).toEqual({ ok: true, result: { title: '', metadata, output: '' } });
    const odd = answer({
      tool: 'session',
      action: 'open',
      result: { title: '', metadata: { action: 'open' }, output: '' },
    });
    expect(readAnswer(odd, 'session', 'open')).toEqual(INVALID);
  });

  test('[environment 10 paging] a process: where to read on, and a list without what is no process', () => {
    const metadata = { action: 'log', processId: 'p', status: 'running', nextOffset: 4, droppedChars: 9 };
    const log = answer({ tool: 'process', action: 'log', result: { title: '', metadata, output: 'x' } });
    expect(readAnswer(log, 'process', 'log')).toMatchObject({ result: { metadata } });
    const processes = [{ processId: 'p', status: 'killed', command: 'c' }, { processId: '' }, 3];
    const list = answer({
      tool: 'process',
      action: 'list',
      result: { title: '', metadata: { action: 'list', processes }, output: '' },
    });
    expect(readAnswer(list, 'process', 'list')).toMatchObject({
      result: { metadata: { processes: [{ processId: 'p', status: 'killed', command: 'c', runtimeMs: 0 }] } },
    });
  });

  test('[environment 10 requestID] the request that an answer is to', () => {
    expect([requestOf(answer()), requestOf({ requestID: '' }), requestOf({ requestID: 7 }), requestOf(null)]).toEqual([
      'r1',
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('[environment 10 hello] a host says which one it is, and what it leaves out is not taken for granted', () => {
    expect(
      readHello({ envID: 'env_x', hostSessionID: 'h', capabilities: { defaultShell: 'sh', supportsPty: 'yes' } }),
    ).toEqual({
      type: 'host.hello',
      envID: 'env_x',
      hostSessionID: 'h',
      capabilities: {
        platform: '',
        arch: '',
        runtime: 'unknown',
        defaultShell: 'sh',
        supportedShells: [],
        supportsPty: false,
        supportsSendKeys: false,
        supportsSoftKill: false,
        supportsProcessGroups: false,
        envCaseInsensitive: false,
        lineEndings: 'lf',
      },
    });
    expect([readHello({ envID: 'env_x' }), readHello({ envID: '', hostSessionID: 'h' }), readHello(7)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
