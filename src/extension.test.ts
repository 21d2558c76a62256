import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

const order: string[] = [];
let ending: () => Promise<void> = () => Promise.resolve();
let opened: () => object = () => ({});

class FakeOwned {
  dispose(): void {
    order.push('views');
  }
}
vi.mock('vscode', () => ({
  window: { registerWebviewViewProvider: () => ({ dispose: () => undefined }) },
  commands: {
    registerCommand: (name: string, run: () => Promise<unknown>) => {
      if (name === 'wheelhouse.newSession') command = run;
      return { dispose: () => undefined };
    },
  },
}));
vi.mock('./vscode/chatView.ts', () => ({ ChatView: class extends FakeOwned {} }));
vi.mock('./vscode/elsewhere.ts', () => ({ registerElsewhere: () => undefined }));
vi.mock('./vscode/log.ts', () => ({ Logs: class extends FakeOwned {} }));
vi.mock('./vscode/sessionsTree.ts', () => ({ SessionsTree: class extends FakeOwned {} }));
vi.mock('./vscode/commands.ts', () => ({
  runCommand: () => Promise.resolve(),
  openCore: () => {
    opened();
    return {
      [Symbol.asyncDispose]: (): Promise<void> => {
        order.push('core');
        return ending();
      },
    };
  },
}));
let command: () => Promise<unknown> = () => Promise.resolve();

const { activate, deactivate } = await import('./extension.ts');
const extension = { packageJSON: { version: '1.2.3' } };
const context = { globalStorageUri: { fsPath: '/storage' }, extension, extensionUri: {}, workspaceState: {} };

beforeEach(() => {
  vi.useFakeTimers();
  order.length = 0;
  ending = () => Promise.resolve();
  opened = () => ({});
  activate(context as unknown as Parameters<typeof activate>[0]);
});
afterEach(() => vi.useRealTimers());

/** How long the end takes, in milliseconds. */
const end = async (): Promise<number> => {
  const from = Date.now();
  let over = -1;
  const ended = deactivate().then(() => (over = Date.now() - from));
  await vi.advanceTimersByTimeAsync(10_000);
  await ended;
  return over;
};

describe('the end of the extension', () => {
  test('[acp 4.2.8] waits for what has to be ended, and takes the views away after that', async () => {
    await command();
    ending = () => new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await end()).toBe(1500);
    expect(order[0]).toBe('core');
    expect(order).toContain('views');
  });

  test('[acp 4.2.8] waits for nothing longer than VS Code would, and ends once', async () => {
    await command();
    ending = () => new Promise(() => undefined);
    expect(await end()).toBe(2000);
    expect(order).toContain('views');
    order.length = 0;
    expect(await end()).toBeLessThanOrEqual(2000);
    expect(order).toEqual([]);
  });

  test('[acp 4.2.8] is there as well where nothing was begun, or where it could not be', async () => {
    await end();
    expect(order).not.toContain('core');
    expect(order).toContain('views');
    activate(context as unknown as Parameters<typeof activate>[0]);
    opened = () => {
      throw new Error('no core');
    };
    await expect(command()).rejects.toThrow('no core');
    await end();
    expect(order).not.toContain('core');
  });
});
