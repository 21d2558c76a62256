import { describe, expect, test } from 'vitest';
import { CODES } from '../../protocol/environment/messages.ts';
import { executionFailure, isGone, isSessionLost, isToolUnknown } from './executionWords.ts';

describe('what a host answers instead of a result', () => {
  test.each(CODES)('[environment 10 codes] %s is told in words, with what to do', (code) => {
    const failure = executionFailure({ code, message: 'said there' }, 'Box');
    expect(failure.code).toBe(code);
    expect(failure.message).toMatch(/^[A-Z].*[^ ]\.$/u);
    expect(failure.next).toMatch(/^[A-Z].*\.$/u);
    expect(`${failure.message} ${failure.next}`).not.toContain(code);
  });

  test('[environment 10 codes] each has words of its own', () => {
    const all = CODES.map((code) => executionFailure({ code, message: 'said there' }, 'Box').message);
    expect(new Set(all).size).toBe(18);
  });

  test('[environment 10 codes] a schema’s list of issues is told as one', () => {
    const message = JSON.stringify([
      { code: 'invalid_type', path: ['payload', 'command'], message: 'expected string' },
      { code: 'custom', path: [], message: 'something else' },
    ]);
    expect(executionFailure({ code: 'host_internal_error', message }, 'Box').message).toBe(
      'The host on Box failed: payload.command: expected string; something else.',
    );
    expect(executionFailure({ code: 'host_internal_error', message: '[not json' }, 'Box').message).toBe(
      'The host on Box failed: [not json.',
    );
  });

  test('[environment 10 from] a host of before is known by the tool that it does not know', () => {
    const message = JSON.stringify([{ code: 'invalid_union', path: ['tool'], message: 'No matching discriminator' }]);
    expect(isToolUnknown(executionFailure({ code: 'host_internal_error', message }, 'Box'))).toBe(true);
    expect(isToolUnknown(executionFailure({ code: 'unsupported_tool', message: '' }, 'Box'))).toBe(true);
    expect(isToolUnknown(executionFailure({ code: 'host_internal_error', message: 'tool' }, 'Box'))).toBe(false);
  });

  test('[environment 10 codes] what is lost with a session, and what with a process', () => {
    const lost = CODES.filter((code) => isSessionLost(executionFailure({ code, message: '' }, 'Box')));
    expect(lost).toEqual(['session_required', 'session_invalid', 'session_caller_mismatch']);
    const gone = CODES.filter((code) => isGone(executionFailure({ code, message: '' }, 'Box')));
    expect(gone).toEqual(['stale_process_handle', ...lost]);
  });
});
