import { defineConfig } from 'vitest/config';

// One project for each suite of `npm test`; `npx vitest run --project ui test/ui/toast.test.ts` runs one file.
// No test may fail because the machine is busy: a limit is there for what never ends.
const patience = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 60_000 } } };

/**
 * Background hosts, agents on other machines and the door of devices, as real processes and sockets; but for what measures
 * how the door stands a flood.
 */
const HOSTS = ['test/faults/host*.test.ts', 'test/faults/exec.test.ts', 'test/faults/relayDoor!(Floods).test.ts'];

/** Counts no processes, and mostly waits. */
const CUTS = ['test/faults/*Cuts.test.ts', 'test/faults/agentAtServers.test.ts', 'test/faults/stream.test.ts'];

/**
 * What has modules, a clock or a process of its own. The others of the unit tests share modules by a worker, since to
 * load them anew for each file takes three times as long as the tests.
 */
const APART = [
  'src/machine/clock.test.ts',
  'src/vscode/**/*.test.ts',
  'src/extension.test.ts',
  'webview/guard.test.ts',
];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles: ['test/tools/leaks.ts', 'test/tools/patient.ts'],
          include: ['src/**/*.test.ts', 'test/{tools,bench}/**/*.test.ts'],
          exclude: APART,
          isolate: false,
          ...patience,
        },
      },
      {
        test: {
          name: 'unit-apart',
          setupFiles: ['test/tools/leaks.ts', 'test/tools/patient.ts'],
          include: APART,
          ...patience,
        },
      },
      {
        // The same suite in `npm test`; of its own since the webview's tests want a document.
        test: {
          name: 'unit-webview',
          setupFiles: ['test/tools/patient.ts'],
          include: ['webview/**/*.test.{ts,tsx}'],
          exclude: ['webview/guard.test.ts'],
          environment: 'happy-dom',
          isolate: false,
          ...patience,
        },
      },
      {
        test: {
          name: 'property',
          setupFiles: ['test/tools/leaks.ts', 'test/properties/seed.ts'],
          include: ['test/properties/**/*.test.ts'],
          isolate: false,
          ...patience,
        },
      },
      {
        test: {
          name: 'golden',
          setupFiles: ['test/tools/leaks.ts'],
          isolate: false,
          include: ['test/golden/**/*.test.ts'],
          ...patience,
        },
      },
      {
        // Agents of many kinds as programs: each test starts its own. And wires that are cut, between objects of one process.
        test: {
          name: 'fakes',
          setupFiles: ['test/tools/leaks.ts'],
          include: ['test/fakes/**/*.test.ts', ...CUTS],
          ...patience,
        },
      },
      {
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          ...patience,
        },
      },
      {
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          exclude: [...HOSTS, ...CUTS],
          // Real processes are counted here, and two files at once would count each other's.
          fileParallelism: false,
          ...patience,
        },
      },
      {
        // What they start carries a mark of its own, and for the most part they wait.
        test: {
          name: 'hosts',
          include: HOSTS,
          globalSetup: ['test/faults/hostSetup.ts'],
          maxWorkers: 4,
          ...patience,
        },
      },
      {
        test: {
          name: 'ui',
          include: ['test/ui/**/*.test.ts'],
          globalSetup: ['test/ui/globalSetup.ts'],
          // Each file has a VS Code and a browser of its own, which wait for each other a third of the time.
          maxWorkers: 3,
          ...patience,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
