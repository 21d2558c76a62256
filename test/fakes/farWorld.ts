import { silent } from '../../src/base/log.ts';
import { systemClock } from '../../src/machine/clock.ts';
import { eachEntry, type Entry } from '../../src/model/entry.ts';
import type { Command } from '../../src/model/event.ts';
import type { Session, SessionKey } from '../../src/model/session.ts';
import { Router } from '../../src/router/router.ts';
import { SessionStore } from '../../src/router/store.ts';
import { noJournal } from '../../src/router/testing.ts';
import { until } from '../tools/until.ts';

export const never = new AbortController().signal;

/** A window's part of something that is elsewhere, without its backend: what a test does there, and what it looks at. */
export class FarWorld implements AsyncDisposable {
  readonly store: SessionStore = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
  readonly router: Router = new Router({ store: this.store, clock: systemClock, log: silent });

  of(key: SessionKey): Session {
    const session = this.store.get(key);
    if (session === undefined) throw new Error('The session is not in the store.');
    return session;
  }

  prompt(key: SessionKey, text: string): Promise<void> {
    return this.perform(key, { kind: 'prompt', prompt: [{ type: 'text', text }] });
  }

  perform(key: SessionKey, command: Command): Promise<void> {
    return this.router.perform(key, command, 'editor', never);
  }

  async idle(key: SessionKey): Promise<void> {
    await until('the end of the turn', () => this.of(key).turn.state === 'idle' && this.of(key).link.state === 'ready');
  }

  async says(key: SessionKey, words: string): Promise<void> {
    await until(`“${words}”`, () => this.text(key).includes(words));
  }

  /** All entries, a line and a word each for what they are; what the agent said in a row is one. */
  text(key: SessionKey): string {
    const lines = [...eachEntry(this.of(key).entries)].map(lineOf);
    return lines.join('\n').replaceAll(/(?<=^agent: .*)\nagent: /gmu, '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.router.dispose();
    this.store.dispose();
  }
}

const lineOf = (entry: Entry): string => {
  switch (entry.kind) {
    case 'user':
    case 'agent':
    case 'thought':
      return `${entry.kind}: ${entry.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')}`;
    case 'tool':
      return `tool: ${entry.title} ${entry.status}`;
    case 'notice':
      return `notice: ${entry.title}`;
    default:
      return entry.kind;
  }
};
