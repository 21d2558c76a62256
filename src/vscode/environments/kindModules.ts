import type { FarKind } from '../../backends/environmentSettings.ts';
import * as acp from './acp.ts';
import * as environment from './execution.ts';
import type { FarKindModule } from './far.ts';
import * as flamecast from './flamecast.ts';
import * as gateway from './gateway.ts';
import * as relay from './relay.ts';
import * as terminal from './terminal.ts';

/** The code of every kind, loaded as one with the first that is wanted: apart, each would bring what they have in common. */
export const KINDS: { readonly [Kind in FarKind]: FarKindModule<Kind> } = {
  acp,
  environment,
  flamecast,
  gateway,
  relay,
  terminal,
};
