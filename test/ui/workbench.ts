import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { patience, until } from '../tools/until.ts';
import { launchBrowser } from './browser.ts';
import { root, startServer } from './server.ts';
import type { Server, ServerOptions, Settings } from './server.ts';

export const themes = ['Dark Modern', 'Light Modern', 'Default High Contrast', 'Default High Contrast Light'] as const;
export type Theme = (typeof themes)[number];

// The class of the workbench and of the body of a webview, by which one sees that a theme has arrived.
const themeClasses: Readonly<Record<Theme, { workbench: string; webview: string }>> = {
  'Dark Modern': { workbench: 'vs-dark', webview: 'vscode-dark' },
  'Light Modern': { workbench: 'vs', webview: 'vscode-light' },
  'Default High Contrast': { workbench: 'hc-black', webview: 'vscode-high-contrast' },
  'Default High Contrast Light': { workbench: 'hc-light', webview: 'vscode-high-contrast-light' },
};

const extensionId = 'wheelhouse.wheelhouse';
const screens = join(root, 'out', 'screens');

export interface WindowOptions {
  /** Absolute path of the folder or of the `.code-workspace` to open; none opens an empty window. */
  readonly workspace?: string;
  /** Of the browser window in CSS pixels; 1280 x 800 when absent. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Pairs for the workbench, as in `extensionDevelopmentPath`. */
  readonly payload?: (server: Server) => readonly (readonly [string, string])[];
  /** Called before the page loads: the place for `exposeFunction` and `addInitScript`. */
  readonly prepare?: (page: Page) => Promise<void>;
}

export interface WorkbenchOptions extends WindowOptions, Omit<ServerOptions, 'vsix'> {
  /** The packaged extension; the one that the run packaged when absent, `false` for a bare workbench. */
  readonly vsix?: string | false;
  /** Further packaged extensions that stand beside it. */
  readonly extensions?: readonly string[];
  readonly theme?: Theme;
}

/** The vsix that this run tests; whoever starts the suites packages it and says where it lies. */
function packagedVsix(): string {
  const path = process.env['WHEELHOUSE_VSIX'];
  if (path === undefined)
    throw new Error(
      'WHEELHOUSE_VSIX is not set: run the suite through `npm test` or `npx vitest --project ui`, which package the extension first',
    );
  return path;
}

/** Opens a real VS Code in a real browser, with a server, a profile and a browser of its own. */
export async function openWorkbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const own = options.vsix === false ? [] : [options.vsix ?? packagedVsix()];
  const vsix = [...own, ...(options.extensions ?? [])];
  const theme = options.theme ?? 'Dark Modern';
  const settings = { 'workbench.colorTheme': theme, ...options.settings };
  const server = await startServer({ ...options, vsix, settings });
  try {
    const browser = await launchBrowser();
    try {
      const page = await openPage(server, browser, options);
      return new Workbench(server, browser, page, theme, true);
    } catch (error) {
      await browser.close();
      throw error;
    }
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function openPage(server: Server, browser: Browser, options: WindowOptions): Promise<Page> {
  const context = await browser.newContext({
    viewport: options.size ?? { width: 1280, height: 800 },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  await options.prepare?.(page);
  await page.goto(addressOf(server, options));
  await waitForWorkbench(page);
  return page;
}

function addressOf(server: Server, { workspace, payload }: WindowOptions): string {
  const url = new URL(server.url);
  if (workspace !== undefined)
    url.searchParams.set(workspace.endsWith('.code-workspace') ? 'workspace' : 'folder', workspace);
  url.searchParams.set(
    'payload',
    JSON.stringify([['skipWelcome', 'true'], ['skipReleaseNotes', 'true'], ...(payload?.(server) ?? [])]),
  );
  return url.href;
}

async function waitForWorkbench(page: Page): Promise<void> {
  await page.locator('.monaco-workbench .part.statusbar').waitFor();
  await page.locator('.monaco-workbench .part.activitybar').getByRole('tab').first().waitFor();
}

const appears = (locator: Locator, timeout: number): Promise<boolean> =>
  locator.waitFor({ timeout }).then(
    () => true,
    () => false,
  );

/** One window of a real VS Code. Whoever opened it closes it. */
export class Workbench implements AsyncDisposable {
  readonly server: Server;
  readonly page: Page;
  readonly #browser: Browser;
  readonly #ownsServer: boolean;
  #theme: Theme;

  constructor(server: Server, browser: Browser, page: Page, theme: Theme, ownsServer: boolean) {
    this.server = server;
    this.page = page;
    this.#browser = browser;
    this.#theme = theme;
    this.#ownsServer = ownsServer;
  }

  get serverPid(): number {
    return this.server.pid;
  }

  get userDataDir(): string {
    return this.server.userDataDir;
  }

  /** A second window on the same server, in a browser context of its own. Close it before this one. */
  async openWindow(options: WindowOptions = {}): Promise<Workbench> {
    const page = await openPage(this.server, this.#browser, options);
    return new Workbench(this.server, this.#browser, page, this.#theme, false);
  }

  // ---- the extension's places on the screen

  /** The chat's document; it exists once the view has been shown. */
  chat(): FrameLocator {
    return (
      this.page
        .locator(`iframe.webview[src*="extensionId=${extensionId}"]`)
        // A page of ours among the editors was opened after it.
        .first()
        .contentFrame()
        .frameLocator('iframe#active-frame')
    );
  }

  /** The document of the page of ours that stands among the editors. */
  panel(): FrameLocator {
    return this.page
      .frameLocator(`iframe.webview[src*="extensionId=${extensionId}"]:not([src*="purpose=webviewView"])`)
      .frameLocator('iframe#active-frame');
  }

  /** Shows the view container and waits until the chat's composer stands. */
  async openChat(): Promise<FrameLocator> {
    return this.#open(this.chat().getByRole('textbox', { name: 'Message' }));
  }

  /** Shows the view container and waits until the chat's document stands, whatever is in it. */
  async showContainer(): Promise<FrameLocator> {
    return this.#open(this.chat().locator('#app > *').first());
  }

  async #open(wanted: Locator): Promise<FrameLocator> {
    const tab = this.page.locator('.part.activitybar').getByRole('tab', { name: 'Wheelhouse' });
    const container = this.page.locator('.part.sidebar [id="workbench.view.extension.wheelhouse"]');
    await tab.waitFor();
    await until('the chat', async () => {
      // A click on the tab of the visible container hides it, also when the window is just bringing it back after a
      // reload; so one looks before each click, and looks again.
      if (!(await container.isVisible())) await tab.click();
      return appears(wanted, patience / 6);
    });
    return this.chat();
  }

  /** Toasts that hold `text`; all when absent. */
  toast(text?: string | RegExp): Locator {
    const all = this.page.locator('.notifications-toasts .notification-toast');
    return text === undefined ? all : all.filter({ hasText: text });
  }

  /** Status bar items of the extension, those that hold `text` when given. */
  statusBarItem(text?: string | RegExp): Locator {
    const all = this.page.locator(`.part.statusbar .statusbar-item[id^="${extensionId}"]`);
    return text === undefined ? all : all.filter({ hasText: text });
  }

  /** A row of a tree in the sidebar, by what a screen reader says of it. */
  treeItem(name: string | RegExp): Locator {
    return this.page.locator('.part.sidebar').getByRole('treeitem', { name });
  }

  // ---- what a person does

  /** Runs a command by the title that the palette shows, category included ("Wheelhouse: New Session"). */
  async runCommand(title: string): Promise<void> {
    const input = await this.openPalette();
    // Exactly this title: the palette also lists what merely resembles it, and may list that first.
    const row = this.page
      .locator('.quick-input-widget .monaco-list-row')
      .filter({ has: this.page.getByText(title, { exact: true }) });
    // An extension's commands arrive a moment after the workbench, and a list that is open is not filled again.
    await until(`the command ${title}`, async () => {
      await input.fill('>');
      await input.fill(`>${title}`);
      return await row
        .first()
        .waitFor({ timeout: 2000 })
        .then(
          () => true,
          () => false,
        );
    });
    await row.first().click();
    await row.first().waitFor({ state: 'hidden' });
  }

  /** Shows the files instead of the chat, which is destroyed by that. */
  async openExplorer(): Promise<void> {
    const explorer = this.page.locator('.part.sidebar [id="workbench.view.explorer"]');
    const tab = this.page.locator('.part.activitybar').getByRole('tab', { name: /^Explorer/ });
    await until('the explorer', async () => {
      if (!(await explorer.isVisible())) await tab.click();
      return appears(explorer, patience / 15);
    });
  }

  /** Sends a prompt by the palette, to the session that was looked at last, whether the chat is in sight or not. */
  async send(text: string): Promise<void> {
    await this.runCommand('Wheelhouse: Send a Prompt…');
    const input = this.page.locator('.quick-input-widget .quick-input-filter input');
    await input.fill(text);
    await input.press('Enter');
  }

  /** Chooses the row of an open quick pick whose label is `label`. */
  async pick(label: string): Promise<void> {
    const row = this.page
      .locator('.quick-input-widget .monaco-list-row')
      .filter({ has: this.page.getByText(label, { exact: true }) });
    await row.first().click();
  }

  /** Opens a file of the workspace in an editor that stays. */
  async openFile(name: string): Promise<void> {
    const input = await this.openPalette();
    await input.fill(name);
    const row = this.page.locator('.quick-input-widget .monaco-list-row').filter({ hasText: name });
    await row.first().waitFor();
    await input.press('Enter');
    await this.editorTab(name).waitFor();
  }

  editorTab(name: string | RegExp): Locator {
    return this.page.locator('.part.editor').getByRole('tab', { name, exact: typeof name === 'string' });
  }

  /** What the editor in front shows; spaces are the plain ones. */
  async editorText(): Promise<string> {
    const lines = this.page.locator('.part.editor .editor-group-container.active .editor-instance .view-lines');
    return (await lines.first().innerText()).replaceAll('\u00A0', ' ');
  }

  /** The rows of the terminals that are in sight. */
  async terminalText(): Promise<string> {
    const rows = await this.page.locator('.part.panel .terminal-wrapper.active .xterm-rows').allInnerTexts();
    return rows.join('\n').replaceAll('\u00A0', ' ');
  }

  /** @returns the field that is typed into */
  async openPalette(): Promise<Locator> {
    const input = this.page.locator('.quick-input-widget .quick-input-filter input');
    // A key press that arrives while the workbench takes up its bindings is lost; it is pressed again.
    await until('the command palette', async () => {
      await this.page.keyboard.press('F1');
      return appears(input, patience / 15);
    });
    return input;
  }

  async setTheme(theme: Theme): Promise<void> {
    this.#theme = theme;
    await this.server.writeSettings({ 'workbench.colorTheme': theme });
    const wanted = themeClasses[theme];
    await this.page.locator(`.monaco-workbench.${wanted.workbench}`).waitFor();
    if ((await this.chat().owner().count()) > 0) {
      await this.chat().locator(`body.${wanted.webview}`).waitFor();
    }
  }

  async writeSettings(settings: Settings): Promise<void> {
    await this.server.writeSettings(settings);
  }

  /** The settings of the machine, with what the window wrote into them. */
  async readSettings(): Promise<Settings> {
    return JSON.parse(await readFile(join(this.userDataDir, 'Machine', 'settings.json'), 'utf8'));
  }

  /** Drags the edge of the sidebar until the chat is `width` CSS pixels wide. */
  async setSidebarWidth(width: number): Promise<void> {
    const sidebar = this.page.locator('.part.sidebar');
    const box = await sidebar.boundingBox();
    if (box === null) throw new Error('the sidebar is hidden: open the chat before its width is set');
    const [edge, middle] = [box.x + box.width, box.y + box.height / 2];
    await this.page.mouse.move(edge, middle);
    await this.page.mouse.down();
    await this.page.mouse.move(box.x + width, middle, { steps: 5 });
    await this.page.mouse.up();
    // Off the edge, which would stay highlighted in every picture.
    await this.page.mouse.move(1, 1);
    await until(
      `a sidebar of ${width} px`,
      async () => Math.abs(((await sidebar.boundingBox())?.width ?? 0) - width) <= 2,
    );
  }

  /** Closes the window for good, and keeps the page for another one. */
  async closeWindow(): Promise<void> {
    await this.page.goto('about:blank');
  }

  /** Opens the folder, or the `.code-workspace`, in the page whose window was closed. */
  async openAgain(workspace: string): Promise<void> {
    await this.page.goto(addressOf(this.server, { workspace }));
    await waitForWorkbench(this.page);
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await waitForWorkbench(this.page);
  }

  /** Loads the chat's document anew, as VS Code does when the view moves; the extension host goes on. */
  async reloadChat(): Promise<void> {
    await this.chat()
      .locator('html')
      .evaluate((html) => html.setAttribute('data-before', ''));
    await this.runCommand('Developer: Reload Webviews');
    await this.chat().locator('html:not([data-before])').getByRole('textbox', { name: 'Message' }).waitFor();
  }

  /** Saves what is seen in out/screens/NAME.png. */
  async screenshot(name: string, of: Page | Locator = this.page): Promise<string> {
    await mkdir(screens, { recursive: true });
    const path = join(screens, `${name}.png`);
    await of.screenshot({ path });
    return path;
  }

  /** @returns the processes that outlived the server ("pid command"): a test of leaks asserts that there are none */
  async close(): Promise<readonly string[]> {
    // A window that only vanishes may come back, and the server keeps its extension host, with its agents, until then.
    if (!this.#ownsServer) await this.closeWindow();
    await this.page.context().close();
    if (!this.#ownsServer) return [];
    await this.#browser.close();
    return this.server.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
