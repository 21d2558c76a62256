// Runs one command of package.json by name; main.mjs has set up what it needs.

import { PackageError } from './package.ts';
import { SetupError } from './setup.mjs';

const [name, ...args] = process.argv.slice(2);

async function run(): Promise<number> {
  switch (name) {
    case 'check':
      return (await import('./check.ts')).checkCommand();
    case 'package':
      return (await import('./package.ts')).packageCommand(args);
    case 'replay':
      return (await import('./replay.ts')).replayCommand(args);
    case 'test':
      return (await import('./test.ts')).testCommand();
    case 'test:long':
      return (await import('./long.ts')).longCommand(args);
    case 'start':
      return args.includes('--headless')
        ? (await import('./headless.ts')).headlessCommand()
        : (await import('./start.ts')).startCommand();
    default:
      throw new Error(`There is no command "${name ?? ''}".`);
  }
}

try {
  process.exitCode = await run();
} catch (error) {
  // These say what to do; where they were thrown helps nobody.
  if (!(error instanceof PackageError) && !(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
