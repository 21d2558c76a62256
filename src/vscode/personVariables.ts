import * as vscode from 'vscode';
import type { Log } from '../base/log.ts';
import { systemClock } from '../machine/clock.ts';
import type { Variables } from '../machine/environmentVariables.ts';
import { type ProxySettings, withProxy } from '../machine/proxyVariables.ts';
import { ShellEnvironment } from '../machine/shellEnvironment.ts';

/** What the programs that a person has us start find in their environment; the settings as they are at that time. */
export const personVariables = (log: Log): (() => Promise<Variables>) => {
  const shell = new ShellEnvironment({ env: process.env, clock: systemClock, log, platform: process.platform });
  return async () => withProxy(await shell.variables(), readProxySettings(), process.platform);
};

/** What VS Code is told of the way to the network. */
export const readProxySettings = (): ProxySettings => {
  const settings = vscode.workspace.getConfiguration('http');
  const proxy = settings.get<unknown>('proxy');
  const without = settings.get<unknown>('noProxy');
  return {
    ...(typeof proxy === 'string' ? { proxy: proxy.trim() } : {}),
    ...(Array.isArray(without) ? { without: without.filter((host) => typeof host === 'string') } : {}),
    strict: settings.get<unknown>('proxyStrictSSL') !== false,
    off: settings.get<unknown>('proxySupport') === 'off',
  };
};
