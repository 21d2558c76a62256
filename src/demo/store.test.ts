import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionUpdate } from '@agentclientprotocol/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { initialSettings, parseSettings } from './options.ts';
import { keepable, remember, type SessionRecord } from './record.ts';
import { RecordStore, stateFolder } from './store.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wheelhouse-demo-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function record(n: number): SessionRecord {
  const sessionId = `demo-00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
  const updatedAt = new Date(n * 1000).toISOString();
  return { sessionId, cwd: '/w', title: `t${n}`, updatedAt, settings: initialSettings, history: [] };
}

describe('RecordStore', () => {
  test('[demo store] another process reads what was saved; the folder and files are the owner’s alone', () => {
    const complaints: string[] = [];
    const state = join(folder, 'state');
    mkdirSync(state, { mode: 0o755 });
    chmodSync(state, 0o755);
    new RecordStore(state, (line) => complaints.push(line)).save(record(1));
    expect(statSync(state).mode & 0o777).toBe(0o700);
    const [file] = readdirSync(state);
    expect(statSync(join(state, file ?? '')).mode & 0o777).toBe(0o600);
    expect(new RecordStore(state, () => undefined).read(record(1).sessionId)).toEqual(record(1));
    expect(complaints).toEqual([]);
  });

  test('[demo store] a link in place of the folder is not followed, and memory serves', () => {
    const complaints: string[] = [];
    const link = join(folder, 'link');
    symlinkSync(folder, link);
    const store = new RecordStore(link, (line) => complaints.push(line));
    store.save(record(1));
    expect(store.read(record(1).sessionId)).toEqual(record(1));
    expect(readdirSync(folder)).toEqual(['link']);
    expect(complaints.join()).toContain('kept in memory only');
  });

  test('[demo store] damaged, foreign and newer files are passed over', () => {
    const store = new RecordStore(folder, () => undefined);
    writeFileSync(join(folder, `${record(1).sessionId}.json`), '{"schema":1,');
    writeFileSync(join(folder, `${record(2).sessionId}.json`), JSON.stringify({ schema: 2, ...record(2) }));
    writeFileSync(join(folder, 'other.json'), JSON.stringify({ schema: 1, ...record(3) }));
    store.save(record(4));
    expect(new RecordStore(folder, () => undefined).list()).toEqual([record(4)]);
  });

  test('[demo store] an id is never a path', () => {
    writeFileSync(join(folder, 'x.json'), JSON.stringify({ schema: 1, ...record(1), sessionId: '../x' }));
    mkdirSync(join(folder, 'state'));
    expect(new RecordStore(join(folder, 'state'), () => undefined).read('../x')).toBeUndefined();
  });

  test('[demo store] the newest fifty are kept', () => {
    const store = new RecordStore(folder, () => undefined);
    for (let n = 1; n <= 53; n += 1) store.save(record(n));
    expect(readdirSync(folder)).toHaveLength(50);
    expect(store.list()[0]).toEqual(record(53));
  });

  test('[demo store] the folder comes from the environment where that names one', () => {
    expect(stateFolder({ WHEELHOUSE_DEMO_STATE: '/s' })).toBe('/s');
    expect(stateFolder({})).toContain(join(tmpdir(), 'wheelhouse-demo-'));
  });
});

describe('history', () => {
  const chunk = (text: string, messageId: string): SessionUpdate => {
    return { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text }, messageId };
  };

  test('[demo history] chunks of one message are joined, tool calls folded, plans replaced', () => {
    const history: SessionUpdate[] = [];
    const updates: SessionUpdate[] = [
      chunk('a', '1'),
      chunk('b', '1'),
      chunk('c', '2'),
      { sessionUpdate: 'tool_call', toolCallId: 't', title: 'T', status: 'pending' },
      { sessionUpdate: 'plan', entries: [{ content: 'x', priority: 'low', status: 'pending' }] },
      { sessionUpdate: 'tool_call_update', toolCallId: 't', status: 'completed' },
      { sessionUpdate: 'plan', entries: [] },
      { sessionUpdate: 'notice', severity: 'info', title: 'n' },
    ];
    for (const update of updates) remember(history, update);
    expect(history).toEqual([
      chunk('ab', '1'),
      chunk('c', '2'),
      { sessionUpdate: 'tool_call', toolCallId: 't', title: 'T', status: 'completed' },
      { sessionUpdate: 'plan', entries: [] },
    ]);
  });

  test('[demo history] beyond its limit the oldest whole turns go', () => {
    const history: SessionUpdate[] = [];
    for (let turn = 0; turn < 200; turn += 1) {
      remember(history, { ...chunk(`q${turn}`, `q${turn}`), sessionUpdate: 'user_message_chunk' } as SessionUpdate);
      for (let n = 0; n < 4; n += 1) remember(history, chunk('a', `${turn}.${n}`));
    }
    expect(history.length).toBeLessThanOrEqual(500);
    expect(history.length).toBeGreaterThan(490);
    expect(history[0]?.sessionUpdate).toBe('user_message_chunk');
  });

  test('[demo history] a big attachment is replaced by a line that says so', () => {
    const kept = keepable({ type: 'image', mimeType: 'image/png', data: 'A'.repeat(100 * 1024) });
    expect(kept).toEqual({ type: 'text', text: '[image of 100 KB, not kept in the history]' });
    const small = { type: 'image', mimeType: 'image/png', data: 'AAAA' } as const;
    expect(keepable(small)).toBe(small);
  });

  test('[demo options] stored settings that do not fit fall back one by one', () => {
    const parsed = parseSettings({ selected: { mode: 'ask', model: 'huge', __proto__: 'x' }, confirm: 'no' });
    expect(parsed).toEqual({ ...initialSettings, selected: { ...initialSettings.selected, mode: 'ask' } });
    expect(parseSettings(null)).toBe(initialSettings);
  });
});
