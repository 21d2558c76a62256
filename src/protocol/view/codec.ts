import type { McpServer } from '@agentclientprotocol/sdk';
import * as shape from './shape.ts';
import { Failure } from '../../base/failure.ts';
import { excerpt } from '../../base/log.ts';
import { isFields, isText } from '../../model/fold/read.ts';
import type { SessionKey } from '../../model/session.ts';
import type { FromSurface, FromWindow } from './messages.ts';
import { answering } from './request.ts';
import { terminalWish } from './terminal.ts';

/** Lengths that no honest surface comes near: what is refused here never reaches a session. In UTF-16 units. */
const length = { id: 512, title: 1024, address: 8192, text: 4 * 1024 * 1024, data: 32 * 1024 * 1024 } as const;
const blocks = 256;
const fields = 256;

const id = shape.text(length.id);
const key = shape.text(length.id, 1) as shape.Shape<SessionKey>;

/** V3: no address but the name of what the surface was given. */
const block = shape.tagged('type', [
  shape.closed({ type: shape.literal('text'), text: shape.text(length.text) }),
  shape.closed({ type: shape.literal('image'), data: shape.text(length.data), mimeType: id }),
  shape.closed({ type: shape.literal('audio'), data: shape.text(length.data), mimeType: id }),
  shape.closed({
    type: shape.literal('resource_link'),
    uri: shape.where(id, (uri) => /^(?:mention:[\w-]+|queued:\d{1,3})$/u.test(uri)),
    name: shape.text(length.address),
  }),
]);

/** A window's: what the ids stood for. */
const resolvedBlock = shape.tagged('type', [
  shape.closed({ type: shape.literal('text'), text: shape.text(length.text) }),
  shape.closed({ type: shape.literal('image'), data: shape.text(length.data), mimeType: id }),
  shape.closed({ type: shape.literal('audio'), data: shape.text(length.data), mimeType: id }),
  shape.closed({
    type: shape.literal('resource_link'),
    uri: shape.text(length.address),
    name: shape.text(length.address),
  }),
  shape.closed({
    type: shape.literal('resource'),
    resource: shape.closed({
      uri: shape.text(length.address),
      mimeType: shape.optional(id),
      text: shape.text(length.text),
    }),
  }),
]);

type AnyBlock = shape.Meant<typeof block> | shape.Meant<typeof resolvedBlock>;

const lengthOf = (one: AnyBlock): number => {
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

const promptOf = <Block extends AnyBlock>(one: shape.Shape<Block>) =>
  shape.where(shape.list(one, blocks, 1), (all) => all.reduce((sum, each) => sum + lengthOf(each), 0) <= length.data);

const prompt = promptOf(block);
const resolvedPrompt = promptOf(resolvedBlock);

const value = shape.either([
  shape.text(length.text),
  shape.number,
  shape.flag,
  shape.list(shape.text(length.title), fields),
]);
const content = shape.where(shape.record(id, value), (answers) => Object.keys(answers).length <= fields);

const outcome = shape.tagged('kind', [
  shape.closed({ kind: shape.literal('selected'), option: id }),
  shape.closed({ kind: shape.literal('accepted'), content }),
  shape.closed({ kind: shape.literal('declined') }),
  shape.closed({ kind: shape.literal('cancelled') }),
]);

/** Those that carry nothing that a window resolves. */
const plainCommands = [
  shape.closed({ kind: shape.literal('cancel') }),
  shape.closed({
    kind: shape.literal('question/answer'),
    question: id,
    hash: id,
    outcome,
    remember: shape.optional(
      shape.closed({ scope: shape.oneOf(['session', 'folder', 'machine']), match: shape.count }),
    ),
  }),
  shape.closed({ kind: shape.literal('rule/revoke'), rule: id }),
  shape.closed({
    kind: shape.literal('option/set'),
    option: id,
    value: shape.either([shape.text(length.title), shape.flag]),
  }),
  shape.closed({ kind: shape.literal('rename'), title: shape.text(length.title) }),
  shape.closed({ kind: shape.literal('queue/move'), id, before: shape.optional(id) }),
  shape.closed({ kind: shape.literal('queue/remove'), id }),
  shape.closed({ kind: shape.literal('queue/send'), id }),
  shape.closed({ kind: shape.literal('queue/pause') }),
  shape.closed({ kind: shape.literal('queue/resume') }),
  shape.closed({ kind: shape.literal('queue/clear') }),
  shape.closed({ kind: shape.oneOf(['control/take', 'control/release']) }),
  shape.closed({ kind: shape.literal('session/afresh') }),
  shape.closed({ kind: shape.literal('close') }),
] as const;

const command = shape.tagged('kind', [
  shape.closed({ kind: shape.literal('prompt'), prompt }),
  shape.closed({ kind: shape.literal('queue/change'), id, prompt }),
  ...plainCommands,
]);

const resolvedCommand = shape.tagged('kind', [
  shape.closed({ kind: shape.literal('prompt'), prompt: resolvedPrompt, turn: shape.optional(id) }),
  shape.closed({ kind: shape.literal('queue/change'), id, prompt: resolvedPrompt }),
  ...plainCommands,
]);

const action = shape.tagged('kind', [
  shape.closed({ kind: shape.literal('session/new'), agent: shape.optional(id) }),
  shape.closed({ kind: shape.literal('location/open'), key, entry: id, index: shape.count }),
  shape.closed({ kind: shape.literal('diff/open'), key, entry: id, index: shape.count }),
  shape.closed({ kind: shape.literal('large/open'), key, name: id }),
  shape.closed({ kind: shape.literal('question/diff'), key, question: id, index: shape.count }),
  shape.closed({ kind: shape.literal('terminal/show'), key, terminal: id }),
  shape.closed({ kind: shape.literal('session/take'), key }),
  shape.closed({ kind: shape.literal('folder/add'), key }),
  shape.closed({ kind: shape.literal('rules/show'), key }),
  shape.closed({ kind: shape.literal('agent/restart'), key }),
  shape.closed({ kind: shape.literal('agent/log'), key }),
  shape.closed({ kind: shape.literal('link/open'), href: shape.text(length.address) }),
  shape.closed({ kind: shape.literal('mend'), what: shape.oneOf(['folder', 'trust', 'agent', 'settings']) }),
]);

const position = shape.closed({ epoch: id, seq: shape.count });

const plainMessages = [
  shape.closed({ type: shape.literal('hello'), version: shape.integer }),
  shape.closed({ type: shape.literal('ping') }),
  shape.closed({
    type: shape.literal('attach'),
    key,
    position: shape.optional(position),
    wake: shape.optional(shape.literal(false)),
  }),
  shape.closed({ type: shape.literal('detach'), key }),
  shape.closed({ type: shape.literal('ack'), key, seq: shape.count }),
  shape.closed({ type: shape.literal('page'), key, before: shape.count }),
  shape.closed({
    type: shape.literal('mentions'),
    id: shape.count,
    of: shape.oneOf(['file', 'text']),
    words: shape.text(length.id),
  }),
  shape.closed({ type: shape.literal('large'), id: shape.count, key, name: id }),
  shape.closed({ type: shape.literal('do'), id: shape.count, action }),
] as const;

const fromSurface: shape.Shape<FromSurface> = shape.tagged('type', [
  ...plainMessages,
  shape.closed({ type: shape.literal('command'), id: shape.count, key, command }),
]);

const path = shape.text(length.address, 1);

/** It goes to agents as the window has it. */
const mcpServer = shape.such<McpServer>((value) => isFields(value) && isText(value['name']));

const hostAction = shape.tagged('kind', [
  shape.closed({
    kind: shape.literal('session/open'),
    agent: shape.optional(id),
    cwd: path,
    title: shape.optional(shape.text(length.title)),
    roots: shape.list(path, fields),
    fork: shape.optional(key),
  }),
  shape.closed({
    kind: shape.literal('configure'),
    config: shape.record(id, shape.anything),
    mcpServers: shape.list(shape.closed({ cwd: path, servers: shape.list(mcpServer, fields) }), fields),
    webhooks: shape.optional(shape.record(id, shape.anything)),
    nodePty: shape.optional(path),
  }),
  shape.closed({ kind: shape.literal('session/resume'), key }),
  shape.closed({
    kind: shape.literal('session/mark'),
    key,
    pinned: shape.optional(shape.flag),
    archived: shape.optional(shape.flag),
  }),
  shape.closed({ kind: shape.literal('session/erase'), key }),
  shape.closed({ kind: shape.oneOf(['agent/restart', 'agent/stop']), agent: id }),
  shape.closed({ kind: shape.literal('agent/sign out'), agent: id }),
  shape.closed({ kind: shape.literal('agents') }),
  shape.closed({
    kind: shape.oneOf([
      'relay/start',
      'relay/stop',
      'relay/state',
      'pair/begin',
      'pair/wait',
      'pair/cancel',
      'devices',
    ]),
  }),
  shape.closed({ kind: shape.literal('device/revoke'), device: shape.optional(id) }),
  shape.closed({ kind: shape.literal('stop') }),
]);

const fromWindow: shape.Shape<FromWindow> = shape.tagged('type', [
  ...plainMessages,
  shape.closed({ type: shape.literal('command'), id: shape.count, key, command: resolvedCommand }),
  shape.closed({ type: shape.literal('host'), id: shape.count, action: hostAction }),
  ...answering,
  terminalWish,
]);

/**
 * What a surface says, or a refusal: a closed schema, since the surface is a page that shows what strangers wrote.
 * @throws Failure `invalid`, which names the field and does not quote what it holds
 */
export const readFromSurface = (message: unknown): FromSurface => read(fromSurface, message);

/** The same of a window. @throws Failure `invalid` */
export const readFromWindow = (message: unknown): FromWindow => read(fromWindow, message);

const read = <Message>(messages: shape.Shape<Message>, message: unknown): Message => {
  const misfit = messages(message);
  if (misfit === undefined) return message as Message;
  const where = misfit.join('.');
  throw new Failure('invalid', `A surface sent what nobody understands: ${excerpt(where, 80) || 'the message'}.`);
};
