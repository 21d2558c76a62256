import { expect, test } from 'vitest';
import { chatHtml } from './chatHtml.ts';

const page = chatHtml({
  source: 'https://*.vscode-cdn.net',
  script: 'https://file.vscode-cdn.net/main.js?"<x>',
  style: 'https://file.vscode-cdn.net/main.css',
  nonce: 'abc',
  language: 'en',
  title: 'Chat',
});

test('[S40] the policy of the page lets nothing in and nothing out but its own files', () => {
  expect(/Content-Security-Policy" content="([^"]+)"/u.exec(page)?.[1]?.split('; ')).toEqual([
    `default-src 'none'`,
    `img-src https://*.vscode-cdn.net data:`,
    `style-src https://*.vscode-cdn.net`,
    `font-src https://*.vscode-cdn.net`,
    `script-src 'nonce-abc' https://*.vscode-cdn.net`,
  ]);
});

test('[S40] no script and no style stands in the page itself', () => {
  expect(page.match(/<script[^>]*>[^<]/gu)).toBeNull();
  expect(page).not.toContain('<style');
  expect(page).toContain('main.js?&quot;&lt;x&gt;"');
});
