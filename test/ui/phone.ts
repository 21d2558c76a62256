import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { patience } from '../tools/until.ts';
import { axeOfPage, noHorizontalScroll } from './inspect.ts';
import type { Invitation } from './loneHost.ts';
import { root } from './server.ts';

const screens = join(root, 'out', 'screens');

/** The smallest phone that people still have, in CSS pixels. */
const SIZE = { width: 360, height: 740 };

/** A phone-sized browser of its own. */
export class Phone {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(browser: Browser): Promise<Phone> {
    const context = await browser.newContext({
      viewport: SIZE,
      hasTouch: true,
      isMobile: true,
      deviceScaleFactor: 2,
      colorScheme: 'dark',
      reducedMotion: 'reduce',
      userAgent: 'Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/143.0 Mobile Safari/537.36',
    });
    context.setDefaultTimeout(patience);
    return new Phone(await context.newPage());
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, ...(typeof name === 'string' ? { exact: true } : {}) });
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message', exact: true });
  }

  get state(): Locator {
    return this.page.getByRole('status', { name: 'Session state', exact: true });
  }

  get transcript(): Locator {
    return this.page.getByRole('log', { name: 'Transcript', exact: true });
  }

  /** The card of a permission that is asked for. */
  get question(): Locator {
    return this.page.getByRole('group', { name: /^Permission: / });
  }

  /** What allows it once. */
  get answer(): Locator {
    return this.question.getByRole('button', { name: /^(?:Allow|Yes)/ }).first();
  }

  /** As soon as it can be. */
  async allow(): Promise<void> {
    await this.answer.and(this.page.locator('[aria-disabled=false]')).tap();
    await this.question.waitFor({ state: 'detached' });
  }

  /** The session at the top of the list. */
  async show(): Promise<void> {
    await this.page.getByRole('list', { name: 'Sessions' }).getByRole('button').first().tap();
  }

  text(words: string | RegExp): Locator {
    return this.page.getByText(words);
  }

  /** Opens the address of an invitation, asks as `name`, and is let in with a yes. */
  async pair(invitation: Invitation, name: string, want?: string): Promise<void> {
    await this.page.goto(invitation.url);
    await this.page.getByLabel('Name of this device').fill(name);
    if (want !== undefined) await this.page.getByLabel(want, { exact: true }).check();
    await this.button('Pair').tap();
    await invitation.asked();
    invitation.say('yes');
    await this.page.getByRole('heading', { name: 'Sessions', exact: true }).waitFor();
  }

  async send(words: string): Promise<void> {
    await this.composer.fill(words);
    await this.button('Send').tap();
  }

  /** Takes page-STATE-dark.png and page-STATE-light.png. @returns what breaks a rule in either; empty when all is well */
  async photograph(state: string): Promise<readonly string[]> {
    await mkdir(screens, { recursive: true });
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await this.page.emulateMedia({ colorScheme });
      await this.page.screenshot({ path: join(screens, `page-${state}-${colorScheme}.png`) });
      found.push(...(await this.#faults()).map((fault) => `${state}, ${colorScheme}: ${fault}`));
    }
    return found;
  }

  async #faults(): Promise<readonly string[]> {
    return [...(await axeOfPage(this.page)), ...(await noHorizontalScroll(this.page)), ...(await this.#small())];
  }

  /** What is meant to be touched and is smaller than the tip of a finger, which is 44 pixels. */
  async #small(): Promise<readonly string[]> {
    return await this.page.locator('button:visible, select:visible, textarea:visible').evaluateAll((elements) =>
      elements.flatMap((element) => {
        const { width, height } = element.getBoundingClientRect();
        const box = element.tagName === 'TEXTAREA' ? (element.parentElement ?? element) : element;
        const high = box.getBoundingClientRect().height;
        return Math.max(height, high) >= 43.5 && width >= 43.5
          ? []
          : [
              `too small to be touched: ${element.getAttribute('aria-label') ?? element.textContent} (${width}x${height})`,
            ];
      }),
    );
  }
}
