import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { CLIENT_INFO } from './client.ts';

test('[acp 4] agents are told the version that is released', async () => {
  const manifest = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(CLIENT_INFO.version).toBe(manifest.version);
});
