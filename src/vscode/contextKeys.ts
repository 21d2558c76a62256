import * as vscode from 'vscode';
import { Disposables } from '../base/disposable.ts';
import type { Event } from '../base/event.ts';
import type { AllSessions } from '../router/allSessions.ts';
import type { SessionStore } from '../router/store.ts';
import { DEVICE } from './core.ts';

/** What the `when` clauses of menus, keys and the walkthrough ask for. */
export class ContextKeys implements vscode.Disposable {
  readonly #owned = new Disposables();
  readonly #set = new Map<string, boolean>();

  constructor(store: SessionStore, catalogue: AllSessions, changed: Event<unknown>) {
    this.#owned.add(
      changed(() => {
        const sessions = store.all();
        const listed = catalogue.all();
        this.#put('wheelhouse.sessions', listed.length > 0);
        this.#put('wheelhouse.openSessions', sessions.length > 0);
        this.#put(
          'wheelhouse.archived',
          listed.some(({ archived }) => archived === true),
        );
        this.#put(
          'wheelhouse.waiting',
          sessions.some(({ questions }) => questions.length > 0),
        );
        this.#put(
          'wheelhouse.working',
          sessions.some(({ turn }) => turn.state === 'running'),
        );
        this.#steered(store);
      }),
    );
    this.#owned.add(
      store.onAppended(({ logged }) => {
        if (logged.some(({ event }) => event.kind === 'question/settled' && event.by.kind === 'person'))
          this.#put('wheelhouse.answered', true);
        if (logged.some(({ event }) => event.kind === 'control')) this.#steered(store);
      }),
    );
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** Whether the wheel could be taken here, or given back. */
  #steered(store: SessionStore): void {
    const leases = store.all().flatMap(({ control }) => (control.lease === true ? [control.driver === DEVICE] : []));
    this.#put('wheelhouse.wheelElsewhere', leases.includes(false));
    this.#put('wheelhouse.wheelHere', leases.includes(true));
  }

  #put(key: string, value: boolean): void {
    if ((this.#set.get(key) ?? false) === value) return;
    this.#set.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  }
}
