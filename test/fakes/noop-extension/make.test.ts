import { Script } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { bundle } from './make.mjs';

describe('the no-op extension', () => {
  test.each([400, 5_000, 120_001])('[bench anchor] a bundle of %i bytes has exactly that size and parses', (bytes) => {
    const text = bundle(bytes);
    expect(Buffer.byteLength(text)).toBe(bytes);
    const body = text.replace(/^import\{commands\}from'vscode';/, '').replaceAll('export function', 'function');
    expect(() => new Script(body)).not.toThrow();
  });

  test('[bench anchor] a size too small for the code is refused', () => {
    expect(() => bundle(10)).toThrow(RangeError);
  });
});
