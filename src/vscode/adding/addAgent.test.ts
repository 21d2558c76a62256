import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { tarGz } from '../../../test/fakes/archives.ts';
import { sha256, startRegistry, type FakeRegistry } from '../../../test/fakes/registry.ts';
import { silent } from '../../base/log.ts';
import type { AgentDefinition } from '../../backends/agent.ts';
import { tryAgent } from '../../backends/acp/trial.ts';
import { scriptedWorld } from '../../backends/acp/testing.ts';
import { systemClock } from '../../machine/clock.ts';
import { findProgram, localEnvironment } from '../../machine/local.ts';
import { addAgent, type AddingParts, type AddingUi, type Offer, updates, updateTo } from './addAgent.ts';
import { parseAgents } from '../../backends/agentSettings.ts';
import type { Proposal } from './proposal.ts';
import { RegistrySource } from './registrySource.ts';

const FAKE = resolve('test/fakes/agent.ts');
const never = new AbortController().signal;
let folder: string;
let storage: string;
let server: FakeRegistry;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelhouse-adding-'));
  storage = join(folder, 'storage');
  server = await startRegistry();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const program = (line: string): Buffer => tarGz({ name: 'agent', text: `#!/bin/sh\n${line}\n`, mode: 0o755 });
const ANSWERS = `exec '${process.execPath}' '${FAKE}' "$@"`;

/** Publishes a version of an agent that is a program, and @returns the path of its archive. */
const publish = (version: string, line = ANSWERS, more: object = {}): string => {
  const archive = program(line);
  const path = `/agent-${version}.tgz`;
  const address = server.serve(path, archive);
  const binary = { archive: address, cmd: './agent', args: ['--auth'], sha256: sha256(archive), ...more };
  const entry = { id: 'some-agent', name: 'Some Agent', version, description: 'Does some.' };
  server.setAgents([{ ...entry, distribution: { binary: { 'linux-x86_64': binary } } }]);
  return path;
};

interface Stage {
  readonly parts: AddingParts;
  readonly consents: Proposal[];
  readonly settings: Record<string, Record<string, unknown>>;
  readonly told: string[];
  fallback?: string;
}

/** Everything real but the person, who chooses the first offer that fits, and agrees. */
const stage = (ui: Partial<AddingUi> & { readonly choice?: (offer: Offer) => boolean } = {}, path = ''): Stage => {
  const consents: Proposal[] = [];
  const settings: Record<string, Record<string, unknown>> = {};
  const told: string[] = [];
  const env = { PATH: `${path}:/usr/bin:/bin` };
  const forbidden = [join(folder, 'workspace')];
  const environment = localEnvironment({
    label: 'here',
    env,
    clock: systemClock,
    log: silent,
    forbiddenRoots: () => forbidden,
  });
  onTestFinished(() => environment.dispose());
  const { context } = scriptedWorld();
  const workspace = { ...context.workspace, roots: () => [folder] };
  const parts: AddingParts = {
    clock: systemClock,
    fetch,
    storage,
    platform: 'linux',
    machine: 'linux-x86_64',
    registry: new RegistrySource({
      clock: systemClock,
      fetch,
      folder: join(storage, 'registry'),
      address: server.index,
    }),
    agents: () => parseAgents(settings).agents,
    find: (command) => findProgram(command, env, forbidden).catch(() => undefined),
    start: (definition, watch, signal) =>
      tryAgent(definition, { ...context, clock: systemClock, workspace, environment }, watch, signal),
    write: async (id, fields) => {
      settings[id] = { ...settings[id], ...fields };
    },
    writeDefault: async (id) => {
      made.fallback = id;
    },
    ui: {
      choose: async (offers) => offers.find((offer) => ui.choice?.(offer)),
      askCommand: async () => undefined,
      consent: async (proposal) => consents.push(proposal) > 0,
      progress: async (_, run) => await run((step) => told.push(step.step), never),
      found: async () => 'default',
      failed: async () => false,
      trouble: async (failure) => void told.push(String(failure)),
      updated: async () => undefined,
      ...ui,
    },
  };
  const made: Stage = { parts, consents, settings, told };
  return made;
};

const unpacked = (): Promise<string[]> => readdir(join(storage, 'agents/some-agent')).catch(() => []);
/** Looks the registry up first, as the person does. */
const lookedUp = async (given: Stage): Promise<Stage> => {
  await given.parts.registry.lookUp(never);
  return given;
};
const wanted = { registry: 'some-agent' };

describe.skipIf(process.platform === 'win32')('adding an agent', () => {
  test('[demand 10] one of the registry is fetched, looked at, started and written down with its pinned version', async () => {
    publish('1.2.3');
    const seen: unknown[] = [];
    const { parts, settings, consents, told, ...rest } = await lookedUp(
      stage({ found: async (_, intro) => (seen.push(intro), 'add') }),
    );
    expect(await addAgent(parts, wanted)).toBe('some-agent');
    expect(seen).toMatchObject([{ title: 'Fake', version: '1.0.0', authMethods: [{ name: 'Log in' }], image: true }]);
    const [name = ''] = await unpacked();
    expect(name).toMatch(/^1\.2\.3-/u);
    expect(settings['some-agent']).toEqual({
      name: 'Some Agent',
      command: join(storage, 'agents/some-agent', name, 'agent'),
      args: ['--auth'],
      registry: { id: 'some-agent', version: '1.2.3' },
    });
    expect(parseAgents(settings).problems).toEqual([]);
    expect(consents).toMatchObject([{ fetched: { kind: 'binary', archive: `${server.address}/agent-1.2.3.tgz` } }]);
    expect(told).toEqual(expect.arrayContaining(['fetching', 'unpacking', 'initializing']));
    expect(rest.fallback).toBeUndefined();
  });

  test('[S52] nothing is fetched or run before the person agrees, and nothing at all without', async () => {
    const path = publish('1.2.3');
    let before: readonly string[] = [];
    const { parts, settings } = await lookedUp(
      stage({
        consent: async () => {
          before = [...server.asked];
          return false;
        },
      }),
    );
    expect(await addAgent(parts, wanted)).toBeUndefined();
    expect(before).toEqual(['/registry.json']);
    expect(server.asked).not.toContain(path);
    expect(settings).toEqual({});
    expect(await readdir(storage)).toEqual(['registry']);
  });

  test('[S52] the registry is fetched when it is asked for, and what it said is there without it', async () => {
    publish('1.2.3');
    const { parts } = stage();
    expect((await parts.registry.known()).fetchedAt).toBeUndefined();
    expect((await parts.registry.known()).registry).toMatchObject({ unreadable: 0 });
    expect((await parts.registry.known()).registry.entries.flatMap(({ refused }) => refused)).toEqual([]);
    expect((await parts.registry.known()).registry.entries.length).toBeGreaterThan(5);
    expect(server.asked).toEqual([]);
    await parts.registry.lookUp(never);
    await server[Symbol.asyncDispose]();
    const kept = await parts.registry.known();
    expect(kept.registry.entries.map(({ id }) => id)).toEqual(['some-agent']);
    expect(Date.now() - (kept.fetchedAt ?? 0)).toBeLessThan(60_000);
    const elsewhere = {
      clock: systemClock,
      fetch,
      folder: join(storage, 'registry'),
      address: 'https://mirror.invalid/',
    };
    expect((await new RegistrySource(elsewhere).known()).fetchedAt).toBeUndefined();
  });

  test('[demand 33] a registry that cannot be reached is told, and the list stays', async () => {
    server.serve('/registry.json', Buffer.from('<html>'));
    const shown: number[] = [];
    const { parts, told } = stage({
      choose: async (offers) =>
        shown.push(offers.length) === 1 ? offers.find(({ kind }) => kind === 'lookUp') : undefined,
    });
    expect(await addAgent(parts)).toBeUndefined();
    expect(told.join()).toMatch(/no registry/u);
    expect(shown[1]).toBe(shown[0]);
    expect(shown[0]).toBeGreaterThan(5);
  });

  test('[S52] what is not what the registry names is neither unpacked nor run', async () => {
    publish('1.2.3', `touch '${folder}/ran'`, { sha256: '0'.repeat(64) });
    const { parts, settings } = await lookedUp(stage());
    await expect(addAgent(parts, wanted)).rejects.toMatchObject({ code: 'checksum' });
    expect(await unpacked()).toEqual([]);
    expect(await readdir(folder)).not.toContain('ran');
    expect(settings).toEqual({});
  });

  test('[demand 10] a program that is no agent is told with what it said, and taken away again', async () => {
    publish('1.2.3', 'echo "no such model" >&2; exit 3');
    const failures: unknown[] = [];
    const { parts, settings } = await lookedUp(
      stage({ failed: async (_, failure) => (failures.push(failure), false) }),
    );
    expect(await addAgent(parts, wanted)).toBeUndefined();
    expect(String(failures[0])).toMatch(/exit code 3.*no such model/su);
    expect(settings).toEqual({});
    expect(await unpacked()).toEqual([]);

    const insists = await lookedUp(stage({ failed: async () => true }));
    expect(await addAgent(insists.parts, wanted)).toBe('some-agent');
    expect(await unpacked()).toHaveLength(1);
  });

  test('[demand 15] one that never answers is ended by the person, and nothing of it stays', async () => {
    publish('1.2.3', `echo $$ > '${folder}/pid'; echo waiting for ever >&2; exec sleep 600`);
    const control = new AbortController();
    const { parts } = await lookedUp(
      stage({
        progress: async (_, run) =>
          await run((step) => {
            if (step.step === 'said' && step.line === 'waiting for ever') control.abort(new Error('enough'));
          }, control.signal),
      }),
    );
    expect(await addAgent(parts, wanted)).toBeUndefined();
    expect(await unpacked()).toEqual([]);
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/u);
  });

  test('[S34] what is on PATH is offered, and never what lies in the workspace', async () => {
    const [good, bad] = [join(folder, 'bin'), join(folder, 'workspace')];
    for (const [where, name] of [
      [good, 'goose'],
      [bad, 'opencode'],
    ] as const) {
      await mkdir(where, { recursive: true });
      await writeFile(join(where, name), `#!/bin/sh\n${ANSWERS.replace(' "$@"', '')}\n`, { mode: 0o755 });
    }
    const kinds: string[] = [];
    const choice = (offer: Offer): boolean => {
      if (offer.kind === 'found') kinds.push(offer.proposal.command);
      return offer.kind === 'found' && offer.proposal.command === 'goose';
    };
    const { parts, settings, consents } = stage({ choice }, `${bad}:${good}`);
    expect(await addAgent(parts)).toBe('goose');
    expect(kinds).not.toContain('opencode');
    expect(consents).toMatchObject([{ found: join(good, 'goose') }]);
    expect(settings).toEqual({ goose: { name: 'goose', command: 'goose', args: ['acp'] } });
  });

  test('[S28] a command is one plain command, and gets an id that is free', async () => {
    const line = `${process.execPath} ${FAKE}`;
    const made = stage();
    for (const id of ['node', 'node-2']) expect(await addAgent(made.parts, { command: line })).toBe(id);
    expect(made.settings['node-2']).toEqual({ name: 'node', command: process.execPath, args: [FAKE] });
    expect(made.fallback).toBe('node-2');
    for (const bad of ['a && b', 'a | b', 'a; b', '$(a)', 'A=1 b', 'a > b', './a', '../a', ''])
      await expect(addAgent(made.parts, { command: bad }), bad).rejects.toMatchObject({ code: 'invalid' });
    await expect(addAgent(made.parts, { command: 'no-such-program-at-all' })).rejects.toMatchObject({
      code: 'missing',
    });
  });

  test('[S52] an update is offered when the registry has a later version, and made with the same consent', async () => {
    publish('1.2.3');
    const { parts, settings, consents } = await lookedUp(stage());
    await addAgent(parts, wanted);
    const agent = (): AgentDefinition => parseAgents(settings).agents[0] ?? expect.fail('no agent');
    expect(updates([agent()], await parts.registry.known())).toEqual([]);

    publish('1.10.0');
    const [update] = updates([agent()], await parts.registry.lookUp(never));
    settings['some-agent'] = { ...settings['some-agent'], name: 'Mine', env: { KEPT: null } };
    if (update === undefined) expect.fail('no update');
    expect(await updateTo(parts, agent(), update.entry)).toBe('some-agent');
    expect(consents.at(-1)).toMatchObject({ registry: { version: '1.10.0' }, env: { KEPT: null } });
    expect(agent()).toMatchObject({ label: 'Mine', env: { KEPT: null }, registry: { version: '1.10.0' } });
    expect(await unpacked()).toHaveLength(2);

    publish('1.11.0', 'exit 1');
    const [broken] = updates([agent()], await parts.registry.lookUp(never));
    if (broken === undefined) expect.fail('no update');
    const before = agent();
    await expect(updateTo(parts, agent(), broken.entry)).rejects.toThrow(/exit code 1/u);
    expect(agent()).toEqual(before);

    publish('1.12.0');
    const [next] = updates([agent()], await parts.registry.lookUp(never));
    if (next === undefined) expect.fail('no update');
    await updateTo(parts, agent(), next.entry);
    const versions = (await unpacked()).map((name) => name.split('-')[0]);
    expect(new Set(versions)).toEqual(new Set(['1.10.0', '1.12.0']));
  });
});
