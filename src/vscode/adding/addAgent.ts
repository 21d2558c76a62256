import { Failure } from '../../base/failure.ts';
import type { AgentDefinition } from '../../backends/agent.ts';
import type { TrialWatch } from '../../backends/acp/trial.ts';
import type { DownloadParts } from '../../machine/download.ts';
import type { AgentIntro } from '../../protocol/acp/agent.ts';
import type { RegistryEntry } from '../../protocol/registry/entry.ts';
import type { Host, Runner } from '../../protocol/registry/launch.ts';
import { isNewer } from '../../protocol/registry/version.ts';
import { install, type InstallStep } from './install.ts';
import { KNOWN_COMMANDS } from './knownCommands.ts';
import { definitionOf, freeId, fromKnown, fromLine, fromRegistry, settingOf, type Proposal } from './proposal.ts';
import type { KnownRegistry } from './registrySource.ts';
import { removeUnpacked } from './removeAgent.ts';

/** One of the ways that the person can go from the list. */
export type Offer =
  | { readonly kind: 'found'; readonly proposal: Proposal }
  | { readonly kind: 'entry'; readonly entry: RegistryEntry; readonly added: boolean }
  | { readonly kind: 'update'; readonly entry: RegistryEntry; readonly agent: AgentDefinition }
  | { readonly kind: 'lookUp' }
  | { readonly kind: 'command' };

/** Where a test start stands. */
export type Step =
  | InstallStep
  | { readonly step: 'starting' | 'initializing' }
  | { readonly step: 'said'; readonly line: string };

/** What the person is asked and shown. Undefined or false: they thought better of it. */
export interface AddingUi {
  choose(offers: readonly Offer[], known: KnownRegistry): Promise<Offer | undefined>;
  askCommand(check: (line: string) => string | undefined): Promise<string | undefined>;
  /** All of what will be fetched and run. Nothing of it happens before this is agreed to. */
  consent(proposal: Proposal, replaced: AgentDefinition | undefined): Promise<boolean>;
  /** Runs while it shows how far it is; the signal is aborted when the person wants no more of it. */
  progress<T>(
    what: string | undefined,
    run: (told: (step: Step) => void, signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
  /** It answered. */
  found(proposal: Proposal, intro: AgentIntro): Promise<'default' | 'add' | undefined>;
  /** It did not. True: it is added all the same. */
  failed(proposal: Proposal, failure: unknown): Promise<boolean>;
  /** The registry could not be looked up; the list stays as it was. */
  trouble(failure: unknown): Promise<void>;
  /** The new version answered, and the agent has it from its next start. */
  updated(agent: AgentDefinition, proposal: Proposal): Promise<void>;
}

export interface AddingParts extends DownloadParts {
  readonly ui: AddingUi;
  readonly registry: { known(): Promise<KnownRegistry>; lookUp(signal: AbortSignal): Promise<KnownRegistry> };
  /** Absolute folder of this machine that all windows share. */
  readonly storage: string;
  readonly platform: NodeJS.Platform;
  /** What the registry calls this machine. */
  readonly machine: string | undefined;
  /** Those of the settings, and the one that is built in. */
  agents(): readonly AgentDefinition[];
  /** The absolute path of a program that is outside of the workspace; undefined: there is none. */
  find(command: string): Promise<string | undefined>;
  start(definition: AgentDefinition, watch: TrialWatch, signal: AbortSignal): Promise<AgentIntro>;
  /** Writes the fields of one agent over those that stand in the person's settings. */
  write(id: string, setting: Readonly<Record<string, unknown>>): Promise<void>;
  writeDefault(id: string): Promise<void>;
}

/** What a caller has chosen already; consent is asked for all the same. */
export interface Wanted {
  /** The id of an entry of the registry. */
  readonly registry?: string;
  /** One plain command. */
  readonly command?: string;
}

/** @returns the id under which it stands in the settings; undefined: the person thought better of it */
export const addAgent = async (parts: AddingParts, wanted: Wanted = {}): Promise<string | undefined> => {
  const chosen = await chooseProposal(parts, wanted);
  if (chosen === undefined) return undefined;
  if ('agent' in chosen) return await updateTo(parts, chosen.agent, chosen.entry);
  const proposal = { ...chosen.proposal, ...(await locate(parts, chosen.proposal)) };
  if (!(await parts.ui.consent(proposal, undefined))) return undefined;
  const answer = await tryOut(parts, proposal, async (intro) =>
    intro instanceof Error
      ? (await parts.ui.failed(proposal, intro))
        ? 'add'
        : undefined
      : parts.ui.found(proposal, intro),
  );
  if (answer === undefined) return undefined;
  const id = freeId(proposal.id, new Set(parts.agents().map((agent) => agent.id)));
  await parts.write(id, settingOf(proposal));
  if (answer === 'default') await parts.writeDefault(id);
  return id;
};

/** Agents of the registry for which the index, as it is known, has a later version than the settings. */
export const updates = (
  agents: readonly AgentDefinition[],
  { registry }: KnownRegistry,
): readonly { readonly agent: AgentDefinition; readonly entry: RegistryEntry }[] =>
  agents.flatMap((agent) => {
    const entry = registry.entries.find(({ id }) => id === agent.registry?.id);
    return entry !== undefined && agent.registry !== undefined && isNewer(entry.version, agent.registry.version)
      ? [{ agent, entry }]
      : [];
  });

/**
 * Takes an agent to the version of the entry: the same consent and the same test start, and where it does not answer,
 * the old one stays. What the person wrote beside the command stays in any case.
 * @returns its id; undefined: the person thought better of it
 */
export const updateTo = async (
  parts: AddingParts,
  agent: AgentDefinition,
  entry: RegistryEntry,
): Promise<string | undefined> => {
  const fresh = fromRegistry(entry, await hostOf(parts), parts.storage, parts.clock.id().slice(0, 8));
  const env = { ...fresh.env, ...agent.env };
  const proposal = { ...fresh, id: agent.id, name: agent.label, env, ...(await locate(parts, fresh)) };
  if (!(await parts.ui.consent(proposal, agent))) return undefined;
  const good = await tryOut(parts, proposal, async (intro) => {
    if (intro instanceof Error) throw intro;
    return true;
  });
  if (good !== true) return undefined;
  const { command, args, registry } = proposal;
  await parts.write(agent.id, { command, args, registry, env });
  await parts.ui.updated(agent, proposal);
  // The one before may still be running somewhere; what came before that one is not.
  await removeUnpacked(entry.id, [...parts.agents(), agent, definitionOf(proposal)], parts.storage);
  return agent.id;
};

type Chosen = { readonly proposal: Proposal } | { readonly agent: AgentDefinition; readonly entry: RegistryEntry };

const chooseProposal = async (parts: AddingParts, wanted: Wanted): Promise<Chosen | undefined> => {
  const { ui, registry } = parts;
  if (wanted.command !== undefined) return { proposal: fromLine(wanted.command, parts.platform) };
  let known = await registry.known();
  if (wanted.registry !== undefined) {
    const entry = known.registry.entries.find(({ id }) => id === wanted.registry);
    if (entry !== undefined) return { proposal: await fromEntry(parts, entry) };
    throw new Failure('unknown', `The registry, as it was last looked up, has no agent “${wanted.registry}”.`);
  }
  const found = await onPath(parts);
  for (;;) {
    const offer = await ui.choose(offersOf(found, parts.agents(), known), known);
    switch (offer?.kind) {
      case undefined:
        return undefined;
      case 'found':
        return offer;
      case 'update':
        return offer;
      case 'entry':
        return { proposal: await fromEntry(parts, offer.entry) };
      case 'command': {
        const line = await ui.askCommand((text) => problemOf(text, parts.platform));
        return line === undefined ? undefined : { proposal: fromLine(line, parts.platform) };
      }
      case 'lookUp':
        known = await ui
          .progress(undefined, (_, signal) => registry.lookUp(signal))
          .catch(async (failure: unknown) => {
            await ui.trouble(failure);
            return known;
          });
    }
  }
};

const problemOf = (line: string, platform: NodeJS.Platform): string | undefined => {
  try {
    fromLine(line, platform);
    return undefined;
  } catch (failure) {
    if (failure instanceof Failure) return `${failure.message} ${failure.next ?? ''}`.trim();
    throw failure;
  }
};

const offersOf = (
  found: readonly Proposal[],
  agents: readonly AgentDefinition[],
  known: KnownRegistry,
): readonly Offer[] => {
  const added = new Set(agents.flatMap(({ registry }) => registry?.id ?? []));
  return [
    ...updates(agents, known).map((update) => ({ kind: 'update', ...update }) as const),
    ...found.map((proposal) => ({ kind: 'found', proposal }) as const),
    { kind: 'lookUp' },
    ...known.registry.entries
      .toSorted((a, b) => a.name.localeCompare(b.name))
      .map((entry) => ({ kind: 'entry', entry, added: added.has(entry.id) }) as const),
    { kind: 'command' },
  ];
};

const onPath = async ({ find }: AddingParts): Promise<readonly Proposal[]> => {
  const looked = await Promise.all(
    KNOWN_COMMANDS.map(async (known) => {
      const found = await find(known.command);
      return found === undefined ? [] : [fromKnown(known, found)];
    }),
  );
  return looked.flat();
};

const fromEntry = async (parts: AddingParts, entry: RegistryEntry): Promise<Proposal> =>
  fromRegistry(entry, await hostOf(parts), parts.storage, parts.clock.id().slice(0, 8));

const hostOf = async ({ find, machine }: AddingParts): Promise<Host> => {
  const runners = (['npx', 'uvx'] as const).map(async (runner): Promise<readonly Runner[]> => {
    return (await find(runner)) === undefined ? [] : [runner];
  });
  return { platform: machine, runners: new Set((await Promise.all(runners)).flat()) };
};

/** Where the command lies that will run, for the person to see. */
const locate = async ({ find }: AddingParts, { command, found, fetched }: Proposal): Promise<{ found?: string }> => {
  if (found !== undefined || fetched?.kind === 'binary') return {};
  const path = await find(command);
  if (path !== undefined) return { found: path };
  throw new Failure('missing', `${command} is not on PATH, or only inside of the workspace.`, 'Install it first.');
};

/**
 * Installs and starts it, and asks what becomes of it. What was installed is taken away again where nothing does.
 * `decide` is told what the agent said of itself, or why it did not.
 */
const tryOut = async <T>(
  parts: AddingParts,
  proposal: Proposal,
  decide: (intro: AgentIntro | Error) => Promise<T | undefined>,
): Promise<T | undefined> => {
  let undo = async (): Promise<void> => undefined;
  let kept: T | undefined;
  try {
    const intro = await parts.ui.progress(proposal.name, async (told, signal) => {
      undo = await install(proposal, parts.storage, { ...parts, told }, signal);
      return await started(parts, proposal, told, signal);
    });
    kept = intro === undefined ? undefined : await decide(intro);
    return kept;
  } finally {
    if (kept === undefined) await undo();
  }
};

/** Undefined: the person wanted no more of it. */
const started = async (
  parts: AddingParts,
  proposal: Proposal,
  told: (step: Step) => void,
  signal: AbortSignal,
): Promise<AgentIntro | Error | undefined> => {
  const watch: TrialWatch = {
    reached: (stage) => {
      if (stage !== 'opening the session') told({ step: stage });
    },
    said: (line) => told({ step: 'said', line }),
  };
  try {
    return await parts.start(definitionOf(proposal), watch, signal);
  } catch (failure) {
    if (signal.aborted) return undefined;
    if (failure instanceof Error) return failure;
    throw failure;
  }
};
