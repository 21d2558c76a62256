/** Terminals of this machine for the person's other machines: the wire `terminal` of a host. */
import { join } from 'node:path';
import { DiskWorkspace } from '../machine/diskWorkspace.ts';
import { OwnFolders } from '../machine/ownFolders.ts';
import { streamEndpoint } from '../machine/stream/endpoint.ts';
import { NewStreams } from '../machine/stream/newStream.ts';
import { Streams } from '../machine/stream/streams.ts';
import type { HostWire, HostWireParts } from './endpoints.ts';

export const openTerminalWire = async (parts: HostWireParts): Promise<HostWire> => {
  const { state, own, roots, environment, config, clock, log } = parts;
  const folder = join(state, 'terminals');
  const streams = await Streams.open({ folder, environment, clock, log });
  const disk = new DiskWorkspace(() => roots);
  const place = new OwnFolders(own).place((path, signal) => disk.place(path, signal));
  const making = new NewStreams({ roots, place, shell: process.platform === 'win32' ? 'windows' : 'posix' });
  return {
    name: 'terminal',
    scheme: 'http',
    endpoint: streamEndpoint({ streams, making, open: config.relay?.terminals === true, folder, clock }),
    get isWorking() {
      return streams.isRunning;
    },
    onChanged: streams.onChanged,
    [Symbol.asyncDispose]: () => streams[Symbol.asyncDispose](),
  };
};
