import { describe, expect, test } from 'vitest';
import { errorIn, readListing, readPermission, readQueue, readRuntimes, readSession, readTemplates } from './domain.ts';

describe('what a server answers', () => {
  test('[flamecast 2] a session as a database has it', () => {
    const session = readSession({
      id: 's',
      agentName: 'A',
      status: 'killed',
      startedAt: '2026-11-20 21:43:51.05+00',
      lastUpdatedAt: 'nonsense',
      logs: [{ timestamp: 't', type: 'rpc', data: { method: 'm' } }, 7],
      pendingPermission: null,
      promptQueue: {
        items: [
          { queueId: 'b', position: 1 },
          { queueId: 'a', position: 0, text: 'x' },
        ],
      },
      websocketUrl: 'ws://h/ws',
    });
    expect(session).toMatchObject({ active: false, startedAt: Date.parse('2026-11-20T21:43:51.050Z') });
    expect(session?.updatedAt).toBeUndefined();
    expect(session?.logs).toHaveLength(1);
    expect(session?.queue?.items.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  test('[flamecast 2] what is none is nothing, and never a fault', () => {
    for (const value of [undefined, null, 7, 'x', [], {}, { id: 7 }, { items: 7 }, { root: 7 }]) {
      expect(readSession(value)).toBeUndefined();
      expect(readQueue(value)).toBeUndefined();
      expect(readListing(value)).toBeUndefined();
      expect(readPermission(value)).toBeUndefined();
      expect(readTemplates(value)).toEqual([]);
      expect(readRuntimes(value)).toEqual([]);
      expect(typeof errorIn(value)).toBe('string');
    }
  });

  test('[flamecast 3 errors] in each of their shapes', () => {
    expect(errorIn({ error: 'Agent not found' })).toBe('Agent not found');
    expect(errorIn({ success: false, error: { name: 'ZodError', message: 'too short' } })).toBe('too short');
  });
});
