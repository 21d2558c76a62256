/** A server of terminals that misbehaves as it is told to. `node test/fakes/stream.ts --help` */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { DEFAULTS, SWITCHES } from './stream/options.ts';
import { FakeStreams } from './stream/server.ts';

const help = (): string =>
  [
    'A fake server of terminals on loopback, as the source of the protocol describes it. What runs in them says back what is',
    'typed, a line at a time; `count N` gives so many words, `hold` waits for a line “release”, `exit N` ends, and `think`,',
    '`tool NAME`, `wait` and `idle` say what it does.',
    'Lines that it reads: cut, close N, restart, recount, forget, release, say TEXT, end.',
    '',
    ...SWITCHES.map(({ name, argument = '', about }) => `  --${`${name} ${argument}`.padEnd(16)} ${about}`),
    '',
  ].join('\n');

const act = (server: FakeStreams, line: string): void => {
  const [verb = '', ...rest] = line.split(' ');
  if (verb === 'cut') return server.cut();
  if (verb === 'restart') return server.restart();
  for (const session of server.sessions.values()) {
    if (verb === 'close') session.close(Number(rest[0]));
    else if (verb === 'recount') session.recount(false);
    else if (verb === 'forget') session.forget();
    else if (verb === 'release') session.pane.release();
    else if (verb === 'say') session.pane.print(`${rest.join(' ')}\r\n`);
    else if (verb === 'end') session.end(0);
  }
};

const main = async (): Promise<void> => {
  const options = Object.fromEntries(
    SWITCHES.map(({ name, argument }) => [name, { type: argument === undefined ? 'boolean' : 'string' } as const]),
  );
  const { values } = parseArgs({ options: { ...options, help: { type: 'boolean' } }, strict: true });
  const given: Readonly<Record<string, unknown>> = values;
  if (given['help'] === true) return void process.stdout.write(help());
  const set = Object.entries(given).map(([name, value]) => {
    const isNumber = typeof DEFAULTS[name as keyof typeof DEFAULTS] === 'number';
    return [name, isNumber ? Number(value) : value];
  });
  const { port, ...switches } = Object.fromEntries(set) as Readonly<Record<string, unknown>>;
  const server = await FakeStreams.listen(switches, Number(port ?? 0));
  process.stdout.write(`${JSON.stringify({ terminal: server.url })}\n`);
  process.stdin.on('data', (lines: Buffer) => {
    for (const line of String(lines).split('\n')) if (line.trim() !== '') act(server, line.trim());
  });
  // Whoever started it is gone.
  process.stdin.on('end', () => process.exit(0));
};

await main();
