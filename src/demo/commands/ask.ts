import { CreateElicitationResponse, methods, type ElicitationSchema, type EnumOption } from '@agentclientprotocol/sdk';
import { code } from '../content.ts';
import type { Turn } from '../turn.ts';
import type { Command } from './command.ts';

const drinks: readonly EnumOption[] = [
  { const: 'coffee', title: 'Coffee' },
  { const: 'tea', title: 'Tea' },
  { const: 'water', title: 'Water' },
];

const form: ElicitationSchema = {
  type: 'object',
  properties: {
    drink: { type: 'string', title: 'What do you drink while an agent works?', oneOf: [...drinks] },
    name: { type: 'string', title: 'Name on the cup', maxLength: 40 },
    cups: { type: 'integer', title: 'Cups', minimum: 1, maximum: 12, default: 1 },
    sweet: { type: 'boolean', title: 'With sugar', default: false },
    extras: {
      type: 'array',
      title: 'Something with it',
      items: { type: 'string', enum: ['biscuit', 'apple', 'nuts'] },
    },
  },
  required: ['drink'],
};

export const ask: Command = {
  name: 'ask',
  description: 'Asks something: a form, or choices where there are no forms',
  run: (turn) => (turn.capabilities.elicitation?.form ? askWithForm(turn) : askWithChoices(turn)),
};

async function askWithForm(turn: Turn): Promise<void> {
  const request = turn.client.request(methods.client.elicitation.create, {
    sessionId: turn.session.id,
    mode: 'form',
    message: 'A small order before the work begins.',
    requestedSchema: form,
  });
  const response = await turn.until(request);
  if (CreateElicitationResponse.isAccept(response)) {
    const answers = Object.entries(response.content ?? {});
    const list = answers.map(([name, value]) => `- **${name}**: ${code(JSON.stringify(value))}`).join('\n');
    await turn.say(answers.length === 0 ? 'You sent the form empty.' : `You answered:\n\n${list}\n`);
  } else if (CreateElicitationResponse.isDecline(response)) {
    await turn.say('You declined to answer, and that is fine.');
  } else {
    await turn.say('You closed the form without an answer.');
  }
}

async function askWithChoices(turn: Turn): Promise<void> {
  const call = { title: 'What do you drink while an agent works?', kind: 'other' as const };
  const tool = await turn.startTool(call);
  const choice = await turn.choose({ toolCallId: tool.id, status: 'pending', ...call }, [
    ...drinks.map((drink) => ({ optionId: drink.const, name: drink.title, kind: 'allow_once' as const })),
    { optionId: 'none', name: 'I would rather not say', kind: 'reject_once' },
  ]);
  await tool.end('completed');
  const drink = drinks.find((known) => known.const === choice);
  await turn.say(drink ? `You answered: ${drink.title}.` : 'You declined to answer, and that is fine.');
}
