import { generate } from 'lean-qr';
import { expect, test } from 'vitest';
import { qrText } from './qr.ts';

test('[host] the picture of an address has every module where it belongs, with room around it', () => {
  const url = 'http://127.0.0.1:4141/app/#pair=7K3M-Q2ZD';
  const rows = qrText(url)
    .trimEnd()
    .split('\n')
    // eslint-disable-next-line no-control-regex -- these are what colours it
    .map((line) => line.replaceAll(/\u001B\[[\d;]*m/gu, ''));
  const picture = generate(url);
  const isDark = (x: number, y: number): boolean => {
    const half = rows[Math.floor((y + 4) / 2)]?.[x + 4];
    return half === '█' || half === ((y + 4) % 2 === 0 ? '▀' : '▄');
  };
  for (let y = -4; y < picture.size + 4; y += 1)
    for (let x = -4; x < picture.size + 4; x += 1) expect(isDark(x, y)).toBe(picture.get(x, y));
  expect(rows.every((row) => row.length === picture.size + 8)).toBe(true);
});
