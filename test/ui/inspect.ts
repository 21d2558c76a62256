import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Frame, FrameLocator, Locator, Page } from 'playwright-core';

/** The document that a locator of frames points to. */
export async function frameOf(locator: FrameLocator): Promise<Frame> {
  const element = await locator.owner().elementHandle();
  const frame = await element?.contentFrame();
  if (frame === null || frame === undefined)
    throw new Error('the webview has no document: it was closed or never shown');
  return frame;
}

/**
 * Runs axe in the document of a webview.
 * @returns one line for each violation: rule, its help text and the first elements; empty when clean
 */
export async function axe(locator: FrameLocator): Promise<readonly string[]> {
  return violationsIn(await frameOf(locator), true);
}

/** The same of a page that is ours as a whole. */
export const axeOfPage = (page: Page): Promise<readonly string[]> => violationsIn(page.mainFrame(), false);

/** @param part it is a part of VS Code's page */
async function violationsIn(frame: Frame, part: boolean): Promise<readonly string[]> {
  // Half a megabyte, once for each document.
  if (!(await frame.evaluate(() => 'axe' in globalThis)))
    await frame.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const violations = await frame.evaluate(async (isPart) => {
    const { axe: run } = globalThis as unknown as {
      axe: { run(context: Document, options: object): Promise<AxeResults> };
    };
    const html = document.documentElement;
    // The sidebar shows through a document without a background, but axe would take white for granted.
    const { backgroundColor } = html.style;
    if (isPart && getComputedStyle(html).backgroundColor === 'rgba(0, 0, 0, 0)')
      html.style.backgroundColor = 'var(--vscode-sideBar-background)';
    try {
      // What axe asks of a whole page is not ours to give where we are a part of one.
      const rules = isPart ? { region: { enabled: false }, 'page-has-heading-one': { enabled: false } } : {};
      return (await run.run(document, { resultTypes: ['violations'], rules })).violations;
    } finally {
      html.style.backgroundColor = backgroundColor;
    }
  }, part);
  return violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}: ${nodes
        .slice(0, 3)
        .map((node) => node.target.join(' '))
        .join(' | ')}`,
  );
}

/**
 * Finds what a person could not read: elements that stand out of the document's width, and text that its own box cuts
 * off without an ellipsis. What scrolls inside itself (code, a diff, a terminal) may be wider.
 * @returns one description for each such element; empty when nothing is cut off
 */
export async function noHorizontalScroll(locator: Pick<FrameLocator, 'locator'>): Promise<readonly string[]> {
  return locator.locator('html').evaluate((html) => {
    // An ellipsis is drawn in a block only: a flex box cuts its text off without one.
    const hasEllipsis = ({ textOverflow, display }: CSSStyleDeclaration): boolean =>
      textOverflow === 'ellipsis' && !display.includes('flex');
    const scrolls = (element: Element): boolean => {
      const style = getComputedStyle(element);
      return /auto|scroll/.test(style.overflowX) || hasEllipsis(style);
    };
    const insideScroller = (element: Element): boolean => {
      for (
        let parent = element.parentElement;
        parent !== null && parent !== document.body;
        parent = parent.parentElement
      ) {
        if (scrolls(parent)) return true;
      }
      return false;
    };
    // What only screen readers are meant to find is clipped to a pixel on purpose.
    const hidden = (element: Element): boolean => {
      const box = element.getBoundingClientRect();
      return box.width <= 1 || box.height <= 1 || getComputedStyle(element).visibility === 'hidden';
    };
    const describe = (element: Element): string =>
      `<${element.tagName.toLowerCase()} class="${element.getAttribute('class') ?? ''}"> ${(element.textContent ?? '').trim().slice(0, 40)}`;
    const found: string[] = [];
    const width = html.clientWidth;
    if (html.scrollWidth > width) found.push(`the document is ${html.scrollWidth} px wide in ${width} px`);
    for (const element of document.body.querySelectorAll('*')) {
      if (hidden(element) || insideScroller(element)) continue;
      const { left, right } = element.getBoundingClientRect();
      if (right > width + 1 || left < -1) found.push(`out of sight: ${describe(element)}`);
      const style = getComputedStyle(element);
      const cuts = /hidden|clip/.test(style.overflowX) && !hasEllipsis(style);
      if (cuts && element.scrollWidth > element.clientWidth + 1) found.push(`cut off: ${describe(element)}`);
    }
    return found;
  });
}

/** Whether the end of an element's text can be seen without scrolling anything: no box around it cuts it off. */
export async function isInSight(locator: Locator): Promise<boolean> {
  return locator.evaluate((element) => {
    const range = element.ownerDocument.createRange();
    range.selectNodeContents(element);
    range.collapse(false);
    const [end = element.getBoundingClientRect()] = range.getClientRects();
    for (let box: Element | null = element; box !== null; box = box.parentElement) {
      const { top, bottom } = box.getBoundingClientRect();
      const cuts = getComputedStyle(box).overflowY !== 'visible';
      if (cuts && (end.bottom > bottom + 1 || end.top < top - 1)) return false;
    }
    const { top, bottom } = { top: 0, bottom: element.ownerDocument.documentElement.clientHeight };
    return end.top >= top && end.bottom <= bottom;
  });
}
