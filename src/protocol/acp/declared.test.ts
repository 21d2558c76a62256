import { describe, expect, test } from 'vitest';
import { clientCapabilities } from './capabilities.ts';
import { declaredNames } from './declared.ts';

describe('what a side declares', () => {
  test('[acp 4] is named by its path, whether it says true or {}, and not where it says no', () => {
    expect(
      declaredNames({
        loadSession: true,
        promptCapabilities: { image: true, audio: false, embeddedContext: {} },
        mcpCapabilities: { http: false, sse: false },
        sessionCapabilities: { list: {}, close: null },
        _meta: { vendor: { fork: { deep: true }, secret: 'x' }, empty: {} },
      }),
    ).toEqual([
      'loadSession',
      'promptCapabilities.image',
      'promptCapabilities.embeddedContext',
      'sessionCapabilities.list',
      '_meta.vendor',
      '_meta.empty',
    ]);
    const ours = declaredNames(clientCapabilities({ terminal: false, fs: { readTextFile: false } }));
    expect(ours).toEqual(expect.arrayContaining(['fs.writeTextFile', 'elicitation.form']));
    expect(ours).not.toContain('fs.readTextFile');
    expect(ours).not.toContain('terminal');
  });

  test('[acp 4] whatever else stands there is no reason to fail, and neither is how much of it', () => {
    for (const odd of [undefined, null, false, true, 5, 'yes', [], {}]) expect(declaredNames(odd)).toEqual([]);
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, nth) => [`c${nth}`, true]));
    expect(declaredNames(many)).toHaveLength(60);
  });
});
