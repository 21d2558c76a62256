import { readFile } from 'node:fs/promises';
import { test } from 'vitest';
import type { ExecutionHost } from '../../src/machine/remote/executionHost.ts';
import { never, ScriptedHost } from '../../src/machine/remote/executionTesting.ts';
import { Failure, sentence } from '../../src/base/failure.ts';
import type { BashPayload, ProcessPayload } from '../../src/protocol/environment/messages.ts';
import { agreed } from './agreed.ts';

type Json = Readonly<Record<string, unknown>>;

/** A line of a recorded conversation. What the client asked is what ours has to ask too. */
interface Line {
  readonly from: 'client' | 'host';
  readonly payload: Json;
}

const told = async (what: string, done: Promise<unknown>): Promise<string> => {
  try {
    const result = await done;
    return `${what}: ${JSON.stringify(result) ?? 'done'}`;
  } catch (failure) {
    const [code, next] = failure instanceof Failure ? [failure.code, failure.next] : ['', ''];
    return `${what}: ${code}: ${sentence(failure)} ${next ?? ''}`;
  }
};

/** What a person did, so that the client asked this. */
const act = (host: ExecutionHost, { tool, payload }: Json): Promise<unknown> => {
  if (tool === 'bash') return host.bash(payload as BashPayload, never);
  if (tool === 'process') return host.process(payload as ProcessPayload, never);
  return (payload as Json)['action'] === 'close' ? host.close() : host.open(never);
};

/** Plays the host's side of a recorded conversation, and tells what comes of it. */
const golden = async (name: string, hello?: Json): Promise<void> => {
  const data = await readFile(new URL(`./data/environment-${name}.ndjson`, import.meta.url), 'utf8');
  const lines = data
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const there = new ScriptedHost({ hello });
  const said: string[] = [];
  there.host.onLost(({ code, message }) => said.push(`lost: ${code}: ${message}`));
  await there.reach();
  const ids = new Map<unknown, unknown>();
  let acting: Promise<string> | undefined;
  for (const { from, payload } of lines) {
    if (from === 'host') {
      there.respond({ ...payload, requestID: ids.get(payload['requestID']) ?? payload['requestID'] });
      continue;
    }
    if (acting !== undefined && payload['goesOn'] !== true) said.push(await acting);
    const { requestID, goesOn, ...expected } = payload;
    // Some of what is done asks more than once.
    if (goesOn !== true)
      acting = told(`${String(expected['tool'])} ${String(expected['action'])}`, act(there.host, expected));
    const { requestID: ours, ...asked } = await there.asked();
    ids.set(requestID, ours);
    said.push(`> ${JSON.stringify(asked)}`);
  }
  if (acting !== undefined) said.push(await acting);
  await there[Symbol.asyncDispose]();
  await agreed(`environment-${name}`, `${[...said, '', ...there.logged].join('\n')}\n`);
};

const HELLO = {
  type: 'host.hello',
  envID: 'env_x',
  hostSessionID: 'run-1',
  capabilities: { platform: 'linux', arch: 'x64', runtime: 'node', defaultShell: 'sh', supportsSendKeys: true },
};

test('[environment 5] a host as known ones are: failures under other ids, a schema’s issues, busy with whose it is', () =>
  golden('known'));
test('[environment 11] a host of ours: everything under its id, each with a code of its own', () =>
  golden('ours', HELLO));
test('[environment 3] the older side: no sessions, and results without tool and action', () => golden('old'));
