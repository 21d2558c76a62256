/** A gateway that misbehaves as it is told to. `node test/fakes/gateway.ts --help` */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { GATEWAY_SWITCHES } from './gateway/options.ts';
import { FakeGateway } from './gateway/server.ts';

const help = (): string =>
  [
    'A fake Agentick gateway on loopback, as the source of the protocol describes it. In a message `count N` says so many',
    'words, `think`, `nest`, `tool`, `tool ask` and `fail` do that, `hold` waits for a line “release”; all else is said back.',
    'Lines that it reads: cut, close N, release, restart, lose N.',
    '',
    ...GATEWAY_SWITCHES.map(({ name, argument = '', about }) => `  --${`${name} ${argument}`.padEnd(24)} ${about}`),
    '',
  ].join('\n');

const act = (gateway: FakeGateway, [verb = '', argument = '']: readonly string[]): void => {
  if (verb === 'cut') gateway.cut();
  else if (verb === 'close') gateway.close(Number(argument));
  else if (verb === 'restart') gateway.restart();
  else if (verb === 'lose') gateway.lose(Number(argument));
  else if (verb === 'release') for (const session of gateway.sessions.values()) session.release();
};

const main = async (): Promise<void> => {
  const [text, flag] = [{ type: 'string' }, { type: 'boolean' }] as const;
  const options = {
    help: flag,
    ...Object.fromEntries(GATEWAY_SWITCHES.map(({ name, argument }) => [name, argument === undefined ? flag : text])),
  };
  const { values } = parseArgs({ options, strict: true });
  const given: Readonly<Record<string, unknown>> = values;
  const textOf = (name: string): string | undefined => (typeof given[name] === 'string' ? given[name] : undefined);
  if (given['help'] === true) return void process.stdout.write(help());
  const gateway = await FakeGateway.listen(
    {
      token: given['open'] === true ? undefined : (textOf('token') ?? 'secret'),
      old: given['old'] === true,
      leaks: given['leaks'] === true,
      keepsBack: given['keeps-back'] === true,
      history: given['history'] === true,
      loses: Number(textOf('loses') ?? 0),
      version: textOf('version') ?? '1.0',
      slow: Number(textOf('slow') ?? 0),
      mute: given['mute'] === true,
      without: (textOf('without') ?? '').split(','),
    },
    Number(textOf('port') ?? 0),
  );
  process.stdout.write(`${JSON.stringify({ gateway: gateway.url })}\n`);
  process.stdin.on('data', (lines: Buffer) => {
    for (const line of String(lines).split('\n')) if (line.trim() !== '') act(gateway, line.trim().split(' '));
  });
  // Whoever started it is gone.
  process.stdin.on('end', () => process.exit(0));
};

await main();
