/** A host of remote execution that misbehaves as it is told to. `node test/fakes/execution.ts --help` */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { DEFAULTS, type FakeExecutionOptions, SWITCHES } from './execution/options.ts';
import { FakeExecution } from './execution/server.ts';

const help = (): string =>
  [
    'A fake host of remote execution on loopback. What it is told to run it runs, with /bin/sh, where it was started.',
    'Lines that it reads: cut, close N, restart, expire.',
    '',
    ...SWITCHES.map(({ name, argument = '', about }) => `  --${`${name} ${argument}`.padEnd(16)} ${about}`),
    '',
  ].join('\n');

const act = (host: FakeExecution, [verb = '', argument = '']: readonly string[]): void => {
  if (verb === 'cut') host.cut();
  else if (verb === 'close') host.close(Number(argument));
  else if (verb === 'restart') host.restart();
  else if (verb === 'expire') host.expire();
};

const main = async (): Promise<void> => {
  const options = {
    help: { type: 'boolean' },
    ...Object.fromEntries(
      SWITCHES.map(({ name, argument }) => [name, { type: argument === undefined ? 'boolean' : 'string' } as const]),
    ),
  } as const;
  const { values } = parseArgs({ options, strict: true });
  const given: Readonly<Record<string, unknown>> = values;
  if (given['help'] === true) return void process.stdout.write(help());
  const wanted = Object.fromEntries(
    SWITCHES.filter(({ name, key }) => key !== 'port' && given[name] !== undefined).map(({ name, key }) => {
      const isNumber = key !== 'port' && typeof DEFAULTS[key] === 'number';
      return [key, isNumber ? Number(given[name]) : given[name]];
    }),
  ) as Partial<FakeExecutionOptions>;
  const host = await FakeExecution.listen(wanted, Number(given['port'] ?? 0));
  process.stdout.write(`${JSON.stringify({ environment: host.url, envID: host.options.env })}\n`);
  process.stdin.on('data', (lines: Buffer) => {
    for (const line of String(lines).split('\n')) if (line.trim() !== '') act(host, line.trim().split(' '));
  });
  // Whoever started it is gone.
  process.stdin.on('end', () => {
    host.expire();
    process.exit(0);
  });
};

await main();
