import * as vscode from 'vscode';
import type { FarAddressOf } from '../../backends/environmentSettings.ts';
import { Disposables } from '../../base/disposable.ts';
import { Emitter, type Event } from '../../base/event.ts';
import { sentence, type Failure } from '../../base/failure.ts';
import type { LinkState } from '../../base/reconnecting.ts';
import { StreamList } from '../../machine/remote/streamList.ts';
import type { StreamServer } from '../../machine/remote/streamServer.ts';
import { type SessionWords, type StreamActivity, StreamSession } from '../../machine/remote/streamSession.ts';
import type { ListedStream } from '../../protocol/terminal/messages.ts';
import type { Core } from '../core.ts';
import type { FarConnection, FarParts, FarRow, FarTerminal, FarTerminalOptions } from './far.ts';
import { showFarTerminal } from './farTerminals.ts';

/** Until the panel has said how large it is. */
const SIZE = { columns: 80, rows: 24 };

type Session = Pick<ListedStream, 'id' | 'name'>;

/** The terminals of a server: those that are there stand in the list, and those that the person opened in the panel. */
export class FarStreams implements FarConnection {
  readonly address: FarAddressOf<'terminal'>;
  readonly #core: Core;
  readonly #parts: FarParts<'terminal'>;
  readonly #server: StreamServer;
  readonly #list: StreamList;
  readonly #open = new Set<StreamSession>();
  readonly #owned = new Disposables();
  readonly #changed: Emitter<void>;

  constructor(core: Core, parts: FarParts<'terminal'>, server: StreamServer) {
    this.#core = core;
    this.#parts = parts;
    this.#server = server;
    this.address = parts.address;
    const { clock, log } = parts;
    this.#changed = this.#owned.add(
      new Emitter<void>((failure) => log.error(`Terminals are not shown: ${sentence(failure)}`)),
    );
    this.#list = new StreamList({ server, clock, log, changed: () => this.#listed() });
  }

  get onChanged(): Event<void> {
    return this.#changed.event;
  }

  get state(): LinkState {
    return this.#list.state;
  }

  get trouble(): Failure | undefined {
    return this.#list.trouble;
  }

  get detail(): undefined {
    return undefined;
  }

  get rows(): readonly FarRow[] {
    return this.#list.listed.map((session) => this.#row(session));
  }

  reach(signal: AbortSignal): Promise<void> {
    return this.#list.reach(signal);
  }

  retry(): void {
    this.#list.retry();
    for (const session of this.#open) session.retry();
  }

  /** A new one; what is to run is typed into it. */
  async terminal({ columns, rows, line }: FarTerminalOptions, signal: AbortSignal): Promise<FarTerminal> {
    const made = await this.#server.make({ cols: columns, rows }, signal);
    this.#list.look();
    const session = this.#attach(made, { columns, rows });
    if (line !== undefined) await typeInto(session, line, signal);
    return this.#shown(made, session);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#owned.dispose();
    await Promise.all([this.#list, ...this.#open].map((each) => each[Symbol.asyncDispose]()));
  }

  #listed(): void {
    this.#changed.fire();
    if (this.state !== 'connected') return;
    // It lets us in again: those that it did not let in try no more by themselves.
    for (const session of this.#open)
      if (session.state === 'refused') session.reach(this.#core.signal).catch(() => undefined);
  }

  #row(session: ListedStream): FarRow {
    const { id, name, description } = session;
    const activity = this.#activityOf(session);
    const detail = [wordsOf(activity), description].filter((words) => words !== '').join(' · ');
    return {
      id,
      label: name,
      ...(detail === '' ? {} : { detail }),
      icon: ICONS[activity.value] ?? 'terminal',
      open: () => this.#show(session),
      end: {
        question: vscode.l10n.t(
          'End the terminal “{0}”? What runs in it ends as well, and what it said is deleted.',
          name,
        ),
        run: async (signal) => {
          await this.#server.remove(id, signal);
          this.#list.look();
        },
      },
    };
  }

  /** Who is connected to it knows it sooner than the list. */
  #activityOf({ id, state }: ListedStream): StreamActivity {
    for (const open of this.#open) if (open.id === id && open.activity !== undefined) return open.activity;
    return { value: state };
  }

  #show(session: Session): Promise<void> {
    if (!this.#core.terminals.reveal(this.#ownerOf(session)))
      showFarTerminal(this.#core, this.#shown(session, this.#attach(session, SIZE)));
    return Promise.resolve();
  }

  #attach(session: Session, size: typeof SIZE): StreamSession {
    const { clock, log } = this.#parts;
    const open = new StreamSession({ server: this.#server, session, size, clock, log, words: sessionWords() });
    this.#open.add(open);
    open.onChanged(() => {
      // Whether that is so of all of it shows at once, and not at the next beat.
      if (open.state === 'reconnecting' && !open.isOver) this.#list.look();
      this.#changed.fire();
    });
    void open.exited.then(() => {
      this.#open.delete(open);
      if (!this.#owned.ended) this.#list.look();
    });
    return open;
  }

  #shown(session: Session, open: StreamSession): FarTerminal {
    const name = (): string => nameOf(`${session.name} · ${this.address.label}`, open);
    const onName: Event<string> = (listener) => open.onChanged(() => listener(name()));
    return { name: name(), onName, terminal: open, outlives: true, owner: this.#ownerOf(session) };
  }

  #ownerOf({ id }: Session): NonNullable<FarTerminal['owner']> {
    return { session: `terminals of ${this.address.id}`, terminal: id };
  }
}

/** It is left again where it cannot be reached. @throws Failure why */
const typeInto = async (session: StreamSession, line: string, signal: AbortSignal): Promise<void> => {
  try {
    await session.reach(signal);
  } catch (failure) {
    await session[Symbol.asyncDispose]();
    throw failure;
  }
  session.write(`${line}\r`);
};

const ICONS: Readonly<Record<string, string>> = {
  thinking: 'loading~spin',
  tool: 'tools',
  'awaiting-input': 'bell',
};

/** What it is called with what it does, or with why nothing of that is seen. */
const nameOf = (name: string, session: StreamSession): string => {
  const words = session.isOver ? '' : lookOf(session);
  return words === '' ? name : `${name} · ${words}`;
};

const lookOf = ({ state, activity }: StreamSession): string => {
  switch (state) {
    case 'connected':
      return wordsOf(activity);
    case 'refused':
      return vscode.l10n.t('not let in');
    case 'reconnecting':
      return vscode.l10n.t('reconnecting');
    case 'connecting':
      return '';
  }
};

const wordsOf = (activity: StreamActivity | undefined): string => {
  switch (activity?.value) {
    case 'thinking':
      return vscode.l10n.t('thinking');
    case 'tool':
      return activity.tool === undefined ? vscode.l10n.t('uses a tool') : vscode.l10n.t('uses {0}', activity.tool);
    case 'awaiting-input':
      return vscode.l10n.t('waits for you');
    default:
      return '';
  }
};

const sessionWords = (): SessionWords => ({
  missing: vscode.l10n.t('Connected again; of what was written meanwhile, some may be missing here'),
  left: vscode.l10n.t('It goes on there, and is not shown here any more'),
  lost: (why) =>
    why === ''
      ? vscode.l10n.t('What was typed did not arrive')
      : vscode.l10n.t('What was typed did not arrive: {0}', why),
});
