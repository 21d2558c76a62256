import assert from 'node:assert/strict';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { Failure } from '../../../src/base/failure.ts';
import { silent } from '../../../src/base/log.ts';
import { tryAgent } from '../../../src/backends/acp/trial.ts';
import { systemClock } from '../../../src/machine/clock.ts';
import { findProgram, localEnvironment } from '../../../src/machine/local.ts';
import type { Workspace } from '../../../src/router/ports.ts';
import { addAgent, type AddingParts, type AddingUi } from '../../../src/vscode/adding/addAgent.ts';
import { RegistrySource } from '../../../src/vscode/adding/registrySource.ts';
import {
  readAgents,
  readDefaultAgent,
  removeAgentEntry,
  writeAgent,
  writeDefaultAgent,
} from '../../../src/vscode/settings.ts';
import { tarGz } from '../../fakes/archives.ts';
import { sha256, startRegistry, type FakeRegistry } from '../../fakes/registry.ts';
import { until } from '../../tools/until.ts';
import { folder } from '../workspaceFolder.ts';

// The bundle of the suites lies in out/host-tests.
const FAKE = join(__dirname, '..', '..', 'test', 'fakes', 'agent.ts');
const never = new AbortController().signal;

const refuse = async (): Promise<never> => {
  throw new Failure('invalid', 'A test start opens no session and reads no file.');
};
const workspace: Workspace = { roots: () => [folder()], place: refuse, readText: refuse, writeText: refuse };

/** The person agrees to all of it. */
const agreeing: AddingUi = {
  choose: refuse,
  askCommand: refuse,
  consent: async () => true,
  progress: async (_, run) => await run(() => undefined, never),
  found: async () => 'default',
  failed: async () => false,
  trouble: refuse,
  updated: refuse,
};

suite('adding an agent', () => {
  let storage = '';
  let server: FakeRegistry;

  suiteSetup(async () => {
    storage = await mkdtemp(join(tmpdir(), 'wheelhouse-adding-'));
    server = await startRegistry();
    const archive = tarGz({
      name: 'bin/agent',
      text: `#!/bin/sh\nexec '${process.execPath}' '${FAKE}' "$@"\n`,
      mode: 0o755,
    });
    const binary = { archive: server.serve('/a.tgz', archive), cmd: './bin/agent', sha256: sha256(archive) };
    const distribution = { binary: { 'linux-x86_64': binary } };
    server.setAgents([
      { id: 'stranger', name: 'Stranger', version: '1.2.3', description: 'Nobody knows it.', distribution },
    ]);
  });
  suiteTeardown(async () => {
    await removeAgentEntry('stranger');
    await server[Symbol.asyncDispose]();
    await rm(storage, { recursive: true, force: true });
  });

  test('[demand 10] one of the registry, of which no line here knows the name, works in a session', async () => {
    const environment = localEnvironment({
      label: 'here',
      env: process.env,
      clock: systemClock,
      log: silent,
      forbiddenRoots: () => [folder()],
    });
    const source = { clock: systemClock, fetch: globalThis.fetch, address: server.index };
    const registry = new RegistrySource({ ...source, folder: join(storage, 'registry') });
    const parts: AddingParts = {
      ...source,
      ui: agreeing,
      registry,
      storage,
      platform: process.platform,
      machine: 'linux-x86_64',
      agents: () => readAgents().agents,
      find: (command) => findProgram(command, process.env, [folder()]).catch(() => undefined),
      start: async (definition, watch, signal) => {
        const permissions = { decide: () => ({ decision: 'ask' }) as const };
        const context = { emit: () => undefined, clock: systemClock, log: silent, workspace, permissions, environment };
        return await tryAgent(definition, context, watch, signal);
      },
      write: writeAgent,
      writeDefault: writeDefaultAgent,
    };
    try {
      await registry.lookUp(never);
      assert.equal(await addAgent(parts, { registry: 'stranger' }), 'stranger');
    } finally {
      environment.dispose();
    }
    await until('the setting', () => readDefaultAgent() === 'stranger');
    const [agent] = readAgents().agents;
    assert.deepEqual(agent?.registry, { id: 'stranger', version: '1.2.3' });
    await access(agent.command);

    const session = await until('a session', async () =>
      vscode.commands.executeCommand<string>('wheelhouse.newSession', { agent: 'stranger', cwd: folder() }),
    );
    const end = await vscode.commands.executeCommand('wheelhouse.prompt', { session, text: 'hello' });
    assert.deepEqual(end, { stopReason: 'end_turn' });
    await vscode.commands.executeCommand('wheelhouse.deleteSession', session);
  });

  test('[S52] what is not plain, or is not there, is told in words before anything is asked or run', async () => {
    const adding = (command: string): Thenable<unknown> =>
      vscode.commands.executeCommand('wheelhouse.addAgent', { command });
    await assert.rejects(async () => await adding('agent && other'), /not one plain command/u);
    await assert.rejects(async () => await adding('no-such-program-anywhere --acp'), /not on PATH/u);
    await assert.rejects(
      async () => await vscode.commands.executeCommand('wheelhouse.removeAgent', 'demo'),
      /part of the extension/u,
    );
    await assert.rejects(
      async () => await vscode.commands.executeCommand('wheelhouse.updateAgent', 'nobody'),
      /no such agent/u,
    );
  });
});
