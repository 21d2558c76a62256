import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copySample } from '../tools/sample.ts';
import { Sshd } from '../tools/sshd.ts';
import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { survivalTime, survives } from './survives.ts';
import { endHost, pidIn } from './hostProcess.ts';
import { darkAndLight, photograph } from './photograph.ts';
import { extensionFolder } from './server.ts';
import { openStage, photographFailures, type Stage } from './stage.ts';
import { Valve } from '../fakes/valve.ts';
import type { Workbench } from './workbench.ts';

/** With LONG=1 the same as for a host of this machine; without a screen all of it is gone through each time (`test/faults/hostLong.test.ts`). */
const HARDSHIP = process.env['LONG'] === '1' ? { lines: 5000, cut: 10_000 } : { lines: 250, cut: 1000 };

describe('another machine, through ssh', () => {
  let server: string;
  let project: string;
  let sshd: Sshd;
  let stage: Stage;
  let chat: Chat;
  let workbench: Workbench;
  let valve: Valve;
  photographFailures(() => workbench);
  const state = (): string => join(server, 'state');

  beforeAll(async () => {
    server = await mkdtemp(join(tmpdir(), 'wheelhouse-server-'));
    sshd = await Sshd.start(join(server, 'sshd'));
    valve = await Valve.make();
    await valve.pace(800);
    const config = join(server, 'config.json');
    await writeFile(config, JSON.stringify({ agents: { valve: valve.agent('Valve') }, defaultAgent: 'valve' }));
    stage = await openStage();
    ({ chat, workbench } = stage);
    const dist = join(await extensionFolder(workbench.server), 'dist');
    const program = join(dist, 'host.js');
    project = await copySample(join(server, 'project'));
    const reached = { kind: 'ssh', destination: sshd.destination, options: sshd.options };
    await workbench.writeSettings({
      'wheelhouse.environments': {
        box: {
          ...reached,
          name: 'The Server',
          folder: server,
          host: [process.execPath, program, 'view', '--state', state(), '--config', config, '--root', server],
        },
        shell: { ...reached, name: 'The Shell', folder: project },
      },
      'wheelhouse.agents': {
        there: {
          name: 'Demo',
          command: process.execPath,
          args: [join(dist, 'demoAgent.js')],
          environment: 'shell',
        },
      },
    });
    await workbench.openChat();
  });

  afterAll(async () => {
    const host = await pidIn(state()).catch(() => undefined);
    const left = await stage.close();
    if (host !== undefined) await endHost(host);
    await sshd[Symbol.asyncDispose]();
    await valve.dispose();
    await rm(server, { recursive: true, force: true });
    expect(left).toEqual([]);
  });

  test(
    '[screen] [I1] [I4] over ssh: one reload, a time without a network, an extension host and a viewer that are killed: a fresh window has each line once (ssh-host-THEME-300.png)',
    async () => {
      await survives(stage, HARDSHIP, {
        begin: async (prompt) => {
          await chat.newSession('The Server');
          await chat.ask(prompt);
        },
        arrive: (window) => window.runCommand('Wheelhouse: Connect Environment…'),
        hold: (line) => valve.hold(`chunk-${line}`),
        release: (line) => valve.release(`chunk-${line}`),
      });
      await chat
        .session(/\/long/u)
        .filter({ hasText: 'The Server' })
        .waitFor();
      expect(await photograph(workbench, 'ssh-host', darkAndLight)).toEqual([]);
    },
    survivalTime,
  );

  test('[screen] [acp 1] an agent there: its card says where, its edit and its command are done there, and nothing here (ssh-agent-THEME-300.png)', async () => {
    await chat.newSession('This machine', 'Demo · The Shell');
    const here = await readFile(join(stage.folder, 'README.md'), 'utf8');
    await chat.ask('/edit');
    await chat.permission('Edit README.md').getByText('On The Shell').waitFor();
    expect(await photograph(workbench, 'ssh-agent', darkAndLight)).toEqual([]);
    await chat.choose('Allow', 'Edit README.md');
    await chat.becomes('Ready');
    const edited = 'Edited with the demo agent';
    expect(await readFile(join(project, 'README.md'), 'utf8')).toContain(edited);
    expect(await readFile(join(stage.folder, 'README.md'), 'utf8')).toBe(here);
    await chat.ask('/run');
    await chat.choose('Allow');
    await chat.becomes('Ready');
    await chat.button('Show terminal').first().click();
    await until('the output', async () => (await workbench.terminalText()).includes('step 4 of 4'));
  });
});
