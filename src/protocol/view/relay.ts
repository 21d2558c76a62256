/** What a host says of its relay, as JSON: to windows that follow it, and in answers. */
import * as shape from './shape.ts';

const word = shape.text(512, 1);
const address = shape.text(8192, 1);
/** The most that a device may do. */
export const capability = shape.oneOf(['watch', 'answer', 'drive']);
/** What a person calls a device. */
export const deviceName = shape.text(64, 1);

const addresses = {
  /** Of the relay wire, `ws://…/acp`, and of the page, `http://…/app/`; `wss` and `https` with a certificate. */
  relay: address,
  app: address,
  /** SHA-256 of the certificate. */
  fingerprint: shape.optional(word),
};

const device = shape.open({
  id: word,
  name: deviceName,
  capability,
  /** Wall time, ms since 1970. */
  createdAt: shape.number,
  lastSeenAt: shape.number,
});

const listening = shape.open(addresses);

const state = shape.open({
  /** Absent: it does not listen. */
  listening: shape.optional(listening),
  /** How many clients and pages are connected. */
  sockets: shape.count,
  /** Ids of the devices that are connected, the owner's own among them. */
  connected: shape.list(word, 4096),
  /** Without the owner's own. */
  devices: shape.list(device, 4096),
});

/** `url` leads to the page and carries the code. */
const pairing = shape.open({ code: word, url: address, expiresAt: shape.number, fingerprint: shape.optional(word) });

const paired = shape.open({ device: shape.optional(device) });

export type RelayAddresses = shape.Meant<typeof listening>;
export type RelayState = shape.Meant<typeof state>;
export type PairedDevice = shape.Meant<typeof device>;
export type PairingOffer = shape.Meant<typeof pairing>;
/** How a pairing ended; without a device the code has died. */
export type Paired = shape.Meant<typeof paired>;

export const isRelayState = (value: unknown): value is RelayState => shape.fits(state, value);

/** Undefined: nothing that this version knows. */
const read =
  <T>(form: shape.Shape<T>) =>
  (text: string): T | undefined =>
    shape.readJson(form, text);

export const readAddresses = read(listening);
export const readRelayState = read(state);
export const readPairingOffer = read(pairing);
export const readPaired = read(paired);
export const readDevices = read(shape.list(device, 4096));
