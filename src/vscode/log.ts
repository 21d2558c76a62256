import * as vscode from 'vscode';
import { Disposables } from '../base/disposable.ts';
import type { Log } from '../base/log.ts';
import { Concealed } from '../base/mask.ts';

/** The output channels; each appears with its first line, so that a window in which nothing happens has none. */
export class Logs implements vscode.Disposable {
  readonly #owned = new Disposables();
  readonly #channels = new Map<string, vscode.LogOutputChannel>();
  readonly #concealed = new Concealed();

  /** What the extension itself has to say. */
  readonly main: Log = this.#logOf(() => this.#channel('Wheelhouse'));

  /** What one agent wrote to its standard error, and what happened to its process. */
  ofAgent(label: string): Log {
    return this.#logOf(() => this.#channel(`Wheelhouse: ${label}`));
  }

  /** What goes over the wire of one agent, while the person wants to see that. */
  ofWire(label: string): Log {
    return this.#logOf(() => this.#channel(wireName(label)));
  }

  showWire(label: string): void {
    this.#channel(wireName(label)).show(true);
  }

  show(): void {
    this.#channel('Wheelhouse').show(true);
  }

  showAgent(label: string): void {
    this.#channel(`Wheelhouse: ${label}`).show(true);
  }

  /** Keeps a text out of all that is said from now on. */
  conceal(value: string): void {
    this.#concealed.add(value);
  }

  /** Without what is concealed. */
  mask(text: string): string {
    return this.#concealed.mask(text);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #channel(name: string): vscode.LogOutputChannel {
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    const channel = this.#owned.add(vscode.window.createOutputChannel(name, { log: true }));
    this.#channels.set(name, channel);
    return channel;
  }

  #logOf(channel: () => vscode.LogOutputChannel): Log {
    // What is still said after the end has nowhere to go, and must not make a channel that nobody closes.
    const write = (level: keyof Log, message: string): void => {
      if (!this.#owned.ended) channel()[level](this.mask(message));
    };
    return {
      debug: (message) => write('debug', message),
      info: (message) => write('info', message),
      warn: (message) => write('warn', message),
      error: (message) => write('error', message),
    };
  }
}

const wireName = (label: string): string => `Wheelhouse: ${label} (wire)`;
