import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openWorkbench } from '../ui/workbench.ts';
import type { Workbench } from '../ui/workbench.ts';
import { steps } from './headlessSteps.ts';
import { packageExtension } from './package.ts';
import { copySample, demo } from './sample.ts';

/** What a step of the demonstration works with. */
export interface Stage {
  readonly workbench: Workbench;
  /** Absolute path of the workspace on the disk. */
  readonly workspace: string;
}

export interface Step {
  /** What a person would say happens, in the present: "the agent asks for permission". */
  readonly name: string;
  /** Does it and waits until it is seen; throws with the reason when it is not. */
  run(stage: Stage): Promise<void>;
}

async function removePictures(): Promise<void> {
  await mkdir(demo, { recursive: true });
  const old = (await readdir(demo)).filter((name) => name.endsWith('.png'));
  await Promise.all(old.map((name) => rm(join(demo, name))));
}

/** The main job as a script in a real VS Code: a line and a picture for each step, up to the first that fails. */
export async function headlessCommand(): Promise<number> {
  await removePictures();
  const workspace = await copySample(join(demo, 'workspace'));
  const { path } = await packageExtension();
  let workbench: Workbench | undefined;
  const opening = async (): Promise<void> => {
    workbench = await openWorkbench({ vsix: path, workspace });
  };
  const acts = [
    { name: 'VS Code opens with the extension installed', run: opening },
    ...steps.map((step) => ({ name: step.name, run: async () => workbench && step.run({ workbench, workspace }) })),
  ];
  try {
    for (const [index, act] of acts.entries()) {
      const start = performance.now();
      const failure = await act.run().then(() => undefined, reason);
      const ms = Math.round(performance.now() - start);
      await workbench?.page.screenshot({ path: join(demo, `${String(index + 1).padStart(2, '0')}-step.png`) });
      console.log(`${failure === undefined ? 'ok  ' : 'FAIL'}  ${act.name}  ${ms} ms`);
      if (failure !== undefined) {
        console.log(failure);
        return 1;
      }
    }
    console.log(`${acts.length} steps passed; pictures in ${demo}`);
    return 0;
  } finally {
    await workbench?.close();
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
