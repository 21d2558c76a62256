import type { AvailableCommand } from '@agentclientprotocol/sdk';
import { promptText } from '../content.ts';
import type { Turn } from '../turn.ts';
import { ask } from './ask.ts';
import type { Command } from './command.ts';
import { edit } from './edit.ts';
import { crash, fail, hang } from './failure.ts';
import { introduce } from './introduce.ts';
import { long, slow } from './lines.ts';
import { many } from './many.ts';
import { plan, think } from './plan.ts';
import { run } from './run.ts';
import { tour } from './tour.ts';

const commands: readonly Command[] = [tour, edit, run, plan, think, ask, many, long, slow, fail, crash, hang];

export function availableCommands(): AvailableCommand[] {
  return commands.map(({ name, description, hint }) => ({
    name,
    description,
    ...(hint !== undefined && { input: { hint } }),
  }));
}

/** Slash commands are plain prompts that begin with `/name`; everything else is answered with an introduction. */
export async function runPrompt(turn: Turn): Promise<void> {
  const [, name, rest = ''] = /^\/(\S+)\s*([\s\S]*)$/.exec(promptText(turn.prompt).trim()) ?? [];
  const command = commands.find((known) => known.name === name);
  if (command) await command.run(turn, rest.trim());
  else await introduce(turn, commands, name);
}
