/** An agent at an address, whose server misbehaves as it is told to. `node test/fakes/agentAt.ts --help` */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { SWITCHES } from './agentAt/options.ts';
import { FakeAgentServer } from './agentAt/server.ts';

const help = (): string =>
  [
    'An agent on loopback, behind a WebSocket and behind streamable HTTP at the same address. It prints a line with both.',
    'What stands after -- are switches of the agent itself: see `node test/fakes/agent.ts --help`, such as --resume.',
    'Lines that it reads: cut, close N, refuse, allow.',
    '',
    ...SWITCHES.map(({ name, argument = '', about }) => `  --${`${name} ${argument}`.padEnd(18)} ${about}`),
    '',
  ].join('\n');

const act = (server: FakeAgentServer, [verb = '', argument = '']: readonly string[]): void => {
  if (verb === 'cut') server.cut();
  else if (verb === 'close') server.close(Number(argument));
  else if (verb === 'refuse' || verb === 'allow') server.refuses = verb === 'refuse';
};

const main = async (): Promise<void> => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    help: flag,
    ...Object.fromEntries(SWITCHES.map(({ name, argument }) => [name, argument === undefined ? flag : text])),
  };
  const { values, positionals } = parseArgs({ options, strict: true, allowPositionals: true });
  const given: Readonly<Record<string, unknown>> = values;
  if (given['help'] === true) return void process.stdout.write(help());
  const texts = Object.entries(given).filter(([name]) => name !== 'port' && name !== 'status');
  const server = await FakeAgentServer.listen(
    { ...Object.fromEntries(texts), status: Number(given['status'] ?? 0), args: positionals },
    Number(given['port'] ?? 0),
  );
  process.stdout.write(`${JSON.stringify({ agent: server.url, web: server.webUrl })}\n`);
  process.stdin.on('data', (lines: Buffer) => {
    for (const line of String(lines).split('\n')) if (line.trim() !== '') act(server, line.trim().split(' '));
  });
  // Whoever started it is gone.
  process.stdin.on('end', () => process.exit(0));
};

await main();
