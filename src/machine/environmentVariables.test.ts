import { describe, expect, test } from 'vitest';
import { childVariables, isDenied, variable } from './environmentVariables.ts';

describe('environment variables', () => {
  test('[S30] what belongs to the editor, to node and to us is not handed on', () => {
    const own = {
      PATH: '/bin',
      HOME: '/home/dev',
      VSCODE_IPC_HOOK: 'x',
      vscode_pid: '1',
      ELECTRON_RUN_AS_NODE: '1',
      NODE_OPTIONS: '--require evil',
      WHEELHOUSE_TOKEN: 'secret',
      CODE_SERVER_SESSION_SOCKET: 'x',
      GONE: undefined,
    };
    expect(childVariables(own, undefined, 'linux')).toEqual({ PATH: '/bin', HOME: '/home/dev' });
    expect(['NODE_OPTIONS', 'Node_Options', 'VSCODE_NLS_CONFIG'].every(isDenied)).toBe(true);
    expect(['NODE_ENV', 'MY_VSCODE', 'NODE_EXTRA_CA_CERTS'].some(isDenied)).toBe(false);
  });

  test('[S30] what is set by name is given, and null removes', () => {
    const over = { NODE_OPTIONS: '--max-old-space-size=100', HOME: null, KEY: 'v' };
    expect(childVariables({ PATH: '/bin', HOME: '/home/dev' }, over, 'linux')).toEqual({
      PATH: '/bin',
      NODE_OPTIONS: '--max-old-space-size=100',
      KEY: 'v',
    });
  });

  test('[S30] on Windows a name is one name however it is written', () => {
    expect(childVariables({ Path: 'C:\\a', Temp: 'x' }, { PATH: 'C:\\b', TEMP: null }, 'win32')).toEqual({
      PATH: 'C:\\b',
    });
    expect(variable({ Path: 'C:\\a' }, 'PATH', 'win32')).toBe('C:\\a');
    expect(variable({ Path: '/a' }, 'PATH', 'linux')).toBeUndefined();
  });
});
