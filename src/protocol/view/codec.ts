import * as z from 'zod/mini';
import { Failure } from '../../base/failure.ts';
import { excerpt } from '../../base/log.ts';
import type { SessionKey } from '../../model/session.ts';
import type { FromSurface, FromWindow } from './messages.ts';

/** Lengths that no honest surface comes near: what is refused here never reaches a session. In UTF-16 units. */
const length = { id: 512, title: 1024, address: 8192, text: 4 * 1024 * 1024, data: 32 * 1024 * 1024 } as const;
const blocks = 256;
const fields = 256;

const text = (most: number) => z.string().check(z.maxLength(most));
const count = z.int().check(z.minimum(0));
const id = text(length.id);
const key = z.pipe(
  id.check(z.minLength(1)),
  z.transform((value) => value as SessionKey),
);

/** V3: no address but the name of what the surface was given. */
const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: text(length.text) }),
  z.strictObject({ type: z.literal('image'), data: text(length.data), mimeType: id }),
  z.strictObject({ type: z.literal('audio'), data: text(length.data), mimeType: id }),
  z.strictObject({
    type: z.literal('resource_link'),
    uri: id.check(z.regex(/^(?:mention:[\w-]+|queued:\d{1,3})$/u)),
    name: text(length.address),
  }),
]);

/** A window's: what the ids stood for. */
const resolvedBlock = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: text(length.text) }),
  z.strictObject({ type: z.literal('image'), data: text(length.data), mimeType: id }),
  z.strictObject({ type: z.literal('audio'), data: text(length.data), mimeType: id }),
  z.strictObject({ type: z.literal('resource_link'), uri: text(length.address), name: text(length.address) }),
  z.strictObject({
    type: z.literal('resource'),
    resource: z.strictObject({ uri: text(length.address), mimeType: z.exactOptional(id), text: text(length.text) }),
  }),
]);

const lengthOf = (one: z.infer<typeof block> | z.infer<typeof resolvedBlock>): number => {
  switch (one.type) {
    case 'text':
      return one.text.length;
    case 'resource_link':
      return one.name.length;
    case 'resource':
      return one.resource.text.length;
    default:
      return one.data.length;
  }
};

const promptOf = <Block extends typeof block | typeof resolvedBlock>(one: Block) =>
  z.array(one).check(
    z.minLength(1),
    z.maxLength(blocks),
    z.refine((all) => all.reduce((sum, each) => sum + lengthOf(each), 0) <= length.data),
  );

const prompt = promptOf(block);
const resolvedPrompt = promptOf(resolvedBlock);

const value = z.union([
  text(length.text),
  z.number(),
  z.boolean(),
  z.array(text(length.title)).check(z.maxLength(fields)),
]);
const content = z.record(id, value).check(z.refine((answers) => Object.keys(answers).length <= fields));

const outcome = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('selected'), option: id }),
  z.strictObject({ kind: z.literal('accepted'), content }),
  z.strictObject({ kind: z.literal('declined') }),
  z.strictObject({ kind: z.literal('cancelled') }),
]);

/** Those that carry nothing that a window resolves. */
const plainCommands = [
  z.strictObject({ kind: z.literal('cancel') }),
  z.strictObject({
    kind: z.literal('question/answer'),
    question: id,
    hash: id,
    outcome,
    remember: z.exactOptional(z.strictObject({ scope: z.enum(['session', 'folder', 'machine']), match: count })),
  }),
  z.strictObject({ kind: z.literal('rule/revoke'), rule: id }),
  z.strictObject({ kind: z.literal('option/set'), option: id, value: z.union([text(length.title), z.boolean()]) }),
  z.strictObject({ kind: z.literal('rename'), title: text(length.title) }),
  z.strictObject({ kind: z.literal('queue/move'), id, before: z.exactOptional(id) }),
  z.strictObject({ kind: z.literal('queue/remove'), id }),
  z.strictObject({ kind: z.literal('queue/send'), id }),
  z.strictObject({ kind: z.literal('queue/pause') }),
  z.strictObject({ kind: z.literal('queue/resume') }),
  z.strictObject({ kind: z.literal('queue/clear') }),
  z.strictObject({ kind: z.literal('session/afresh') }),
  z.strictObject({ kind: z.literal('close') }),
] as const;

const command = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('prompt'), prompt }),
  z.strictObject({ kind: z.literal('queue/change'), id, prompt }),
  ...plainCommands,
]);

const resolvedCommand = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('prompt'), prompt: resolvedPrompt, turn: z.exactOptional(id) }),
  z.strictObject({ kind: z.literal('queue/change'), id, prompt: resolvedPrompt }),
  ...plainCommands,
]);

const action = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('session/new'), agent: z.exactOptional(id) }),
  z.strictObject({ kind: z.literal('location/open'), key, entry: id, index: count }),
  z.strictObject({ kind: z.literal('diff/open'), key, entry: id, index: count }),
  z.strictObject({ kind: z.literal('large/open'), key, name: id }),
  z.strictObject({ kind: z.literal('question/diff'), key, question: id, index: count }),
  z.strictObject({ kind: z.literal('terminal/show'), key, terminal: id }),
  z.strictObject({ kind: z.literal('session/take'), key }),
  z.strictObject({ kind: z.literal('folder/add'), key }),
  z.strictObject({ kind: z.literal('rules/show'), key }),
  z.strictObject({ kind: z.literal('agent/restart'), key }),
  z.strictObject({ kind: z.literal('agent/log'), key }),
  z.strictObject({ kind: z.literal('link/open'), href: text(length.address) }),
  z.strictObject({ kind: z.literal('mend'), what: z.enum(['folder', 'trust', 'agent', 'settings']) }),
]);

const position = z.strictObject({ epoch: id, seq: count });

const plainMessages = [
  z.strictObject({ type: z.literal('hello'), version: z.int() }),
  z.strictObject({ type: z.literal('attach'), key, position: z.exactOptional(position) }),
  z.strictObject({ type: z.literal('detach'), key }),
  z.strictObject({ type: z.literal('ack'), key, seq: count }),
  z.strictObject({ type: z.literal('page'), key, before: count }),
  z.strictObject({
    type: z.literal('mentions'),
    id: count,
    of: z.enum(['file', 'text']),
    words: text(length.id),
  }),
  z.strictObject({ type: z.literal('large'), id: count, key, name: id }),
  z.strictObject({ type: z.literal('do'), id: count, action }),
] as const;

const fromSurface: z.ZodMiniType<FromSurface> = z.discriminatedUnion('type', [
  ...plainMessages,
  z.strictObject({ type: z.literal('command'), id: count, key, command }),
]);

const path = text(length.address).check(z.minLength(1));

const hostAction = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('session/open'),
    agent: z.exactOptional(id),
    cwd: path,
    title: z.exactOptional(text(length.title)),
    roots: z.array(path).check(z.maxLength(fields)),
  }),
  z.strictObject({ kind: z.literal('session/resume'), key }),
  z.strictObject({
    kind: z.literal('session/mark'),
    key,
    pinned: z.exactOptional(z.boolean()),
    archived: z.exactOptional(z.boolean()),
  }),
  z.strictObject({ kind: z.literal('session/erase'), key }),
  z.strictObject({ kind: z.literal('stop') }),
]);

const fromWindow: z.ZodMiniType<FromWindow> = z.discriminatedUnion('type', [
  ...plainMessages,
  z.strictObject({ type: z.literal('command'), id: count, key, command: resolvedCommand }),
  z.strictObject({ type: z.literal('host'), id: count, action: hostAction }),
]);

/**
 * What a surface says, or a refusal: a closed schema, since the surface is a page that shows what strangers wrote.
 * @throws Failure `invalid`, which names the field and does not quote what it holds
 */
export const readFromSurface = (message: unknown): FromSurface => read(fromSurface, message);

/** The same of a window. @throws Failure `invalid` */
export const readFromWindow = (message: unknown): FromWindow => read(fromWindow, message);

const read = <Message>(schema: z.ZodMiniType<Message>, message: unknown): Message => {
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = (issue?.path ?? []).map(String).join('.');
  throw new Failure('invalid', `A surface sent what nobody understands: ${excerpt(where, 80) || 'the message'}.`);
};
