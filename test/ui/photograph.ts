import { axe, noHorizontalScroll } from './inspect.ts';
import { themes } from './workbench.ts';
import type { Theme, Workbench } from './workbench.ts';

/** How a theme is called in the name of a picture. */
const words: Readonly<Record<Theme, string>> = {
  'Dark Modern': 'dark',
  'Light Modern': 'light',
  'Default High Contrast': 'contrast-dark',
  'Default High Contrast Light': 'contrast-light',
};

export interface PhotographOptions {
  /** The whole window instead of the sidebar alone. */
  readonly window?: boolean;
  /** False where the chat is out of sight: then there is nothing of ours to look into. */
  readonly chat?: boolean;
  /** All four when absent. */
  readonly themes?: readonly Theme[];
  /** Of the sidebar, in CSS pixels; 300 and 600 when absent. */
  readonly widths?: readonly number[];
  /** Called for each theme and width before the picture, to bring what is shown into place again. */
  readonly arrange?: () => Promise<void>;
}

/** What most pictures of one occasion need: the two ends between which the others lie. */
export const darkAndLight: PhotographOptions = { themes: ['Dark Modern', 'Light Modern'], widths: [300] };

/**
 * Takes STATE-THEME-WIDTH.png in out/screens in each theme at each width, and looks at each for what breaks the rules
 * of accessibility, scrolls sideways or is cut off.
 * @returns one line for each thing found wrong, with the picture it is seen in; empty when all is well
 */
export async function photograph(
  workbench: Workbench,
  state: string,
  options: PhotographOptions = {},
): Promise<readonly string[]> {
  const found: string[] = [];
  const widths = [...(options.widths ?? [300, 600])];
  for (const theme of options.themes ?? themes) {
    await workbench.setTheme(theme);
    for (const width of widths) {
      await workbench.setSidebarWidth(width);
      await options.arrange?.();
      const name = `${state}-${words[theme]}-${width}`;
      const of = options.window === true ? workbench.page : workbench.page.locator('.part.sidebar');
      await workbench.screenshot(name, of);
      if (options.chat === false) continue;
      const chat = workbench.chat();
      // What axe finds has to do with the colors of the theme, and not with the width.
      const rules = width === widths[0] ? await axe(chat) : [];
      const wrong = [...(await noHorizontalScroll(chat)), ...rules];
      found.push(...wrong.map((line) => `${name}: ${line}`));
    }
    // There and back again: each width is set once for two themes.
    widths.reverse();
  }
  return found;
}
