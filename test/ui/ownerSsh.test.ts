import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Sshd } from '../tools/sshd.ts';
import type { Chat } from './chat.ts';
import { fiveThousand, fiveThousandTime } from './fiveThousand.ts';
import { endHost, pidIn } from './hostProcess.ts';
import { darkAndLight, photograph } from './photograph.ts';
import { extensionFolder } from './server.ts';
import { openStage, photographFailures, type Stage } from './stage.ts';
import { Valve } from './valve.ts';
import type { Workbench } from './workbench.ts';

describe('a background host on a server', () => {
  let server: string;
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
    const program = join(await extensionFolder(workbench.server), 'dist', 'host.js');
    await workbench.writeSettings({
      'wheelhouse.environments': {
        box: {
          kind: 'ssh',
          name: 'The Server',
          destination: sshd.destination,
          options: sshd.options,
          folder: server,
          host: [process.execPath, program, 'view', '--state', state(), '--config', config, '--root', server],
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
    '[screen] [I1] [I4] over ssh: one reload, ten seconds without a network, an extension host and a viewer that are killed: a fresh window has each of 5,000 lines once (ssh-host-THEME-300.png)',
    async () => {
      await fiveThousand(stage, {
        begin: async (prompt) => {
          await workbench.runCommand('Wheelhouse: New Session');
          await workbench.pick('The Server');
          await chat.becomes('Ready');
          await chat.ask(prompt);
        },
        arrive: (window) => window.runCommand('Wheelhouse: Connect Environment…'),
        hold: (line) => valve.hold(`chunk-${line}`),
        release: (line) => valve.release(`chunk-${line}`),
      });
      await chat
        .session(/\/long 5000/u)
        .filter({ hasText: 'The Server' })
        .waitFor();
      expect(await photograph(workbench, 'ssh-host', darkAndLight)).toEqual([]);
    },
    fiveThousandTime,
  );
});
