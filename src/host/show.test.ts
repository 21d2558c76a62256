import { describe, expect, test } from 'vitest';
import type { HostStatus } from './ask.ts';
import { showDevices, showStatus } from './show.ts';

const device = {
  id: 'd1',
  name: 'Ann’s phone',
  capability: 'answer',
  createdAt: Date.UTC(2026, 0, 2),
  lastSeenAt: Date.UTC(2026, 0, 3),
} as const;

const status: HostStatus = {
  hostId: 'h',
  pid: 7,
  version: '1.2.3',
  startedAt: Date.UTC(2026, 0, 1),
  sessions: [],
  devices: 2,
};

describe('what the command line shows', () => {
  test('[host] devices, for a person and for a program', () => {
    expect(showDevices([device], false)).toBe(
      'd1  Ann’s phone  may watch, and answer questions of agents; joined 2026-01-02T00:00:00.000Z, last seen 2026-01-03T00:00:00.000Z',
    );
    expect(JSON.parse(showDevices([device], true))).toEqual([
      {
        id: 'd1',
        name: 'Ann’s phone',
        capabilities: ['watch', 'answer'],
        createdAt: device.createdAt,
        lastSeenAt: device.lastSeenAt,
      },
    ]);
    expect(showDevices([], false)).toContain('wheelhouse-host pair');
    expect(showDevices([], true)).toBe('[]');
  });

  test('[host] whether devices can come, and where', () => {
    expect(showStatus(status, false)).toContain('It does not listen for devices.');
    const app = 'http://127.0.0.1:4141/app/';
    const listening = { ...status, relay: 'ws://127.0.0.1:4141/acp', app };
    expect(showStatus(listening, false)).toContain(`Devices: 2; the page for them is ${app}`);
    expect(JSON.parse(showStatus(listening, true))).toEqual(listening);
  });
});
