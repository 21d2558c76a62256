import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposable.ts';
import { plainLine } from '../plainText.ts';

/** Where what a gateway answers to a person stands, as it comes: it is not a text that wants to be saved. */
export class GatewayPage implements Disposable {
  readonly #name: string;
  #channel: vscode.OutputChannel | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** Says what follows, and shows it. */
  begin(title: string): void {
    this.#channel ??= vscode.window.createOutputChannel(`Wheelhouse: ${plainLine(this.#name, 60)}`);
    this.#channel.appendLine(`— ${plainLine(title)}`);
    this.#channel.show(true);
  }

  /** A value, as JSON that hides nothing: what is invisible is written out. */
  add(value: unknown): void {
    this.#channel?.appendLine(asJson(value));
  }

  dispose(): void {
    this.#channel?.dispose();
  }
}

const asJson = (value: unknown): string =>
  (JSON.stringify(value, null, 2) ?? vscode.l10n.t('(nothing)')).replaceAll(
    /[\u007f-\u009f\p{Cf}\u2028\u2029]/gu,
    (mark) => `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`,
  );
