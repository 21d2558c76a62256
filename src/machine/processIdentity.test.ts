import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { parseLinuxStat, startQuery, systemProcesses } from './processIdentity.ts';

describe('who a process is', () => {
  test('[K3] its start in /proc, whatever it calls itself', () => {
    const rest = '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21';
    expect(parseLinuxStat(`42 (node) S ${rest}`)).toEqual({ started: '4711', over: false });
    expect(parseLinuxStat(`42 (a b) c) Z ${rest}`)).toEqual({ started: '4711', over: true });
    expect(parseLinuxStat('')).toEqual({ started: undefined, over: false });
    expect(parseLinuxStat('42 (x) S 1 2')).toEqual({ started: undefined, over: false });
  });

  test('[K3] how the other systems are asked, and how they answer', () => {
    const mac = startQuery('darwin', 42, '');
    expect([mac.file, ...mac.args]).toEqual(['/bin/ps', '-o', 'lstart=', '-p', '42']);
    expect(mac.parse('Fri  2 Oct 09:08:07 2026    \n')).toBe('Fri 2 Oct 09:08:07 2026');
    expect(mac.parse('')).toBeUndefined();
    const windows = startQuery('win32', 42, 'C:\\Windows');
    expect(windows.file).toBe('C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe');
    expect(windows.args.at(-1)).toContain('Get-Process -Id 42');
    expect(windows.parse('134000000000000000\r\n')).toBe('134000000000000000');
    expect(windows.parse('Get-Process : Cannot find a process')).toBeUndefined();
  });

  test('[K3] a real one is there with one start, and gone when it has ended', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const pid = child.pid ?? 0;
    const found = await systemProcesses.find(pid);
    expect(found?.started).toBeTruthy();
    expect(await systemProcesses.find(pid)).toEqual(found);
    expect((await systemProcesses.find(process.pid))?.started).not.toBe(undefined);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await systemProcesses.find(pid)).toBeUndefined();
    expect(await systemProcesses.place()).toBe(await systemProcesses.place());
  });
});
