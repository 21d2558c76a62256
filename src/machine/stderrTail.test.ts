import { expect, test } from 'vitest';
import { StderrTail } from './stderrTail.ts';

test('[acp 4.1.21] of what a program says beside its protocol the end is kept: 8 KiB of whole characters, without escapes', () => {
  for (const line of ['\u001B[31mé🚀\u001B[0m\r\n', 'é🚀\r\n', '🚀'])
    for (const size of [1, 7, 4096, 1024 * 1024]) {
      const bytes = Buffer.from(`${line.repeat(20_000)}the last words.`);
      const tail = new StderrTail();
      for (let from = 0; from < bytes.length; from += size) tail.push(bytes.subarray(from, from + size));
      const text = tail.text();
      expect(text.length).toBeLessThanOrEqual(8 * 1024);
      expect(text.length).toBeGreaterThan(3 * 1024);
      expect(text).toMatch(/🚀\n?the last words\.$/u);
      expect(text.isWellFormed()).toBe(true);
      expect(text).not.toMatch(/[\u001B\uFFFD]/u);
    }
});
