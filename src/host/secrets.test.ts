import { beforeEach, expect, test } from 'vitest';
import { Concealed, MASK } from '../base/mask.ts';
import type { Log } from '../base/log.ts';
import { type ManualClock, manualClock } from '../base/testing.ts';
import type { Asking, WindowResult } from '../protocol/view/request.ts';
import { HostSecrets } from './secrets.ts';
import { type AttachedWindow, Windows } from './windows.ts';

const SECRET = 'wholly-unrecognizable-0b77';
const never = new AbortController().signal;
const agent = { id: 'mine', label: 'Mine' };
const value = { name: 'A_KEY', secret: true, optional: false };

let clock: ManualClock;
let windows: Windows;
let concealed: Concealed;
let logged: string[];
let secrets: HostSecrets;
let asked: Asking[];

beforeEach(() => {
  clock = manualClock();
  windows = new Windows(clock);
  concealed = new Concealed();
  logged = [];
  asked = [];
  const write = (message: string): void => void logged.push(message);
  const log: Log = { debug: write, info: write, warn: write, error: write };
  secrets = new HostSecrets({ windows, log, conceal: (text) => concealed.add(text) });
});

/** A window that answers at once; undefined: never. */
const attach = (answer: () => WindowResult | undefined): AttachedWindow => {
  const window = windows.attach((message) => {
    asked.push(message);
    const result = answer();
    if (message.type === 'request' && result !== undefined)
      queueMicrotask(() => window.hear({ type: 'answer', id: message.id, result }));
  });
  window.hear({ type: 'offer', roots: [], secrets: true });
  return window;
};

test('[S50] what a window keeps is asked for each time, and known from memory while none is there', async () => {
  expect(await secrets.of('mine')).toEqual({});
  let values: Readonly<Record<string, string>> = { A_KEY: SECRET };
  const window = attach(() => ({ kind: 'values', values }));
  expect(await secrets.of('mine')).toEqual({ A_KEY: SECRET });
  expect(concealed.mask(`It said ${SECRET}.`)).toBe(`It said ${MASK}.`);
  window.dispose();
  expect(await secrets.of('mine')).toEqual({ A_KEY: SECRET });
  expect(await secrets.of('other')).toEqual({});
  // The person has signed out meanwhile.
  values = {};
  attach(() => ({ kind: 'values', values })).dispose();
  attach(() => ({ kind: 'values', values }));
  expect(await secrets.of('mine')).toEqual({});
  expect(logged).toEqual([]);
});

test('[S50] a window that says nothing keeps no agent from its start, and the log tells no secret', async () => {
  const window = attach(() => ({ kind: 'values', values: { A_KEY: SECRET } }));
  await secrets.of('mine');
  window.dispose();
  attach(() => undefined);
  const reading = secrets.of('mine');
  clock.advance(5000);
  expect(await reading).toEqual({ A_KEY: SECRET });
  expect(logged.join()).toContain('mine');
  expect(logged.join()).not.toContain(SECRET);
});

test('[acp 4.2.9] a person is asked in a window, for as long as they take', async () => {
  await expect(secrets.ask(agent, [value], never)).rejects.toMatchObject({ code: 'no window' });
  const window = attach(() => ({ kind: 'entered', entered: true }));
  expect(await secrets.ask(agent, [value], never)).toBe(true);
  expect(asked).toEqual([{ type: 'request', id: 1, request: { kind: 'secrets/ask', agent, values: [value] } }]);
  window.dispose();
  const silent = attach(() => undefined);
  const asking = secrets.ask(agent, [value], never);
  clock.advance(10_000_000);
  silent.dispose();
  await expect(asking).rejects.toMatchObject({ code: 'lost' });
});
