import { describe, expect, test } from 'vitest';
import { manualClock } from '../base/testing.ts';
import { watchNetwork } from './webNetwork.ts';

const net =
  (...found: [name: string, address: string, internal?: boolean][]): Parameters<typeof watchNetwork>[2] =>
  () =>
    Object.groupBy(
      found.map(([name, address, internal = false]) => ({ name, address, internal })),
      ({ name }) => name,
    );

describe('the network of this machine', () => {
  test('[web network] another address, or one at last, is told once; losing one is not', () => {
    const clock = manualClock();
    let now = net(['lo', '127.0.0.1', true], ['wlan', '10.0.0.7']);
    let changes = 0;
    const watching = watchNetwork(
      clock,
      () => (changes += 1),
      () => now?.() ?? {},
    );
    clock.advance(60_000);
    expect(changes).toBe(0);
    now = net(['lo', '127.0.0.1', true]);
    clock.advance(60_000);
    expect(changes).toBe(0);
    now = net(['lo', '127.0.0.1', true], ['wlan', '169.254.3.4'], ['wlan', 'fe80::1']);
    clock.advance(60_000);
    expect(changes).toBe(0);
    now = net(['wlan', '192.168.1.7'], ['lo', '127.0.0.1', true]);
    clock.advance(60_000);
    expect(changes).toBe(1);
    now = net(['lo', '127.0.0.1', true], ['wlan', '192.168.1.7'], ['tun', '10.8.0.2']);
    clock.advance(2_000);
    expect(changes).toBe(2);
    watching.dispose();
    expect(clock.waiting).toBe(0);
  });

  test('[web network] what looks in earnest finds this machine as it is', () => {
    const clock = manualClock();
    let changes = 0;
    const watching = watchNetwork(clock, () => (changes += 1));
    clock.advance(10_000);
    expect([changes, clock.waiting]).toEqual([0, 1]);
    watching.dispose();
    expect(clock.waiting).toBe(0);
  });

  test('[web network] disposed by who is told', () => {
    const clock = manualClock();
    let now = net(['wlan', '10.0.0.7']);
    const watching = watchNetwork(
      clock,
      () => watching.dispose(),
      () => now?.() ?? {},
    );
    now = net(['wlan', '10.0.0.8']);
    clock.advance(10_000);
    expect(clock.waiting).toBe(0);
  });
});
