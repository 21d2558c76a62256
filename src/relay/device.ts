/**
 * What a device may do: `watch` reads; `answer` answers questions as well; `drive` does everything. Source: the relay
 * protocol, §9, pairing.
 */
export type Capability = 'watch' | 'answer' | 'drive';

export const CAPABILITIES: readonly Capability[] = ['watch', 'answer', 'drive'];

/** A device of the person's, as whoever serves it knows it. Its token is known by its hash alone, elsewhere. */
export interface Device {
  readonly id: string;
  /** As the person confirmed it; plain text, 64 characters at most. */
  readonly name: string;
  /** The most that it may do. */
  readonly capability: Capability;
  /** The owner's own, whose token stands in a file of this machine or is this very window. */
  readonly owner?: true;
}

/** As the wire and the command line list it. */
export const capabilitiesOf = (capability: Capability): readonly Capability[] =>
  CAPABILITIES.slice(0, CAPABILITIES.indexOf(capability) + 1);
