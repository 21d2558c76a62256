import { describe, expect, test } from 'vitest';
import { manualClock } from '../base/testing.ts';
import type { Capability } from './device.ts';
import { CODE_TIME, CONFIRM_TIME, Pairing, type PairingRequest } from './pairing.ts';

const never = new AbortController().signal;

const world = (answer: (request: PairingRequest) => Capability | undefined | Promise<Capability | undefined>) => {
  const clock = manualClock();
  const asked: PairingRequest[] = [];
  const signals: AbortSignal[] = [];
  let byte = 0;
  const pairing = new Pairing({
    clock,
    random: (bytes) => Uint8Array.from({ length: bytes }, () => (byte = Math.imul(byte + 1, 0x9e3779b1) >>> 8)),
    confirm: async (request, signal) => {
      asked.push(request);
      signals.push(signal);
      return await answer(request);
    },
  });
  return { clock, asked, signals, pairing };
};

const phone = (code: string) => ({ code, name: 'phone', want: ['watch', 'answer'] });

describe('a code', () => {
  test('[R1] has forty bits, is in two groups, and another one each time', () => {
    const { pairing } = world(() => 'watch');
    const codes = new Set<string>();
    for (let n = 0; n < 32; n += 1) codes.add(pairing.begin().code);
    expect(codes.size).toBe(32);
    for (const code of codes) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/u);
    expect(32 ** 8).toBeGreaterThanOrEqual(2 ** 40);
    pairing.dispose();
  });

  test('[R1] is used up by a right try, whatever comes of it', async () => {
    const { pairing, asked } = world(() => undefined);
    const { code } = pairing.begin();
    expect(await pairing.try(phone(code), never)).toBeUndefined();
    expect(pairing.current).toBeUndefined();
    expect(await pairing.try(phone(code), never)).toBeUndefined();
    expect(asked.length).toBe(1);
  });

  test('[R1] is dead after five wrong tries, after its time, and once there is another one', async () => {
    const { pairing, asked, clock } = world(() => 'watch');
    const wrong = pairing.begin().code;
    for (let n = 0; n < 5; n += 1) await pairing.try(phone(`${wrong}${n}`), never);
    expect(await pairing.try(phone(wrong), never)).toBeUndefined();
    const late = pairing.begin();
    expect(late.expiresAt).toBe(clock.now() + CODE_TIME);
    clock.advance(CODE_TIME);
    expect(await pairing.try(phone(late.code), never)).toBeUndefined();
    const replaced = pairing.begin().code;
    const { code } = pairing.begin();
    expect(await pairing.try(phone(replaced), never)).toBeUndefined();
    expect(asked).toEqual([]);
    expect(await pairing.try(phone(code), never)).toEqual({ name: 'phone', capability: 'watch' });
    expect(clock.waiting).toBe(0);
  });

  test('[S4] of a million guesses five are looked at', async () => {
    const { pairing, asked } = world(() => 'drive');
    const { code } = pairing.begin();
    let tried = 0;
    for (; pairing.current !== undefined; tried += 1)
      await pairing.try(phone(tried.toString().padStart(8, '0')), never);
    expect(tried).toBe(5);
    for (let n = 0; n < 1000; n += 1) await pairing.try(phone(code), never);
    expect(asked).toEqual([]);
  });

  test('[R1] is taken as a person writes it down', async () => {
    const { pairing } = world(() => 'watch');
    const { code } = pairing.begin();
    const written = ` ${code.toLowerCase().replace('-', ' - ').replaceAll('0', 'o').replaceAll('1', 'l')} `;
    expect(await pairing.try(phone(written), never)).toBeDefined();
  });

  test('[R3] what says no code or no wish is refused, and is no try of the code', async () => {
    const { pairing } = world(() => 'watch');
    const { code } = pairing.begin();
    for (const told of [
      undefined,
      null,
      7,
      [],
      {},
      { code },
      { code, name: 'phone' },
      { code, name: 'phone', want: 'drive' },
      { code, name: 'phone', want: ['everything'] },
      { code, name: '  ', want: ['watch'] },
      { code: [code], name: 'phone', want: ['watch'] },
    ])
      expect(await pairing.try(told, never)).toBeUndefined();
    expect(pairing.current?.code).toBe(code);
    pairing.dispose();
  });
});

describe('the person', () => {
  test('[R2] is shown a name that hides nothing, and the most that is wanted', async () => {
    const { pairing, asked } = world(() => 'answer');
    const name = `Ann\u202es phone\n${'x'.repeat(100)}`;
    const told = { code: pairing.begin().code, name, want: ['drive', 'watch'] };
    const granted = await pairing.try(told, never);
    expect(asked).toEqual([{ name: expect.stringMatching(/^Ann⟨U\+202E⟩s phone ⏎ x{3,}$/u), want: 'drive' }]);
    expect(asked[0]?.name.length).toBeLessThanOrEqual(64);
    expect(granted).toEqual({ name: asked[0]?.name, capability: 'answer' });
  });

  test('[R2] has their time, and an answer that comes too late is none', async () => {
    let say: (capability: Capability) => void = () => undefined;
    const { pairing, clock, signals } = world(() => new Promise((resolve) => (say = resolve)));
    const waiting = pairing.try(phone(pairing.begin().code), never);
    await Promise.resolve();
    clock.advance(CONFIRM_TIME);
    expect(await waiting).toBeUndefined();
    expect(signals[0]?.aborted).toBe(true);
    say('drive');
    expect(clock.waiting).toBe(0);
  });

  test('[R2] is asked no more when the device is gone, or the pairing is', async () => {
    const { pairing, signals, clock } = world(() => new Promise(() => undefined));
    const device = new AbortController();
    const gone = pairing.try(phone(pairing.begin().code), device.signal);
    device.abort();
    expect(await gone).toBeUndefined();
    const cancelled = pairing.try(phone(pairing.begin().code), never);
    pairing.cancel();
    expect(await cancelled).toBeUndefined();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(clock.waiting).toBe(0);
  });

  test('[R1] is told when a code came and went', async () => {
    const { pairing, clock } = world(() => 'watch');
    const seen: (string | undefined)[] = [];
    pairing.onChanged(() => seen.push(pairing.current?.code));
    const first = pairing.begin().code;
    clock.advance(CODE_TIME);
    const second = pairing.begin().code;
    pairing.cancel();
    expect(seen).toEqual([first, undefined, second, undefined]);
  });
});
