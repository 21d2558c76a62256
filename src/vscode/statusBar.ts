import * as vscode from 'vscode';
import { Disposables } from '../base/disposable.ts';
import type { Event } from '../base/event.ts';
import type { SessionStore } from '../router/store.ts';
import { stateOf } from '../model/summary.ts';

/** One short item: how many sessions wait for the person and how many work. A click goes to the one that waits. */
export class StatusBar implements vscode.Disposable {
  readonly #owned = new Disposables();
  readonly #item: vscode.StatusBarItem;

  constructor(store: SessionStore, changed: Event<unknown>) {
    this.#item = this.#owned.add(
      vscode.window.createStatusBarItem('wheelhouse.status', vscode.StatusBarAlignment.Left),
    );
    this.#item.name = 'Wheelhouse';
    this.#owned.add(changed(() => this.#show(store)));
    this.#show(store);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #show(store: SessionStore): void {
    const sessions = store.all();
    if (sessions.length === 0) return this.#item.hide();
    const waiting = sessions.filter(({ questions }) => questions.length > 0).length;
    const working = sessions.filter((session) => stateOf(session) === 'Working').length;
    const words = [
      ...(waiting > 0 ? [vscode.l10n.t('{0} waiting', waiting)] : []),
      ...(working > 0 ? [vscode.l10n.t('{0} working', working)] : []),
    ];
    const said = words.length === 0 ? vscode.l10n.t('ready') : words.join(', ');
    const icon = waiting > 0 ? 'bell-dot' : working > 0 ? 'loading~spin' : 'comment-discussion';
    this.#item.text = words.length === 0 ? `$(${icon})` : `$(${icon}) ${words.join(' · ')}`;
    this.#item.tooltip = `Wheelhouse: ${said}`;
    this.#item.accessibilityInformation = { label: `Wheelhouse: ${said}` };
    this.#item.backgroundColor = waiting > 0 ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.#item.command = waiting > 0 ? 'wheelhouse.answerQuestion' : 'wheelhouse.chat.focus';
    this.#item.show();
  }
}
