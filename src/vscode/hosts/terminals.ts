import type { HostBackend } from '../../backends/host.ts';
import { type Disposable, Disposables } from '../../base/disposable.ts';
import type { SessionKey } from '../../model/session.ts';
import type { TerminalTold } from '../../protocol/view/terminal.ts';
import type { ExitStatus } from '../../router/ports.ts';
import type { AgentTerminals } from '../terminals.ts';
import type { Drawn, TerminalScreen } from '../terminalScreen.ts';

type Host = Pick<HostBackend, 'state' | 'onChanged' | 'onTerminal' | 'terminal' | 'do'>;

/** Where they are drawn. */
export interface Screens {
  show(
    options: Parameters<AgentTerminals['show']>[0],
    terminal: Drawn,
    outlives: boolean,
  ): Pick<TerminalScreen, 'take' | 'miss'>;
  reveal: AgentTerminals['reveal'];
}

interface Shown {
  readonly screen: ReturnType<Screens['show']>;
  /** The number of the unit that comes next. */
  at: number;
  end(status: ExitStatus): void;
}

/** How it ended nobody has told. */
const UNKNOWN: ExitStatus = { code: null, signal: null };

/** Draws the terminals of a host as those of this window are: T1 to T3 of the view protocol's terminals, from our side. */
export class HostTerminals implements Disposable {
  readonly #host: Host;
  readonly #screens: Screens;
  readonly #owned = new Disposables();
  /** Those that run, as far as is known. */
  readonly #shown = new Map<string, Shown>();
  #connected = false;
  #typed = 0;

  constructor(host: Host, screens: Screens) {
    this.#host = host;
    this.#screens = screens;
    this.#owned.add(host.onTerminal((told) => this.#receive(told)));
    this.#owned.add(host.onChanged(() => this.#follow()));
  }

  /** Brings one to sight. False: neither the window nor the host has it any more. @throws Failure `offline` */
  async reveal(session: SessionKey, terminal: string, signal: AbortSignal): Promise<boolean> {
    const owner = { session, terminal };
    if (this.#screens.reveal(owner)) return true;
    await this.#host.do({ kind: 'terminal/show', key: session, terminal }, signal);
    return this.#screens.reveal(owner);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** On each new connection from where each is; with a host that is gone all that ran in it is gone. */
  #follow(): void {
    const { state } = this.#host;
    for (const [id, { at, end }] of [...this.#shown]) {
      if (state === 'gone') end(UNKNOWN);
      else if (state === 'connected' && !this.#connected) this.#host.terminal(id, { kind: 'attach', at });
    }
    this.#connected = state === 'connected';
  }

  #receive({ terminal: id, news }: TerminalTold): void {
    const shown = this.#shown.get(id);
    switch (news.kind) {
      case 'opened':
        if (shown === undefined) this.#open(id, news);
        return;
      case 'data': {
        if (shown === undefined) return;
        const { at, text } = news;
        if (at > shown.at) shown.screen.miss(at - shown.at);
        const end = at + text.length;
        // A line that comes twice, and what was on its way when it was asked for again.
        if (end > shown.at) shown.screen.take(text.slice(Math.max(0, shown.at - at)));
        shown.at = Math.max(shown.at, end);
        return this.#host.terminal(id, { kind: 'ack', at: end });
      }
      case 'exited':
        return shown?.end(news);
      case 'closed':
        return shown?.end(UNKNOWN);
    }
  }

  #open(id: string, news: Extract<TerminalTold['news'], { kind: 'opened' }>): void {
    const { session, name, way, front } = news;
    const { promise: exited, resolve } = Promise.withResolvers<ExitStatus>();
    const owner = session === undefined ? {} : { owner: { session, terminal: id } };
    const drawn = {
      kind: way,
      write: (text: string) => this.#host.terminal(id, { kind: 'input', number: (this.#typed += 1), text }),
      resize: (columns: number, rows: number) => this.#host.terminal(id, { kind: 'resize', columns, rows }),
      kill: () => this.#host.terminal(id, { kind: 'kill' }),
      exited,
    };
    const screen = this.#screens.show({ name, ...owner, ...(front === true ? { front } : {}) }, drawn, true);
    const end = (status: ExitStatus): void => {
      this.#shown.delete(id);
      resolve(status);
    };
    this.#shown.set(id, { screen, at: 0, end });
    this.#host.terminal(id, { kind: 'attach', at: 0 });
  }
}
