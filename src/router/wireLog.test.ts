import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MASK } from '../base/mask.ts';
import { redactor } from '../base/redact.ts';
import { manualClock } from '../base/testing.ts';
import { WireLog } from './wireLog.ts';

const SECRET = 'correct-horse-battery-staple';

const world = () => {
  const clock = manualClock();
  const shown: string[] = [];
  const redact = redactor({ folders: [{ path: '/home/ann', word: '<home>' }], values: [SECRET] }).one;
  const log = new WireLog({ clock, redact, show: (line) => void shown.push(line) });
  const said = (message: object): void => log.said(JSON.stringify({ jsonrpc: '2.0', ...message }));
  const heard = (message: object): void => log.heard(JSON.stringify({ jsonrpc: '2.0', ...message }));
  return { clock, shown, log, said, heard };
};

describe('the wire log', () => {
  test('[wire log] has one line a frame: direction, id and method, answers with the method and what they took', () => {
    const { clock, shown, log, said, heard } = world();
    said({ id: 1, method: 'session/new', params: { cwd: '/home/ann/x', mcpServers: [] } });
    clock.advance(1234);
    // The same id of the other side is another request.
    heard({ id: 1, method: 'fs/read_text_file', params: { path: '/home/ann/a' } });
    heard({ id: 1, result: { sessionId: 's' } });
    said({ id: 1, error: { code: -32002, message: 'There is\nno such file.' } });
    heard({ method: 'session/update', params: { update: { sessionUpdate: 'plan', entries: [] } } });
    log.heard('not \t JSON');
    log.heard('');
    log.heard({ skippedBytes: 9_000_000 });
    expect(shown).toEqual([
      '→ #1 session/new {"cwd":"<home>/x","mcpServers":[]}',
      '← #1 fs/read_text_file {"path":"<home>/a"}',
      '← #1 session/new 1.234 s {"sessionId":"s"}',
      '→ #1 fs/read_text_file 0.000 s error {"code":-32002,"message":"There is\\nno such file."}',
      '← session/update {"update":{"sessionUpdate":"plan","entries":[]}}',
      '← not JSON: not JSON',
      '← line too long: 9000000 bytes were skipped',
    ]);
    const time = new Date(1_700_000_001_234).toISOString();
    expect(log.text().split('\n')[1]).toBe(`${time} ${shown[1]}`);
  });

  test('[S29] secrets are not in it: variables, headers, sign-ins, answers to forms, known values and tokens', () => {
    const { shown, said, heard } = world();
    said({
      id: 1,
      method: 'session/new',
      params: {
        mcpServers: [
          { name: 'a', command: 'x', args: [], env: [{ name: 'KEY', value: 'hidden-1' }] },
          { type: 'http', url: 'https://ann:hidden-2@host/', headers: [{ name: 'Authorization', value: 'hidden-3' }] },
        ],
      },
    });
    said({ id: 2, method: 'authenticate', params: { methodId: 'key', _meta: { key: 'hidden-4' } } });
    heard({ id: 7, method: 'elicitation/create', params: { message: 'Your key?' } });
    said({ id: 7, result: { action: 'accept', content: { key: 'hidden-5' } } });
    heard({
      method: 'x',
      params: { apiKey: 'hidden-6', access_token: 'hidden-7', nested: [{ password: 'hidden-8' }] },
    });
    heard({ method: 'y', params: { text: `it is ${SECRET}`, other: 'sk-ant-abcdefghijklmnop' } });
    const all = shown.join('\n');
    expect(all).not.toMatch(/hidden|horse|abcdefgh/u);
    expect(all.split(MASK).length - 1).toBe(10);
  });

  test('[S29] a secret at the edge of what is cut off leaves nothing behind', () => {
    fc.assert(
      fc.property(fc.nat({ max: 600 }), fc.boolean(), (before, asGarbage) => {
        const { shown, log, heard } = world();
        const text = `${'x '.repeat(before / 2)}${SECRET}${'y'.repeat(9000)}`;
        if (asGarbage) log.heard(text);
        else heard({ method: 'm', params: { text } });
        for (let length = 6; length <= SECRET.length; length += 1)
          expect(shown.join()).not.toContain(SECRET.slice(0, length));
      }),
      { numRuns: 200 },
    );
  });

  test('[wire log] whatever passes is one short line, and all together have a size', () => {
    const { shown, log } = world();
    log.heard(`{"jsonrpc":"2.0","method":"deep","params":${'['.repeat(500)}${']'.repeat(500)}}`);
    log.heard(`{"jsonrpc":"2.0","method":"deeper","params":${'['.repeat(200_000)}${']'.repeat(200_000)}}`);
    log.heard(JSON.stringify({ jsonrpc: '2.0', method: 'many', params: Array.from({ length: 5000 }, () => 'a\nb') }));
    log.heard(JSON.stringify({ jsonrpc: '2.0', method: 'm', params: { text: 'z '.repeat(2_000_000) } }));
    expect(shown).toHaveLength(4);
    for (const line of shown) expect([line.length < 4100, line.includes('\n')]).toEqual([true, false]);
    expect(shown[2]).toContain('4950 more');
    for (let nth = 0; nth < 3000; nth += 1)
      log.said(
        JSON.stringify({ jsonrpc: '2.0', method: 'm', params: Array.from({ length: 12 }, () => 'w '.repeat(180)) }),
      );
    const text = log.text();
    expect(text.length).toBeLessThan(4 * 1024 * 1024 + 100_000);
    expect(text).toMatch(/^… \d+ earlier frames are not kept\.\n/u);
    expect(text.split('\n').length).toBeGreaterThan(500);
  });

  test('[wire log] any line at all is taken', () => {
    const { log } = world();
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (line) => {
        log.heard(line);
        log.said(line);
      }),
    );
  });
});
