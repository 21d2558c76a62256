import type { FrameLocator, Locator, Page } from 'playwright-core';
import { until } from '../tools/until.ts';
import type { Workbench } from './workbench.ts';

export type StateWord =
  | 'Ready'
  | 'Working'
  | 'Waiting for you'
  | 'Connecting'
  | 'Replaying'
  | 'Reconnecting'
  | 'Disconnected'
  | 'Failed';

export type EntryName = 'You' | 'Agent' | 'Thought' | 'Plan' | 'Notice' | RegExp;

/** The chat as a person or a screen reader finds it: everything by role and accessible name. */
export class Chat {
  readonly workbench: Workbench;

  constructor(workbench: Workbench) {
    this.workbench = workbench;
  }

  get page(): Page {
    return this.workbench.page;
  }

  /** Always the one that stands now: the webview is another one after it was hidden. */
  get document(): FrameLocator {
    return this.workbench.chat();
  }

  get composer(): Locator {
    return this.document.getByRole('textbox', { name: 'Message', exact: true });
  }

  get send(): Locator {
    return this.button('Send');
  }

  get stop(): Locator {
    return this.button('Stop');
  }

  get transcript(): Locator {
    return this.document.getByRole('log', { name: 'Transcript', exact: true });
  }

  get state(): Locator {
    return this.document.getByRole('status', { name: 'Session state', exact: true });
  }

  button(name: string | RegExp): Locator {
    return this.document.getByRole('button', { name, ...(typeof name === 'string' ? { exact: true } : {}) });
  }

  /** Entries of one kind, oldest first; tools by the title behind "Tool: ". */
  entries(name?: EntryName): Locator {
    return this.transcript.getByRole('article', name === undefined ? {} : { name, exact: typeof name === 'string' });
  }

  tool(title: string | RegExp): Locator {
    const name = typeof title === 'string' ? `Tool: ${title}` : new RegExp(`^Tool: .*${title.source}`, title.flags);
    return this.transcript.getByRole('article', { name, exact: typeof name === 'string' });
  }

  /** The card that asks; a title that holds `title` when given. */
  permission(title = ''): Locator {
    return this.document.getByRole('group', { name: `Permission: ${title}` });
  }

  /** A mode, a model or another option of the agent. */
  picker(name: string): Locator {
    return this.document.getByRole('combobox', { name, exact: true });
  }

  /** The row of a session in the tree above the chat. */
  session(title: string | RegExp): Locator {
    return this.workbench.treeItem(title);
  }

  // ---- what a person does and waits for

  /** Writes into the composer and presses the button beside it. */
  async ask(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.send.click();
  }

  /** Waits for a word of the session's state; a detail may follow it. */
  async becomes(state: StateWord): Promise<void> {
    await this.state.filter({ hasText: new RegExp(`^\\s*${state}`) }).waitFor();
  }

  /** Sends a prompt and waits until its turn is over and the answer holds `text`. */
  async answer(prompt: string, text: string | RegExp): Promise<void> {
    await this.ask(prompt);
    await this.says(text);
    await this.becomes('Ready');
  }

  /** Waits until an entry of the agent holds `text`. */
  async says(text: string | RegExp): Promise<void> {
    await this.entries('Agent').filter({ hasText: text }).last().waitFor();
  }

  /** Starts a session by the palette, with what is to be picked where there are several, and waits until it is ready. */
  async newSession(...picks: readonly string[]): Promise<void> {
    await this.workbench.runCommand('Wheelhouse: New Session');
    for (const pick of picks) await this.workbench.pick(pick);
    await this.isNew();
  }

  /** Waits for a session in which nothing was said: the one before it is in sight for a moment more. */
  async isNew(): Promise<void> {
    await until('an empty session that is ready', async () => {
      if (!/^\s*Ready/.test((await this.state.textContent({ timeout: 1000 })) ?? '')) return false;
      return (await this.entries().count()) === 0;
    });
  }

  /** Turns to a session by the list above the transcript, which holds all of them; `title` is how its name begins. */
  async switchTo(title: string): Promise<void> {
    const list = this.picker('Session');
    const option = list.locator('option').filter({ hasText: new RegExp(`^${title} · `) });
    await list.selectOption((await option.getAttribute('value')) ?? '');
    await this.entries('You').filter({ hasText: title }).first().waitFor();
  }

  /** Answers the card that asks, as soon as it takes answers. */
  async choose(option: string, title = ''): Promise<void> {
    const card = this.permission(title);
    await card.getByRole('button', { name: option, exact: true }).click();
    await card.waitFor({ state: 'hidden' });
  }
}
