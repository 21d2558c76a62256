/** How agents ask for more than a yes: forms, pages, and what they do without them. */
import type { Turn } from '../turn.ts';
import type { Json } from '../wire.ts';
import { report } from './client.ts';
import type { Behaviour } from './behaviour.ts';

/** A property of each kind. */
const properties: Readonly<Record<string, Json>> = {
  name: { type: 'string', title: 'Name', minLength: 2, maxLength: 20, pattern: '^[a-z]+$', default: 'ada' },
  mail: { type: 'string', format: 'email', title: 'Mail' },
  page: { type: 'string', format: 'uri' },
  day: { type: 'string', format: 'date' },
  moment: { type: 'string', format: 'date-time' },
  colour: { type: 'string', enum: ['red', 'green'] },
  size: {
    type: 'string',
    oneOf: [
      { const: 's', title: 'Small' },
      { const: 'l', title: 'Large', description: 'Twice as large' },
    ],
  },
  count: { type: 'integer', minimum: 1, maximum: 9, default: 3 },
  ratio: { type: 'number', minimum: 0, maximum: 1 },
  sure: { type: 'boolean', title: 'Sure', default: true },
  tags: { type: 'array', items: { type: 'string', enum: ['a', 'b', 'c'] }, minItems: 1, maxItems: 2 },
  teams: { type: 'array', items: { anyOf: [{ const: 'x', title: 'Team X' }] } },
};

async function everyField(turn: Turn): Promise<void> {
  const requestedSchema = { type: 'object', properties, required: ['name', 'colour'] };
  const params = { mode: 'form', message: 'Everything, please.', requestedSchema };
  await report(turn, 'form', await turn.request('elicitation/create', params));
}

async function page(turn: Turn, url: string): Promise<void> {
  const params = {
    mode: 'url',
    elicitationId: 'page-1',
    message: 'Connect the tracker.',
    url: url || 'https://tracker.example.com/connect?state=0123456789abcdef&scope=read%20write',
  };
  await report(turn, 'page', await turn.request('elicitation/create', params));
  turn.afterResponse = async () => turn.wire.notify('elicitation/complete', { elicitationId: 'page-1' });
}

const asked = (toolCallId: string): Json => ({ toolCallId, title: 'Which colour?', kind: 'other', status: 'pending' });

/** One option for each answer, since no form was offered to it. */
async function answersAsOptions(turn: Turn): Promise<void> {
  await turn.ask(asked(turn.callId()), [
    { optionId: 'q0_opt_0', name: 'Red', kind: 'allow_once' },
    { optionId: 'q0_opt_1', name: 'Green', kind: 'allow_once' },
    { optionId: 'q0_skip', name: 'Skip', kind: 'reject_once' },
  ]);
}

/** The answer itself would have to stand in a field of a vendor. */
async function submitOrCancel(turn: Turn): Promise<void> {
  await turn.ask(asked(turn.callId()), [
    { optionId: 'submit', name: 'Submit', kind: 'allow_once' },
    { optionId: 'cancel', name: 'Cancel', kind: 'reject_once' },
  ]);
}

export const forms: readonly Behaviour[] = [
  { name: 'form', about: 'a form with a field of every kind, and what came back', run: everyField },
  { name: 'page', argument: 'URL', about: 'a page to be opened, and that it is done after the turn', run: page },
  { name: 'kimi-question', about: 'a question with an option for each answer', run: answersAsOptions },
  { name: 'qwen-question', about: 'a question with Submit and Cancel', run: submitOrCancel },
];
