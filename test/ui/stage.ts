import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { copySample } from '../tools/sample.ts';
import { Chat } from './chat.ts';
import { root } from './server.ts';
import { openWorkbench } from './workbench.ts';
import type { Workbench, WorkbenchOptions } from './workbench.ts';

/** An entry of `wheelhouse.agents` that starts the fake agent; see `node test/fakes/agent.ts --help`. */
export const fakeAgent = (name: string, ...args: readonly string[]): object => ({
  name,
  command: process.execPath,
  args: [join(root, 'test', 'fakes', 'agent.ts'), ...args],
});

/** A workbench on a copy of the sample workspace, with the chat open. */
export interface Stage {
  readonly workbench: Workbench;
  readonly chat: Chat;
  /** Absolute path of the workspace. */
  readonly folder: string;
  /** @returns the processes that outlived the server */
  close(): Promise<readonly string[]>;
}

export async function openStage(options: WorkbenchOptions = {}): Promise<Stage> {
  const parent = await mkdtemp(join(tmpdir(), 'wheelhouse-workspace-'));
  const remove = (): Promise<void> => rm(parent, { recursive: true, force: true });
  try {
    const folder = await copySample(join(parent, 'sample'));
    const workbench = await openWorkbench({ workspace: folder, ...options });
    const close = async (): Promise<readonly string[]> => {
      const left = await workbench.close();
      await remove();
      return left;
    };
    return { workbench, chat: new Chat(workbench), folder, close };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Called in a `describe`: keeps what was to be seen when a test failed, as failed-NAME.png in out/screens. */
export function photographFailures(workbench: () => Workbench | undefined): void {
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    const name = task.name.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 60);
    // The page may be what broke.
    await workbench()
      ?.screenshot(`failed${name}`)
      .catch(() => undefined);
  });
}
