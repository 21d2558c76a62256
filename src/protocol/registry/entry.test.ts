import { describe, expect, test } from 'vitest';
import { readRegistry, type Distribution, type RegistryEntry } from './entry.ts';
import { chooseDistribution, launchOf, platformName, type Host } from './launch.ts';

const agent = (distribution: unknown, more: object = {}): unknown => ({
  id: 'agent',
  name: 'Agent',
  version: '1.2.3',
  description: 'An agent.',
  distribution,
  ...more,
});

const read = (...agents: readonly unknown[]): readonly RegistryEntry[] => readRegistry({ agents })?.entries ?? [];
const one = (distribution: unknown): RegistryEntry => {
  const [entry] = read(agent(distribution));
  if (entry === undefined) throw new Error('it was not read');
  return entry;
};
const binary = (more: object = {}): object => ({
  'linux-x86_64': { archive: 'https://x.invalid/1.2.3/agent.tar.gz', cmd: './agent', sha256: 'A'.repeat(64), ...more },
});

describe('the registry', () => {
  test('[registry] what is not known is passed over, on every level', () => {
    const preview = { version: '2.0.0-preview.1', distribution: { npx: { package: 'agent@2.0.0-preview.1' } } };
    const distribution = { npx: { package: '@scope/agent@1.2.3', sums: [] }, docker: { image: 'x:latest' }, brew: 1 };
    const registry = readRegistry({
      version: '9.0.0',
      extensions: [],
      agents: [agent(distribution, { preview, icon: 5, authors: 'me', license: 'MIT', website: 'https://x.invalid' })],
    });
    expect(registry).toEqual({
      entries: [
        {
          id: 'agent',
          name: 'Agent',
          version: '1.2.3',
          description: 'An agent.',
          license: 'MIT',
          website: 'https://x.invalid',
          distributions: [{ kind: 'npx', package: '@scope/agent@1.2.3', version: '1.2.3', args: [], env: {} }],
          refused: [],
        },
      ],
      unreadable: 0,
    });
  });

  test('[registry] what is no registry, and what is no entry of one', () => {
    for (const value of [undefined, null, 5, 'x', [], {}, { agents: {} }]) expect(readRegistry(value)).toBeUndefined();
    const good = agent({ npx: { package: 'a@1.2.3' } });
    const bad = [null, 5, {}, agent({}), agent(undefined), agent({ npx: { package: 'a@1.2.3' } }, { id: '../x' })];
    const worse = [agent({ npx: { package: 'a@1.2.3' } }, { version: 'latest' }), agent(good, { id: 5 }), good, good];
    expect(readRegistry({ agents: [...bad, ...worse] })).toMatchObject({ entries: [{ id: 'agent' }], unreadable: 9 });
  });

  test('[S52] a package that is not pinned to one version is refused, and so is an address of the latest', () => {
    const loose = ['agent', 'agent@latest', 'agent@^1.2.3', 'agent@1.x', '@scope/agent', 'agent@', 'agent@npm:b@1.2.3'];
    const elsewhere = [
      'git+ssh://x/y#1.2.3',
      'https://x.invalid/a.tgz',
      'file:../a',
      './a@1.2.3',
      '-y@1.2.3',
      'a b@1.2.3',
    ];
    for (const spec of [...loose, ...elsewhere])
      expect(one({ npx: { package: spec } }), spec).toMatchObject({ distributions: [], refused: [/pinned/u] });
    for (const spec of ['agent', 'agent@latest', 'agent>=1', 'agent==1.*', '--with==1.0', 'agent @ https://x/y.whl'])
      expect(one({ uvx: { package: spec } }), spec).toMatchObject({ distributions: [], refused: [/pinned/u] });
    const latest = binary({ archive: 'https://x.invalid/releases/latest/download/agent.tar.gz' });
    expect(one({ binary: latest })).toMatchObject({ distributions: [], refused: [/latest/u] });
    for (const spec of ['name@1.2.3', 'name==1.2.3', 'name[extra]==1.0rc1'])
      expect(one({ uvx: { package: spec } }).distributions, spec).toHaveLength(1);
  });

  test('[S20] a program lies in its folder, on every system', () => {
    for (const cmd of ['./agent', 'agent', './dir\\agent.exe', 'a/b/c'])
      expect(one({ binary: binary({ cmd }) }).distributions).toMatchObject([{ program: /^[\w./]+$/u }]);
    const bad = ['../agent', '/bin/sh', 'C:\\agent.exe', '\\\\host\\x', 'a/../../b', '.', '', 'a:b', 'a\nb', 5];
    for (const cmd of bad) expect(one({ binary: binary({ cmd }) }), String(cmd)).toMatchObject({ distributions: [] });
  });

  test('[registry] arguments, variables and sums that are none are refused with their distribution', () => {
    const npx = (more: object): RegistryEntry => one({ npx: { package: 'a@1.2.3', ...more } });
    for (const more of [{ args: 'x' }, { args: [5] }, { args: ['a\0'] }, { env: { 'A=B': 'x' } }, { env: { A: 5 } }])
      expect(npx(more)).toMatchObject({ distributions: [], refused: [/^npx: /u] });
    expect(npx({ cmd: '--eval' })).toMatchObject({ distributions: [] });
    expect(one({ binary: binary({ sha256: 'abc' }) })).toMatchObject({ distributions: [], refused: [/checksum/u] });
    expect(one({ binary: binary() }).distributions).toMatchObject([{ sha256: 'a'.repeat(64) }]);
  });
});

describe('how an agent of the registry is started', () => {
  const places = { prefix: '/ours/npx', program: () => '/ours/agent/1.2.3/agent' };
  const launch = (distribution: unknown) => {
    const [chosen] = one(distribution).distributions;
    return launchOf(chosen as Distribution, places);
  };

  test('[registry] the run rules of the registry', () => {
    const env = { AUTO_UPDATE: '1' };
    expect(launch({ npx: { package: '@s/a@1.2.3', args: ['--acp'], env } })).toEqual({
      command: 'npx',
      args: ['--prefix', '/ours/npx', '-y', '@s/a@1.2.3', '--acp'],
      env,
    });
    expect(launch({ npx: { package: '@s/a@1.2.3', cmd: 'bin', args: ['acp'] } }).args).toEqual([
      '--prefix',
      '/ours/npx',
      '-y',
      '--package',
      '@s/a@1.2.3',
      'bin',
      'acp',
    ]);
    expect(launch({ uvx: { package: 'a==1.2', args: ['-x'] } })).toEqual({
      command: 'uvx',
      args: ['a==1.2', '-x'],
      env: {},
    });
    expect(launch({ uvx: { package: 'a@1.2', cmd: 'b' } }).args).toEqual(['--from', 'a@1.2', 'b']);
    expect(launch({ binary: binary({ args: ['acp'] }) })).toEqual({
      command: '/ours/agent/1.2.3/agent',
      args: ['acp'],
      env: {},
    });
  });

  test('[registry] what vouches for itself comes first, and what does not run here is told why', () => {
    const here: Host = { platform: platformName('linux', 'x64'), runners: new Set(['npx']) };
    const npx = { package: 'a@1.2.3' };
    const kind = (distribution: unknown, host: Host = here) => chooseDistribution(one(distribution), host).kind;
    expect(kind({ npx, binary: binary() })).toBe('binary');
    expect(kind({ npx, binary: binary({ sha256: undefined }) })).toBe('npx');
    expect(kind({ npx, binary: binary({ sha256: undefined }) }, { ...here, runners: new Set() })).toBe('binary');
    expect(() => kind({ npx }, { ...here, runners: new Set() })).toThrow(/npx is not on PATH/u);
    expect(() => kind({ binary: binary() }, { ...here, platform: 'darwin-aarch64' })).toThrow(/darwin-aarch64/u);
    expect(() => kind({ npx: { package: 'a@latest' } })).toThrow(/not pinned/u);
    expect(platformName('win32', 'arm64')).toBe('windows-aarch64');
    expect(platformName('linux', 'riscv64')).toBeUndefined();
  });
});
