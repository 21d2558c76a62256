import * as vscode from 'vscode';
import type { FarAddressOf } from '../../backends/environmentSettings.ts';
import { Disposables } from '../../base/disposable.ts';
import type { Connect } from '../../base/duplex.ts';
import { Emitter } from '../../base/event.ts';
import { Failure } from '../../base/failure.ts';
import { AgentAt } from '../../machine/remote/agentAt.ts';
import type { Session } from '../../model/session.ts';
import { summary } from '../../model/summary.ts';
import type { Core } from '../core.ts';
import type { NewSession } from '../coreParts.ts';
import type { FarConnection, FarParts, FarRow } from './far.ts';
import { sessionRow } from './sessionRow.ts';

/** One agent at an address. It is among the agents of this window, which has it connected for as long as this lives. */
export class FarAgent implements FarConnection {
  readonly address: FarAddressOf<'acp'>;
  readonly agent: NonNullable<FarConnection['agent']>;
  readonly #core: Core;
  readonly #at: AgentAt;
  readonly #owned = new Disposables();
  readonly #changed = this.#owned.add(new Emitter<void>());

  constructor(core: Core, { address, clock, log }: FarParts<'acp'>, connect: Connect<string>) {
    this.#core = core;
    this.address = address;
    const at = new AgentAt({
      label: address.label,
      connect,
      clock,
      log,
      start: (signal) => this.#start(signal),
      lost: () => this.#takeUp(),
      changed: () => {
        for (const session of this.#sessions()) this.#tell(session);
        this.#changed.fire();
      },
    });
    this.#at = at;
    this.agent = { spawn: (_, signal) => at.spawn(signal) };
    this.#owned.add(
      core.store.onAppended(({ key }) => {
        const session = core.store.get(key);
        if (session?.backend === address.id) this.#tell(session);
      }),
    );
    this.#owned.add(core.catalogue.onListed(() => this.#changed.fire()));
  }

  get onChanged(): FarConnection['onChanged'] {
    return this.#changed.event;
  }

  get state(): FarConnection['state'] {
    return this.#at.stopped ? 'gone' : this.#at.state;
  }

  get trouble(): Failure | undefined {
    return this.#at.trouble;
  }

  /** Who is there. */
  get detail(): string | undefined {
    const { intro } = this.#core.agents.figures(this.address.id) ?? {};
    const name = intro?.title ?? intro?.name;
    return name === undefined || this.state !== 'connected' ? undefined : [name, intro?.version].join(' ').trim();
  }

  get rows(): readonly FarRow[] {
    return this.#sessions().map((session) => sessionRow(summary(session)));
  }

  reach(signal: AbortSignal): Promise<void> {
    return this.#at.reach(signal);
  }

  retry(): void {
    this.#at.retry();
  }

  async start(options: { readonly cwd?: string }): Promise<NewSession> {
    const { id, folder } = this.address;
    return this.#core.begin({ agent: id, cwd: options.cwd ?? folder });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#owned.dispose();
    await this.#at[Symbol.asyncDispose]();
  }

  /** @throws Failure why the agent did not introduce itself */
  async #start(signal: AbortSignal): Promise<void> {
    const { agents } = this.#core;
    const { id } = this.address;
    // Another agent has the id, and this one is left out: that is told where the settings are read.
    if (agents.all.find((agent) => agent.id === id)?.address === undefined)
      throw new Failure(
        'taken',
        vscode.l10n.t('Another agent has the id “{0}” already.', id),
        vscode.l10n.t('Give this environment another one in your settings.'),
      );
    await agents.start(id, signal);
    this.#takeUp();
  }

  /** What lost only its connection is brought back without being asked for. */
  #takeUp(): void {
    void this.#core.router.resumeAll(this.address.id, this.#core.signal);
  }

  #sessions(): readonly Session[] {
    const { store } = this.#core;
    return store.all().filter(({ backend, key }) => backend === this.address.id && !store.isMirrored(key));
  }

  /** A session whose agent is waited for says why that takes its time. */
  #tell({ key, link }: Session): void {
    const { trouble, state } = this.#at;
    const waits = link.state === 'reconnecting' || (link.state === 'connecting' && link.detail === 'starting');
    if (state !== 'reconnecting' || trouble === undefined || !waits) return;
    const detail = [trouble.message, trouble.next].join(' ').trim();
    if (link.state === 'reconnecting' && link.detail === detail) return;
    this.#core.store.append(key, [{ event: { kind: 'link', link: { state: 'reconnecting', detail } } }]);
  }
}
