import * as vscode from 'vscode';
import { commandsAtId } from '../../backends/commandsAt.ts';
import type { FarAddressOf } from '../../backends/environmentSettings.ts';
import { type Disposable, Disposables } from '../../base/disposable.ts';
import { Emitter } from '../../base/event.ts';
import { type Failure, sentence } from '../../base/failure.ts';
import type { LinkState } from '../../base/reconnecting.ts';
import { executionEnvironment } from '../../machine/remote/executionEnvironment.ts';
import type { ExecutionHost } from '../../machine/remote/executionHost.ts';
import { attachedTerminal, executionTerminal } from '../../machine/remote/executionTerminal.ts';
import type { ListedProcess } from '../../protocol/environment/messages.ts';
import { overheard } from '../../router/overheard.ts';
import type { Environment, Terminal } from '../../router/ports.ts';
import { typedLine } from '../../router/typedLine.ts';
import { chooseAgentOf, chooseFolder } from '../choices.ts';
import type { Core } from '../core.ts';
import type { NewSession } from '../coreParts.ts';
import { plainLine } from '../plainText.ts';
import { readDefaultAgent } from '../settings.ts';
import { requireTrust } from '../trust.ts';
import type { FarConnection, FarParts, FarRow, FarTerminal, FarTerminalOptions } from './far.ts';
import { showFarTerminal } from './farTerminals.ts';

/** Milliseconds between two looks at what runs there, while something does. */
const LOOK = 5000;

/** A host that runs commands: terminals of the person, and those of agents of this machine whose commands run there. */
export class FarExecution implements FarConnection {
  readonly address: FarAddressOf<'environment'>;
  readonly environment: Environment;
  readonly #core: Core;
  readonly #parts: FarParts<'environment'>;
  readonly #host: ExecutionHost;
  readonly #own = new Set<Terminal>();
  readonly #owned = new Disposables();
  readonly #changed: Emitter<void>;
  #processes: readonly ListedProcess[] = [];
  #look: Disposable | undefined;
  #over = false;

  constructor(core: Core, parts: FarParts<'environment'>, host: ExecutionHost) {
    this.#core = core;
    this.#parts = parts;
    this.#host = host;
    this.address = parts.address;
    this.#changed = this.#owned.add(
      new Emitter<void>((failure) => parts.log.error(`An environment is not shown: ${sentence(failure)}`)),
    );
    this.environment = this.#seen(
      executionEnvironment({
        host,
        ...this.#folder,
        folderOf: ({ owner, cwd }) => (owner && core.store.get(owner.session)?.cwd) ?? cwd,
      }),
    );
    this.#owned.add(host.onChanged(() => this.#changed.fire()));
    this.#owned.add(host.onLost(() => this.#lost()));
  }

  get onChanged(): FarConnection['onChanged'] {
    return this.#changed.event;
  }

  get state(): LinkState {
    return this.#host.state;
  }

  get trouble(): Failure | undefined {
    return this.#host.trouble;
  }

  get detail(): string | undefined {
    return this.#host.isOpening ? vscode.l10n.t('Waiting to be let in') : undefined;
  }

  get rows(): readonly FarRow[] {
    return this.#processes.map((process) => this.#row(process));
  }

  reach(signal: AbortSignal): Promise<void> {
    return this.#host.reach(signal);
  }

  retry(): void {
    this.#host.retry();
  }

  async terminal({ line }: FarTerminalOptions, signal: AbortSignal): Promise<FarTerminal> {
    const { folder, label } = this.address;
    const where = folder === undefined ? {} : { workdir: folder };
    const description = line ?? vscode.l10n.t('Shell');
    const asked = { description, ...where, ...(line === undefined ? {} : { line }) };
    const terminal = await executionTerminal(this.#host, asked, signal);
    this.#keep(terminal);
    const name = line === undefined ? label : `${line} · ${label}`;
    const { processId } = terminal;
    return { name, terminal, outlives: false, ...(processId === undefined ? {} : { owner: this.#ownerOf(processId) }) };
  }

  /** A session of an agent of this machine, whose commands run there. */
  async start(
    { agent, cwd }: { readonly agent?: string; readonly cwd?: string },
    _signal: AbortSignal,
  ): Promise<NewSession | undefined> {
    requireTrust();
    const here = this.#core.agents.all.filter(({ machine, address }) => machine === undefined && address === undefined);
    const id = agent ?? (await chooseAgentOf(here, readDefaultAgent()));
    const folder = id === undefined ? undefined : (cwd ?? (await chooseFolder(this.#core)));
    if (id === undefined || folder === undefined) return undefined;
    return this.#core.begin({ agent: commandsAtId(id, this.address.id), cwd: folder });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    this.#look?.dispose();
    await Promise.all([...this.#own].map((terminal) => terminal[Symbol.asyncDispose]()));
    await this.#host.close();
    this.#owned.dispose();
    await this.#host[Symbol.asyncDispose]();
  }

  get #folder(): { readonly folder?: string } {
    const { folder } = this.address;
    return folder === undefined ? {} : { folder };
  }

  /** Its terminals as the window's own, named by where they run. */
  #seen(environment: Environment): Environment {
    return {
      label: environment.label,
      spawn: (options, signal) => environment.spawn(options, signal),
      terminal: async (options, signal) => {
        requireTrust();
        const terminal = await environment.terminal(options, signal);
        this.#keep(terminal);
        const name = `${typedLine(options)} · ${this.address.label}`;
        const screen = this.#core.terminals.show({ ...options, name }, terminal);
        return overheard(terminal, (text) => screen.take(text));
      },
    };
  }

  #keep(terminal: Terminal): void {
    this.#own.add(terminal);
    this.#lookSoon();
    void terminal.exited.then(async () => {
      this.#own.delete(terminal);
      await terminal[Symbol.asyncDispose]();
      this.#lookSoon();
    });
  }

  #lost(): void {
    this.#processes = [];
    this.#changed.fire();
  }

  #lookSoon(): void {
    this.#lookAfter(0);
  }

  #lookAfter(milliseconds: number): void {
    this.#look?.dispose();
    if (this.#over) return;
    this.#look = this.#parts.clock.after(milliseconds, () => {
      this.#read().catch((failure: unknown) => this.#parts.log.debug(`What runs was not listed: ${sentence(failure)}`));
    });
  }

  async #read(): Promise<void> {
    if (!this.#host.hasSession) return;
    try {
      const { metadata } = await this.#host.process({ action: 'list' }, this.#host.signal);
      this.#processes = metadata.processes ?? [];
      this.#changed.fire();
    } finally {
      if (this.#own.size > 0 || this.#processes.some(({ status }) => status === 'running')) this.#lookAfter(LOOK);
    }
  }

  #row(process: ListedProcess): FarRow {
    const { processId, status, command, description, runtimeMs } = process;
    const name = plainLine(description === undefined || description === '' ? command : description, 60);
    const seconds = Math.round(runtimeMs / 1000);
    const isRunning = status === 'running';
    const end = {
      question: vscode.l10n.t('End “{0}” on {1}?', name, this.address.label),
      run: async (signal: AbortSignal) => {
        await this.#host.process({ action: 'kill', processId }, signal);
        this.#lookSoon();
      },
    };
    return {
      id: processId,
      label: name,
      detail: isRunning ? vscode.l10n.t('Running, {0} s', seconds) : statusWord(status),
      icon: 'terminal',
      open: async () => this.#open(process, name),
      ...(isRunning ? { end } : {}),
    };
  }

  #open(process: ListedProcess, name: string): void {
    const owner = this.#ownerOf(process.processId);
    if (this.#core.terminals.reveal(owner)) return;
    const terminal = attachedTerminal(this.#host, process);
    showFarTerminal(this.#core, { name: `${name} · ${this.address.label}`, terminal, outlives: true, owner });
  }

  #ownerOf(processId: string): NonNullable<FarTerminal['owner']> {
    return { session: this.address.id, terminal: processId };
  }
}

const statusWord = (status: Exclude<ListedProcess['status'], 'running'>): string => {
  switch (status) {
    case 'completed':
      return vscode.l10n.t('Completed');
    case 'failed':
      return vscode.l10n.t('Failed');
    case 'killed':
      return vscode.l10n.t('Ended');
  }
};
