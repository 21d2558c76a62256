import * as vscode from 'vscode';
import type { Clock } from '../../base/clock.ts';
import type { PairingAsked, PairingLink, PairingShown } from '../../protocol/view/pairing.ts';
import type { Capability } from '../../relay/device.ts';
import { words } from '../core.ts';
import { plainLine } from '../plainText.ts';
import { isLoopback, pageLinks } from './addresses.ts';
import { type AskModally, confirmDevice } from './confirmDevice.ts';
import type { AskingDevice, Pairing, RelayControl } from './control.ts';
import { type MakePanel, PairingPanel } from './pairingPanel.ts';

export interface PairingParts {
  readonly control: Pick<RelayControl, 'pair'>;
  readonly extension: vscode.Uri;
  /** Further names by which devices reach it. */
  readonly hosts: readonly string[];
  readonly clock: Clock;
  readonly closed: () => void;
  readonly ask?: AskModally;
  readonly make?: MakePanel;
}

/** How a code stands. */
type State =
  | { readonly kind: 'waiting' | 'dead' }
  | { readonly kind: 'asking' | 'refused'; readonly name: string }
  | { readonly kind: 'paired'; readonly name: string; readonly capability: Capability };

/** One code after the other, each for one device, on a page beside the editors: closed, no code is left. */
export class PairingPage implements vscode.Disposable {
  readonly #parts: PairingParts;
  readonly #panel: PairingPanel;
  #pairing: Pairing | undefined;
  #links: readonly string[] = [];
  #state: State = { kind: 'waiting' };
  #ending = new AbortController();

  constructor(parts: PairingParts) {
    this.#parts = parts;
    this.#panel = new PairingPanel({
      extension: parts.extension,
      ...(parts.make === undefined ? {} : { make: parts.make }),
      asked: (asked) => this.#asked(asked),
      closed: () => {
        this.#ending.abort();
        parts.closed();
      },
    });
  }

  /** Another code; the one before is dead. @throws Failure why nothing listens */
  async begin(): Promise<void> {
    const { control, hosts } = this.#parts;
    this.#ending.abort();
    const { signal } = (this.#ending = new AbortController());
    const pairing = await control.pair((asking, stop) => this.#confirm(asking, stop), signal);
    if (this.#ending.signal !== signal) return;
    this.#pairing = pairing;
    this.#links = pageLinks(pairing.url, hosts);
    this.#become({ kind: 'waiting' });
    this.#panel.reveal();
    void pairing.over.then((device) => {
      if (signal.aborted) return;
      if (device !== undefined) this.#become({ kind: 'paired', name: device.name, capability: device.capability });
      else if (this.#state.kind !== 'refused') this.#become({ kind: 'dead' });
    });
  }

  dispose(): void {
    this.#panel.dispose();
  }

  async #confirm(asking: AskingDevice, stop: AbortSignal): Promise<Capability | undefined> {
    const { name } = asking;
    this.#become({ kind: 'asking', name });
    const capability = await confirmDevice(asking, this.#parts, stop);
    if (capability === undefined) this.#become({ kind: 'refused', name });
    return capability;
  }

  #become(state: State): void {
    this.#state = state;
    this.#panel.show(() => this.#shown());
  }

  #asked(asked: Exclude<PairingAsked, { ask: 'hello' }>): void {
    switch (asked.ask) {
      case 'again':
        this.begin().catch((failure: unknown) => void vscode.window.showErrorMessage(words(failure)));
        return;
      case 'settings':
        void vscode.commands.executeCommand('workbench.action.openSettings', 'wheelhouse.relay');
        return;
      case 'copy': {
        const link = this.#links[asked.link];
        if (link !== undefined) void vscode.env.clipboard.writeText(link);
      }
    }
  }

  #shown(): PairingShown {
    const pairing = this.#pairing;
    const state = this.#state;
    const isLive = pairing !== undefined && state.kind === 'waiting';
    const warning = this.#warning();
    return {
      title: vscode.l10n.t('Pair a Device'),
      steps: isLive
        ? [
            vscode.l10n.t('Scan the code with the device, or open the address there and enter the code.'),
            vscode.l10n.t('Then say here what it may do: nothing is paired before that.'),
          ]
        : [],
      ...(isLive ? { code: this.#code(pairing) } : {}),
      status: statusOf(state),
      ...(isLive && warning !== undefined ? { warning } : {}),
      buttons: [
        ...(isLive || state.kind === 'asking'
          ? []
          : [
              {
                ask: 'again' as const,
                text: state.kind === 'paired' ? vscode.l10n.t('Pair Another') : vscode.l10n.t('New Code'),
              },
            ]),
        { ask: 'settings' as const, text: vscode.l10n.t('Settings of the Relay') },
      ],
    };
  }

  #code({ code, expiresAt }: Pairing): NonNullable<PairingShown['code']> {
    return {
      text: code,
      label: vscode.l10n.t('Code'),
      left: expiresAt - this.#parts.clock.now(),
      countdown: vscode.l10n.t('For one device, for {0} more', '{0}'),
      links: this.#links.map(linkOf),
      scan: vscode.l10n.t('QR code of the address'),
    };
  }

  #warning(): string | undefined {
    const { fingerprint } = this.#pairing ?? {};
    if (fingerprint !== undefined)
      return vscode.l10n.t(
        'A device that does not know the certificate shows its fingerprint: compare it. SHA-256 {0}',
        fingerprint,
      );
    return this.#links.every((link) => isLoopback(new URL(link).hostname))
      ? vscode.l10n.t(
          'These addresses lead to this machine from itself alone. For a phone use a tunnel, such as Tailscale or VS Code’s port forwarding, and put its name into the setting wheelhouse.relay.hosts.',
        )
      : undefined;
  }
}

const linkOf = (href: string): PairingLink => ({
  href,
  about: isLoopback(new URL(href).hostname) ? vscode.l10n.t('On this machine') : vscode.l10n.t('On another device'),
  copy: vscode.l10n.t('Copy'),
});

const statusOf = (state: State): string => {
  switch (state.kind) {
    case 'waiting':
      return vscode.l10n.t('Waiting for a device…');
    case 'asking':
      return vscode.l10n.t('“{0}” has entered the code: say what it may do.', plainLine(state.name, 64));
    case 'refused':
      return vscode.l10n.t('“{0}” was not paired.', plainLine(state.name, 64));
    case 'dead':
      return vscode.l10n.t('This code is used up, or its time is over.');
    case 'paired':
      return pairedWords(plainLine(state.name, 64), state.capability);
  }
};

const pairedWords = (name: string, capability: Capability): string => {
  switch (capability) {
    case 'watch':
      return vscode.l10n.t('“{0}” is paired, and may watch.', name);
    case 'answer':
      return vscode.l10n.t('“{0}” is paired, and may watch and answer.', name);
    case 'drive':
      return vscode.l10n.t('“{0}” is paired, and may drive.', name);
  }
};
