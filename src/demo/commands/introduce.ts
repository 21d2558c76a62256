import { code, describe } from '../content.ts';
import type { Turn } from '../turn.ts';
import type { Command } from './command.ts';

/** The answer to everything that is no command: what this is, what it got, and what it can do. */
export async function introduce(turn: Turn, commands: readonly Command[], unknown: string | undefined): Promise<void> {
  const attachments = turn.prompt.flatMap((block) => describe(block) ?? []);
  const parts = [
    ...(unknown === undefined ? [] : [`There is no command ${code(`/${unknown}`)}.`]),
    'I am the demo agent of Wheelhouse: a script on this machine, with no model behind it, no key and no network. ' +
      'I cannot understand what you write, but I speak the Agent Client Protocol like any other agent, ' +
      'so you can see here how one is driven.',
    ...(attachments.length === 0 ? [] : [attachments.map((line) => `- ${line}`).join('\n')]),
    `Try one of these:\n\n${commands.map(line).join('\n')}`,
    ...(turn.session.settings.selected.style === 'verbose' ? [details(turn)] : []),
  ];
  await turn.stream(parts.join('\n\n'), 8);
}

function line({ name, hint, description }: Command): string {
  return `- ${code(hint === undefined ? `/${name}` : `/${name} ${hint}`)}: ${description}`;
}

function details(turn: Turn): string {
  const { capabilities, session } = turn;
  const offers: readonly (readonly [string, boolean | undefined])[] = [
    ['reading files', capabilities.fs?.readTextFile],
    ['writing files', capabilities.fs?.writeTextFile],
    ['terminals', capabilities.terminal],
    ['forms', Boolean(capabilities.elicitation?.form)],
  ];
  const offered = offers.filter(([, yes]) => yes).map(([name]) => name);
  return [
    `This session is ${code(session.id)} in ${code(session.cwd)}.`,
    `Your client offers ${offered.length === 0 ? 'nothing beyond the conversation' : offered.join(', ')}.`,
  ].join(' ');
}
