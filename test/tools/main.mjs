// The door of every command of package.json: sets up what the command needs, then runs it with a Node that the tools
// can live with. Runs on plain Node 20, so nothing here may need a package.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { findDesktopCode, root, setupChromium, setupNode, setupPackages, setupVSCode, SetupError } from './setup.mjs';

const command = (name) => [join('test', 'tools', 'command.ts'), name];

// What runs, and what it needs besides Node and the npm packages.
const commands = {
  start: { run: command('start'), needs: startNeeds },
  test: { run: command('test'), needs: () => ['vscode', 'chromium'] },
  check: { run: command('check'), needs: () => [] },
  package: { run: command('package'), needs: () => [] },
  host: { run: [join('src', 'host.ts')], needs: () => [] },
  replay: { run: command('replay'), needs: () => [] },
  simulate: { run: [join('test', 'simulation', 'main.ts')], needs: () => [] },
  'test:long': { run: command('test:long'), needs: () => [] },
  'test:agents': { run: [join('test', 'agents', 'main.ts')], needs: () => ['vscode', 'chromium'] },
  bench: { run: [join('test', 'bench', 'main.ts')], needs: () => ['vscode', 'chromium'] },
};

/** A desktop may have its own VS Code, and without one the person's own browser shows ours. */
async function startNeeds(args) {
  if (args.includes('--headless')) return ['vscode', 'chromium'];
  return (await findDesktopCode()) === undefined ? ['vscode'] : [];
}

/** Runs to the end with the terminal's own input and output, and passes on the signals that only reach us. */
function runWith(node, args) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
    const child = spawn(node, args, { cwd: root, env, stdio: 'inherit' });
    // A terminal sends Ctrl-C to the child as well; we only have to outlive it.
    process.on('SIGINT', () => undefined);
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

const [name = '', ...args] = process.argv.slice(2);
const chosen = commands[name];
try {
  if (chosen === undefined)
    throw new SetupError(`There is no command "${name}"; the commands are ${Object.keys(commands).join(', ')}.`);
  const needs = await chosen.needs(args);
  const node = await setupNode({ forVSCode: needs.includes('vscode') });
  await setupPackages();
  if (needs.includes('vscode')) await setupVSCode();
  if (needs.includes('chromium')) await setupChromium();
  process.exitCode = await runWith(node, [...chosen.run, ...args]);
} catch (error) {
  process.stderr.write(`${error instanceof SetupError ? error.message : error.stack}\n`);
  process.exitCode = 1;
}
