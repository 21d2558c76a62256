import { abuse } from './abuse.ts';
import type { Behaviour } from './behaviour.ts';
import { bytes } from './bytes.ts';
import { calls } from './calls.ts';
import { client } from './client.ts';
import { ends } from './ends.ts';
import { forms } from './forms.ts';
import { permissions } from './permissions.ts';
import { processes, settings } from './process.ts';
import { stream } from './stream.ts';
import { talk } from './talk.ts';

/** Everything that a prompt can ask for by name, and a switch for every prompt that asks for nothing. */
export const behaviours: readonly Behaviour[] = [
  ...stream,
  ...bytes,
  ...abuse,
  ...permissions,
  ...calls,
  ...talk,
  ...forms,
  ...client,
  ...processes,
  ...ends,
  ...settings,
];

export function find(name: string): Behaviour | undefined {
  return behaviours.find((behaviour) => behaviour.name === name);
}
