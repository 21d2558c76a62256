import type { PairedDevice } from '../protocol/view/relay.ts';
import { capabilitiesOf } from '../relay/device.ts';
import type { HostStatus } from './ask.ts';
import { WANTS } from './pair.ts';

const dateOf = (at: number): string => new Date(at).toISOString();

/** For a person, or as one line of JSON. */
export const showStatus = (status: HostStatus, json: boolean): string => {
  if (json) return JSON.stringify(status);
  const { pid, version, startedAt, sessions, devices, app } = status;
  const relay =
    app === undefined ? 'It does not listen for devices.' : `Devices: ${devices}; the page for them is ${app}`;
  const titles = sessions.map(
    ({ title, state, agentLabel, cwd }) => `${state}  ${title === '' ? 'New session' : title}  ${agentLabel}  ${cwd}`,
  );
  return [`Wheelhouse ${version}, process ${pid}, since ${dateOf(startedAt)}`, relay, ...titles].join('\n');
};

/** The same. */
export const showDevices = (devices: readonly PairedDevice[], json: boolean): string => {
  if (json)
    return JSON.stringify(
      devices.map(({ capability, ...device }) => ({ ...device, capabilities: capabilitiesOf(capability) })),
    );
  if (devices.length === 0) return 'No device has joined. “wheelhouse-host pair” lets one in.';
  return devices
    .map(
      ({ id, name, capability, createdAt, lastSeenAt }) =>
        `${id}  ${name}  may ${WANTS[capability]}; joined ${dateOf(createdAt)}, last seen ${dateOf(lastSeenAt)}`,
    )
    .join('\n');
};
