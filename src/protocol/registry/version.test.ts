import { describe, expect, test } from 'vitest';
import { isNewer, isNpmVersion, isPythonVersion, isVersion } from './version.ts';

describe('versions', () => {
  test('[S52] one exact version is pinned, and nothing else is', () => {
    for (const pinned of ['1.2.3', '0.0.16', '704.1.0', '1.0.0-beta.4', '0.85.2-preview.22', '1.0.0+build.7'])
      expect(isNpmVersion(pinned), pinned).toBe(true);
    const loose = ['latest', 'next', '', '*', 'x', '1', '1.2', '1.x', '^1.2.3', '~1.2.3', '>=1.2.3', '1.2.3 || 2.0.0'];
    for (const text of [
      ...loose,
      '1.2.3 - 2.0.0',
      'v1.2.3',
      '1.2.3\n',
      'npm:other@1.2.3',
      'file:../x',
      'https://x/y.tgz',
    ])
      expect(isNpmVersion(text), text).toBe(false);
    for (const pinned of ['0.10.1', '1', '1.0rc1', '2.0.post1', '1.0.dev3']) expect(isPythonVersion(pinned)).toBe(true);
    for (const text of ['latest', '>=1.0', '1.*', '~=1.0', '1.0,<2', '']) expect(isPythonVersion(text)).toBe(false);
  });

  test('[registry] a version names a folder and leads nowhere else', () => {
    for (const good of ['1.2.3', 'v0.4', '2026.08.01-abc']) expect(isVersion(good)).toBe(true);
    for (const bad of ['latest', '', '..', '../1', '1/2', '1\\2', '1 2', `1${'0'.repeat(99)}`])
      expect(isVersion(bad)).toBe(false);
  });

  test('[registry] the order is that of the numbers, not of the letters', () => {
    const ordered = [
      '0.9.9',
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0',
      '1.0.1',
      '1.2.0',
    ];
    const versions = [...ordered, '1.10.0', '2.0.0', '10.0.0', '704.1.0', '99999999999999999999.0.0'];
    for (const [at, one] of versions.entries())
      for (const [than, other] of versions.entries()) expect(isNewer(one, other), `${one} > ${other}`).toBe(at > than);
  });

  test('[registry] the same version in other words is not newer', () => {
    for (const [one, other] of [
      ['1.0', '1.0.0'],
      ['v1.2.3', '1.2.3'],
      ['1.2.3+b', '1.2.3+a'],
      ['01.2.3', '1.2.3'],
    ] as const) {
      expect(isNewer(one, other)).toBe(false);
      expect(isNewer(other, one)).toBe(false);
    }
    expect(isNewer('1.0rc1', '1.0')).toBe(false);
    expect(isNewer('1.0', '1.0rc1')).toBe(true);
  });
});
