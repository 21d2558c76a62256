import { resolve } from 'node:path';
import { createVitest } from 'vitest/node';
import { root } from '../suite.ts';
import type { Guard } from './guards.ts';
import { mutatedText } from './mutant.ts';

export interface Hunted {
  readonly guard: Guard;
  /** A test that it made red, by its name; undefined: nothing would notice. */
  readonly red: string | undefined;
}

/** What a guard without a limit would wait for: its test has failed by then, ms. */
const PATIENCE = 15_000;

/**
 * Breaks one guard after the other, in memory alone, and runs the tests that are to notice it.
 * @throws Error when one of these is red already
 */
export const huntGuards = async (
  guards: readonly Guard[],
  onHunted: (hunted: Hunted) => void,
): Promise<readonly Hunted[]> => {
  const before = await firstRed([...new Set(guards.flatMap(({ tests }) => tests))]);
  if (before !== undefined) throw new Error(`This is red before any guard is broken: ${before}`);
  const all: Hunted[] = [];
  for (const guard of guards) {
    const broken = { path: resolve(root, guard.file), text: await mutatedText(guard) };
    const hunted = { guard, red: await firstRed(guard.tests, broken) };
    all.push(hunted);
    onHunted(hunted);
  }
  return all;
};

const firstRed = async (
  tests: readonly string[],
  broken?: { readonly path: string; readonly text: string },
): Promise<string | undefined> => {
  const vitest = await createVitest(
    'test',
    {
      root,
      config: false,
      watch: false,
      include: [...tests],
      environment: tests.some((path) => path.startsWith('webview/')) ? 'happy-dom' : 'node',
      reporters: [{}],
      silent: true,
      bail: 1,
      testTimeout: PATIENCE,
      hookTimeout: PATIENCE,
      // It goes by the file on the disk, and would give one broken guard out for the next one.
      fsModuleCache: false,
    },
    { plugins: [{ name: 'broken', enforce: 'pre', load: (id) => (id === broken?.path ? broken.text : undefined) }] },
  );
  try {
    const { testModules } = await vitest.start();
    // A file that cannot even be loaded proves nothing: then the guard was broken into what is no program.
    const [red] = testModules.flatMap(({ children }) => [...children.allTests('failed')]);
    return red?.fullName;
  } finally {
    await vitest.close();
  }
};
