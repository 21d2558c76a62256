import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { setupChromium } from '../tools/setup.mjs';

/** A Chromium that asks nobody for anything, and needs neither a display nor a sandbox. `more`: further arguments. */
export const launchBrowser = async (...more: readonly string[]): Promise<Browser> =>
  await chromium.launch({
    executablePath: await setupChromium(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
      ...more,
    ],
  });
