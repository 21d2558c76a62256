import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../tools/until.ts';
import type { Chat } from './chat.ts';
import { LAST_WORDS, startTrap, type Trap, writeHostile } from './hostile.ts';
import { fakeAgent, openStage, photographFailures } from './stage.ts';
import type { Stage } from './stage.ts';

describe('an agent whose every word is markup', () => {
  let stage: Stage;
  let chat: Chat;
  let trap: Trap;
  let folder: string;
  let variants = 0;
  const requests: string[] = [];
  const violations: string[] = [];
  photographFailures(() => stage?.workbench);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wheelhouse-hostile-'));
    trap = await startTrap();
    const script = join(folder, 'script.json');
    variants = await writeHostile(script, trap.address);
    stage = await openStage({
      settings: {
        'wheelhouse.agents': { hostile: fakeAgent('Hostile', '--script', script) },
        'wheelhouse.defaultAgent': 'hostile',
      },
      prepare: async (page) => {
        page.on('request', (request) => requests.push(request.url()));
        await page.exposeFunction('violated', (what: string) => void violations.push(what));
      },
    });
    ({ chat } = stage);
    await stage.workbench.openChat();
    await chat.newSession();
    // On the document that stands now: VS Code writes it anew into a frame, and what listened before hears nothing.
    await chat.document.locator('body').evaluate(() =>
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
        const { violated } = globalThis as { violated?: (what: string) => void };
        violated?.(`${violatedDirective} ${blockedURI}`);
      }),
    );
    await chat.ask('say it');
    // Both questions are looked at, and answered by what the card itself offers.
    await chat.permission().getByRole('button', { name: 'Refuse', exact: true }).click();
    await chat.button('Decline').click();
    await chat.says(LAST_WORDS);
    await chat.becomes('Ready');
  });

  afterAll(async () => {
    await stage?.close();
    await trap?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** Every entry is drawn when it comes into sight, and no earlier: all of it is scrolled past, and what is folded is opened. */
  const lookAtAll = (): Promise<number> =>
    chat.transcript.evaluate(async (log) => {
      const frame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));
      const scrolls = (one: Element): boolean => one.scrollHeight > one.clientHeight + 1 && one.scrollTop > 0;
      const seen = new Set<string>();
      for (;;) {
        for (const one of log.querySelectorAll('article')) seen.add(one.textContent.slice(0, 80));
        for (const one of log.querySelectorAll<HTMLElement>(
          'details:not([open]) > summary, [aria-expanded="false"]:not([aria-haspopup])',
        ))
          one.click();
        await frame();
        await frame();
        const box = [log, ...log.querySelectorAll(':scope *')].find(scrolls);
        if (box === undefined) return seen.size;
        box.scrollTop -= box.clientHeight * 1.5;
      }
    });

  const frames = (): readonly Frame[] => chat.page.frames();

  test('[screen] [S40] [S41] [S46] of some 500 variants in every field nothing is fetched and nothing runs (hostile-markup.png)', async () => {
    expect(variants).toBeGreaterThanOrEqual(500);
    await stage.workbench.setSidebarWidth(500);
    await stage.workbench.screenshot('hostile-markup', chat.page.locator('.part.sidebar'));
    // The messages of the agent, and the tool calls and thoughts between them.
    expect(await lookAtAll()).toBeGreaterThan(variants);

    expect(trap.asked).toEqual([]);
    expect(requests.filter((url) => url.includes(trap.address))).toEqual([]);
    // However much there is, it scrolls inside of the transcript: the page itself could be scrolled out of sight.
    const tall = await chat.document.locator('body').evaluate((body) => body.scrollHeight - body.clientHeight);
    expect(tall).toBeLessThanOrEqual(0);
    // Not even tried: it is not the policy that has to hold it back.
    expect(violations).toEqual([]);
    for (const frame of frames()) expect(await frame.evaluate(() => '__pwned' in globalThis), frame.url()).toBe(false);
  });

  test('[screen] [S40] [S42] no element stands there that could do it later', async () => {
    const inert = await chat.document.locator('#app').evaluate((body) => {
      const forbidden = body.querySelectorAll(
        'script, iframe, object, embed, link, style, base, meta, form, video, audio, frame, template, animate, foreignObject',
      );
      const handlers = [...body.querySelectorAll('*')].filter((one) =>
        [...one.attributes].some(({ name, value }) => /^on/i.test(name) || /^\s*(?:javascript|vbscript):/i.test(value)),
      );
      const addresses = [...body.querySelectorAll('[href], [src], [srcset], [ping], [action], [formaction], [poster]')]
        .flatMap((one) => [...one.attributes])
        .filter(({ name }) => ['href', 'src', 'srcset', 'ping', 'action', 'formaction', 'poster'].includes(name))
        .map(({ value }) => value)
        .filter((value) => !value.startsWith('data:image/') && !value.startsWith('#'));
      return { forbidden: forbidden.length, handlers: handlers.length, addresses };
    });
    expect(inert).toEqual({ forbidden: 0, handlers: 0, addresses: [] });
  });

  test('[screen] [S41] the trap and the watch over the policy do see one that gets so far', async () => {
    await chat.document.locator('body').evaluate((body, address) => {
      body.append(Object.assign(document.createElement('img'), { src: `http://${address}/control` }));
    }, trap.address);
    await until('the policy to hold it back', () => violations.some((what) => what.startsWith('img-src')));
    await fetch(`http://${trap.address}/control`);
    expect(trap.asked).toContain('GET /control');
  });
});
