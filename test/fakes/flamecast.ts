/** A Flamecast server that misbehaves as it is told to. `node test/fakes/flamecast.ts --help` */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { FLAMECAST_SWITCHES } from './flamecast/options.ts';
import { FakeFlamecast } from './flamecast/server.ts';

const help = (): string =>
  [
    'A fake Flamecast server with a host on loopback, as the source of the protocol describes them. In a prompt `count N`',
    'says so many words, `tool`, `tool ask` and `tool place` call one, `terminal` runs a command, `hold` waits for a line “release”; all',
    'else is said back. Lines that it reads: cut, release, restart, answer OPTION.',
    '',
    ...FLAMECAST_SWITCHES.map(({ name, argument = '', about }) => `  --${`${name} ${argument}`.padEnd(24)} ${about}`),
    '',
  ].join('\n');

const act = (fake: FakeFlamecast, [verb = '', argument = '']: readonly string[]): void => {
  if (verb === 'cut') fake.cut();
  else if (verb === 'restart') fake.restart();
  else
    for (const session of fake.sessions.values()) {
      if (verb === 'release') session.release();
      const { requestId } = session.pending ?? {};
      if (verb === 'answer' && typeof requestId === 'string') session.answer(requestId, { optionId: argument });
    }
};

const main = async (): Promise<void> => {
  const [text, flag] = [{ type: 'string' }, { type: 'boolean' }] as const;
  const options = {
    help: flag,
    ...Object.fromEntries(FLAMECAST_SWITCHES.map(({ name, argument }) => [name, argument === undefined ? flag : text])),
  };
  const { values } = parseArgs({ options, strict: true });
  const given: Readonly<Record<string, unknown>> = values;
  const textOf = (name: string): string | undefined => (typeof given[name] === 'string' ? given[name] : undefined);
  if (given['help'] === true) return void process.stdout.write(help());
  const fake = await FakeFlamecast.listen(
    {
      token: textOf('token'),
      node: given['node'] === true,
      legacy: given['legacy'] === true,
      noSocket: given['no-socket'] === true,
      databaseDates: given['iso-dates'] !== true,
      late: given['late'] === true,
      crossed: given['crossed'] === true,
      retention: Number(textOf('retention') ?? 5000),
      subscriptions: Number(textOf('subscriptions') ?? 100),
      mute: given['mute'] === true,
    },
    Number(textOf('port') ?? 0),
  );
  process.stdout.write(`${JSON.stringify({ flamecast: fake.url })}\n`);
  process.stdin.on('data', (lines: Buffer) => {
    for (const line of String(lines).split('\n')) if (line.trim() !== '') act(fake, line.trim().split(' '));
  });
  // Whoever started it is gone.
  process.stdin.on('end', () => process.exit(0));
};

await main();
