import type { Locator, Page } from 'playwright-core';

/** The questions that VS Code asks at the top of its window, one after another. */
export class QuickInput {
  readonly widget: Locator;

  constructor(page: Page) {
    this.widget = page.locator('.quick-input-widget');
  }

  /** Waits for a question by its words, wherever they stand in it. */
  async asks(text: string | RegExp): Promise<void> {
    await this.widget.getByText(text).first().waitFor();
  }

  /** Answers the question with these words; not the one before it, which has the same field. */
  async answer(asked: string | RegExp, text: string): Promise<void> {
    await this.asks(asked);
    await this.enter(text);
  }

  async enter(text: string): Promise<void> {
    // A list that was chosen from has the same field, to narrow it, and stands a moment longer.
    await this.widget.locator('.quick-input-list').waitFor({ state: 'hidden' });
    await this.input.fill(text);
    await this.input.press('Enter');
  }

  async choose(label: string): Promise<void> {
    await this.widget.locator('.monaco-list-row').filter({ hasText: label }).first().click();
  }

  async back(): Promise<void> {
    await this.widget.getByRole('button', { name: 'Back' }).click();
  }

  /** What is typed into, a password or not. */
  get input(): Locator {
    return this.widget.locator('.quick-input-filter input');
  }
}
