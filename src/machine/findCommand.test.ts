import { describe, expect, test } from 'vitest';
import { findCommand, isInside, type CommandLookup } from './findCommand.ts';

const lookup = (
  parts: Partial<CommandLookup> & { files: readonly string[]; links?: Readonly<Record<string, string>> },
): CommandLookup => ({
  platform: 'linux',
  path: '',
  extensions: '',
  forbidden: [],
  isFile: (path) => Promise.resolve(parts.files.includes(path)),
  realPath: (path) => Promise.resolve(parts.links?.[path] ?? path),
  ...parts,
});

describe('finding a command', () => {
  test('[S34] the first on PATH that does not lie in the workspace', async () => {
    const files = ['/ws/bin/agent', '/ws/agent', '/usr/bin/agent', '/opt/agent'];
    const found = findCommand('agent', lookup({ files, path: '.::bin:/ws/bin:/ws:/usr/bin:/opt', forbidden: ['/ws'] }));
    expect(await found).toBe('/usr/bin/agent');
  });

  test('[S34] a folder or a file that links into the workspace counts as lying there', async () => {
    const files = ['/home/dev/bin/agent', '/usr/local/bin/agent', '/usr/bin/agent'];
    const links = { '/home/dev/bin': '/data/ws/bin', '/usr/local/bin/agent': '/data/ws/evil', '/ws': '/data/ws' };
    const path = '/home/dev/bin:/usr/local/bin:/usr/bin';
    expect(await findCommand('agent', lookup({ files, links, path, forbidden: ['/ws'] }))).toBe('/usr/bin/agent');
  });

  test('[S34] a name that is only in the workspace is missing, and the failure says so', async () => {
    const found = findCommand('agent', lookup({ files: ['/ws/agent'], path: '/ws:.', forbidden: ['/ws'] }));
    await expect(found).rejects.toMatchObject({
      code: 'missing',
      message: expect.stringContaining('inside the workspace') as string,
    });
  });

  test('[S34] a relative path is refused, an absolute one is somebody’s choice', async () => {
    const files = ['/ws/agent'];
    await expect(findCommand('./agent', lookup({ files, path: '/ws' }))).rejects.toMatchObject({ code: 'invalid' });
    await expect(findCommand('', lookup({ files, path: '/ws' }))).rejects.toMatchObject({ code: 'invalid' });
    expect(await findCommand('/ws/agent', lookup({ files, forbidden: ['/ws'] }))).toBe('/ws/agent');
    await expect(findCommand('/ws/other', lookup({ files }))).rejects.toMatchObject({ code: 'missing' });
  });

  test('[S34] [acp 4.2.2] Windows: extensions of PATHEXT, no bare name, no current folder, no drive-relative path', async () => {
    const windows = (files: readonly string[], command: string) =>
      findCommand(
        command,
        lookup({
          files,
          platform: 'win32',
          path: 'C:\\ws;.;C:\\npm;C:\\tools',
          extensions: '.EXE;.CMD',
          forbidden: ['c:\\WS'],
        }),
      );
    expect(
      await windows(['C:\\ws\\agent.CMD', 'C:\\npm\\agent', 'C:\\npm\\agent.CMD', 'C:\\tools\\agent.EXE'], 'agent'),
    ).toBe('C:\\npm\\agent.CMD');
    expect(await windows(['C:\\tools\\agent.exe'], 'agent.exe')).toBe('C:\\tools\\agent.exe');
    await expect(windows(['C:\\npm\\agent'], 'agent')).rejects.toMatchObject({ code: 'missing' });
    await expect(windows([], 'C:agent')).rejects.toMatchObject({ code: 'invalid' });
    await expect(windows([], '..\\agent')).rejects.toMatchObject({ code: 'invalid' });
  });

  test('[S34] inside means the folder and below, not a neighbour with the same beginning', () => {
    expect(isInside('/ws/a', '/ws', 'linux')).toBe(true);
    expect(isInside('/ws', '/ws/', 'linux')).toBe(true);
    expect(isInside('/ws-other/a', '/ws', 'linux')).toBe(false);
    expect(isInside('/ws/../etc', '/ws', 'linux')).toBe(false);
    expect(isInside('/ws/..a', '/ws', 'linux')).toBe(true);
    expect(isInside('D:\\ws', 'C:\\ws', 'win32')).toBe(false);
    expect(isInside('C:\\WS\\x', 'c:\\ws', 'win32')).toBe(true);
  });
});
