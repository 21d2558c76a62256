import * as esbuild from 'esbuild';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withExit } from '../tools/report.ts';
import { copySample } from '../tools/sample.ts';
import { reports, root } from '../tools/suite.ts';
import type { SuiteRun } from '../tools/suite.ts';
import { openWorkbench } from '../ui/workbench.ts';
import type { HostReport } from './report.ts';

const out = join(root, 'out', 'host-tests');
const limit = 300_000;

async function bundle(): Promise<void> {
  const files = (await readdir(join(root, 'test/host/suites'))).filter((name) => name.endsWith('.test.ts')).toSorted();
  const list = files.map(
    (name) => `${JSON.stringify(`test/host/suites/${name}`)}: () => require(${JSON.stringify(`./suites/${name}`)})`,
  );
  await esbuild.build({
    entryPoints: [join(root, 'test/host/index.ts')],
    outfile: join(out, 'index.js'),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    plugins: [
      {
        name: 'suites',
        setup: (build) => {
          build.onResolve({ filter: /^wheelhouse:suites$/ }, ({ path }) => ({ path, namespace: 'suites' }));
          build.onLoad({ filter: /.*/, namespace: 'suites' }, () => ({
            contents: `export const suites = { ${list.join(', ')} };`,
            resolveDir: join(root, 'test/host'),
          }));
        },
      },
    ],
  });
  await writeFile(join(out, 'package.json'), '{ "type": "commonjs" }\n');
}

/** VS Code wants an extension under development beside the tests; the one that is tested is installed from its vsix. */
async function writeRunnerExtension(): Promise<string> {
  const folder = join(out, 'runner');
  await mkdir(folder, { recursive: true });
  const manifest = { name: 'runner', publisher: 'wheelhouse-tests', version: '0.0.1', engines: { vscode: '^1.101.0' } };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  return folder;
}

/**
 * Runs test/host/suites with mocha inside the extension host of a real VS Code.
 * `env.WHEELHOUSE_VSIX` names the extension that is installed there.
 */
export async function runHost(env: NodeJS.ProcessEnv): Promise<SuiteRun> {
  const start = performance.now();
  const results = join(reports, 'host.json');
  await mkdir(out, { recursive: true });
  await rm(results, { force: true });
  await bundle();
  const runner = await writeRunnerExtension();
  const folder = await mkdtemp(join(tmpdir(), 'wheelhouse-workspace-'));
  let log = '';
  try {
    const code = await runInside(
      { vsix: env['WHEELHOUSE_VSIX'], runner, workspace: await copySample(join(folder, 'sample')), results },
      (line) => (log += `${line}\n`),
    );
    const report = await readFile(results, 'utf8').then(
      (text) => JSON.parse(text) as HostReport,
      () => undefined,
    );
    const errors = report?.tests.flatMap(({ name, error }) =>
      error === undefined ? [] : [`FAIL  ${name}\n${error}`],
    ) ?? [`no results were written; VS Code said:\n${log}`];
    const tests = report?.tests.map(({ error: _, ...row }) => ({ suite: 'host', ...row })) ?? [];
    return {
      ...withExit('host', { tests, skipped: report?.skipped ?? 0 }, code),
      output: errors.join('\n\n'),
      ms: performance.now() - start,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Inside {
  readonly vsix: string | undefined;
  readonly runner: string;
  readonly workspace: string;
  readonly results: string;
}

/** @returns the code that VS Code gives when the tests have ended */
async function runInside({ vsix, runner, workspace, results }: Inside, log: (line: string) => void): Promise<number> {
  const exit = Promise.withResolvers<number>();
  const workbench = await openWorkbench({
    ...(vsix === undefined ? {} : { vsix }),
    workspace,
    driver: true,
    // VS Code's own git falls over repositories that come and go, and mocha would blame the test that runs by then.
    settings: { 'git.enabled': false },
    env: { WHEELHOUSE_HOST_RESULTS: results },
    payload: ({ port }) => [
      ['extensionDevelopmentPath', `vscode-remote://127.0.0.1:${port}${runner}`],
      ['extensionTestsPath', `vscode-remote://127.0.0.1:${port}${join(out, 'index.js')}`],
    ],
    prepare: async (page) => {
      await page.exposeFunction('codeAutomationExit', (code: number) => exit.resolve(code));
      await page.exposeFunction('codeAutomationLog', (type: string, args: readonly unknown[]) =>
        log(`[${type}] ${args.map(String).join(' ')}`),
      );
    },
  });
  const timer = setTimeout(
    () => exit.reject(new Error(`the tests inside VS Code did not end in ${limit / 1000} s`)),
    limit,
  );
  try {
    return await exit.promise;
  } finally {
    clearTimeout(timer);
    await workbench.close();
  }
}
