/** A relay that misbehaves as it is told to. `node test/fakes/relay.ts --help` */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { SWITCHES } from './relay/options.ts';
import { FakeRelay } from './relay/server.ts';

const help = (): string =>
  [
    'A fake relay on loopback, as the source of the protocol describes it. In a prompt `count N` says so many words,',
    '`ask WHAT` asks for permission, `hold` waits for a line “release”; all else is said back.',
    'Lines that it reads: cut, close N, release, restart, hold, go, take NAME, forget N.',
    '',
    ...SWITCHES.map(({ name, argument = '', about }) => `  --${`${name} ${argument}`.padEnd(24)} ${about}`),
    '',
  ].join('\n');

const act = (relay: FakeRelay, [verb = '', argument = '']: readonly string[]): void => {
  if (verb === 'cut') relay.cut();
  else if (verb === 'close') relay.close(Number(argument));
  else if (verb === 'restart') relay.restart();
  else if (verb === 'hold') relay.hold();
  else if (verb === 'go') relay.goOn();
  else if (verb === 'take') relay.take(argument);
  else
    for (const session of relay.sessions.values()) {
      if (verb === 'release') session.release();
      else if (verb === 'forget') session.forget(Number(argument));
    }
};

const main = async (): Promise<void> => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    help: flag,
    ...Object.fromEntries(SWITCHES.map(({ name, argument }) => [name, argument === undefined ? flag : text])),
  };
  const { values } = parseArgs({ options, strict: true });
  const given: Readonly<Record<string, unknown>> = values;
  const textOf = (name: string): string | undefined => {
    const value = given[name];
    return typeof value === 'string' ? value : undefined;
  };
  if (given['help'] === true) return void process.stdout.write(help());
  const relay = await FakeRelay.listen(
    {
      token: textOf('token') ?? 'secret',
      old: given['old'] === true,
      modern: given['modern'] === true,
      lease: given['lease'] === true,
      loseNew: given['lose-new'] === true,
      forgetTerminals: given['forget-terminals'] === true,
      dropTerminals: given['drop-terminals'] === true,
      ignoreHost: given['ignore-host'] === true,
      ring: Number(textOf('ring') ?? 10_000),
    },
    Number(textOf('port') ?? 0),
  );
  process.stdout.write(`${JSON.stringify({ relay: relay.url })}\n`);
  process.stdin.on('data', (lines: Buffer) => {
    for (const line of String(lines).split('\n')) if (line.trim() !== '') act(relay, line.trim().split(' '));
  });
  // Whoever started it is gone.
  process.stdin.on('end', () => process.exit(0));
};

await main();
