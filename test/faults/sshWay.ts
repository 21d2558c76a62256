import process from 'node:process';
import { quoted } from '../../src/machine/remote/farShell.ts';
import type { Sshd } from '../tools/sshd.ts';
import type { HostWorld } from './hostWorld.ts';

/** A program that reaches the host of a world by ssh, and starts it there; `port`: past something that stands between. */
export const sshTo = (
  world: HostWorld,
  sshd: Sshd,
  { port, config }: { readonly port?: number; readonly config?: string } = {},
): readonly string[] => {
  const more = config === undefined ? [] : ['--config', config];
  const far = [
    process.execPath,
    world.program('host.js'),
    'view',
    '--state',
    world.state,
    '--root',
    world.root,
    ...more,
  ];
  const between = port === undefined ? [] : ['-p', String(port), '-o', `HostKeyAlias=[127.0.0.1]:${sshd.port}`];
  const line = far.map(quoted).join(' ');
  return ['ssh', ...sshd.options, ...between, '-T', '-o', 'BatchMode=yes', sshd.destination, line];
};
