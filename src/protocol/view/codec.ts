import * as z from 'zod/mini';
import { Failure } from '../../base/failure.ts';
import { excerpt } from '../../base/log.ts';
import type { SessionKey } from '../../model/session.ts';
import type { FromSurface } from './messages.ts';

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

const lengthOf = (one: z.infer<typeof block>): number => {
  if (one.type === 'resource_link') return one.name.length;
  return (one.type === 'text' ? one.text : one.data).length;
};

const prompt = z.array(block).check(
  z.minLength(1),
  z.maxLength(blocks),
  z.refine((all) => all.reduce((sum, one) => sum + lengthOf(one), 0) <= length.data),
);

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

const command = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('prompt'), prompt }),
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
  z.strictObject({ kind: z.literal('queue/change'), id, prompt }),
  z.strictObject({ kind: z.literal('queue/move'), id, before: z.exactOptional(id) }),
  z.strictObject({ kind: z.literal('queue/remove'), id }),
  z.strictObject({ kind: z.literal('queue/send'), id }),
  z.strictObject({ kind: z.literal('queue/pause') }),
  z.strictObject({ kind: z.literal('queue/resume') }),
  z.strictObject({ kind: z.literal('queue/clear') }),
  z.strictObject({ kind: z.literal('session/afresh') }),
  z.strictObject({ kind: z.literal('close') }),
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

const fromSurface: z.ZodMiniType<FromSurface> = z.discriminatedUnion('type', [
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
  z.strictObject({ type: z.literal('command'), id: count, key, command }),
  z.strictObject({ type: z.literal('do'), id: count, action }),
]);

/**
 * What a surface says, or a refusal: a closed schema, since the surface is a page that shows what strangers wrote.
 * @throws Failure `invalid`, which names the field and does not quote what it holds
 */
export const readFromSurface = (message: unknown): FromSurface => {
  const read = fromSurface.safeParse(message);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = (issue?.path ?? []).map(String).join('.');
  throw new Failure('invalid', `A surface sent what nobody understands: ${excerpt(where, 80) || 'the message'}.`);
};
