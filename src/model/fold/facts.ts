import type { AgentFacts, Link, SlashCommand, TerminalView } from '../session.ts';
import type { Draft } from './draft.ts';
import { isSessionOption, modeOf, readConfigOptions, withConfig, withMode } from './options.ts';
import { hold } from './queue.ts';
import { countOf, defined, type Fields, isCount, isFields, isText, listOf, textOf } from './read.ts';
import { closeOpenCalls } from './tool.ts';
import { WORDS } from './words.ts';

/** What the agent and the link tell of themselves: all but the transcript. Each is false when it cannot be read. */

export const foldOpened = (draft: Draft, event: Fields): boolean => {
  const { agentSession } = event;
  const agent = readAgent(event['agent']);
  if (!isText(agentSession) || agent === undefined) return false;
  draft.session.agentSession = agentSession;
  draft.session.agent = agent;
  draft.session.options = (listOf(event['options']) ?? []).filter(isSessionOption);
  return true;
};

const readAgent = (value: unknown): AgentFacts | undefined => {
  if (!isFields(value) || !isText(value['name'])) return undefined;
  const { name, version, image, embeddedContext, fork } = value;
  const told = { ...defined({ version: textOf(version) }), ...(fork === true ? ({ fork } as const) : {}) };
  return { name, ...told, image: image === true, embeddedContext: embeddedContext === true };
};

export const foldRenamed = ({ session }: Draft, { title }: Fields): boolean => {
  if (!isText(title)) return false;
  session.title = title;
  // A person who clears the title gives the naming back.
  if (title === '') delete session.named;
  else session.named = true;
  return true;
};

/** `session_info_update`: an absent title is unchanged, null clears it. */
export const foldInfo = ({ session }: Draft, { title }: Fields): boolean => {
  if (session.named === undefined && (isText(title) || title === null)) session.title = title ?? '';
  return true;
};

export const foldOptions = ({ session }: Draft, event: Fields): boolean => {
  const options = listOf(event['options']);
  if (options === undefined) return false;
  session.options = options.filter(isSessionOption);
  return true;
};

export const foldConfigOptions = ({ session }: Draft, update: Fields): boolean => {
  const list = listOf(update['configOptions']);
  if (list === undefined) return false;
  session.options = withConfig(session.options, readConfigOptions(list));
  return true;
};

export const foldMode = ({ session }: Draft, update: Fields): boolean => {
  const mode = modeOf(update);
  if (mode === '') return false;
  session.options = withMode(session.options, mode);
  return true;
};

export const foldCommands = ({ session }: Draft, update: Fields): boolean => {
  const list = listOf(update['availableCommands']);
  if (list === undefined) return false;
  session.commands = list.flatMap((item): readonly SlashCommand[] => {
    if (!isFields(item) || !isText(item['name'])) return [];
    const name = item['name'].replace(/^\/+/u, '');
    if (name === '') return [];
    const { input } = item;
    const hint = isFields(input) ? textOf(input['hint']) : undefined;
    return [{ name, description: textOf(item['description']) ?? '', ...defined({ hint }) }];
  });
  return true;
};

export const foldUsage = ({ session }: Draft, { used, size, cost }: Fields): boolean => {
  if (!isCount(used) || !isCount(size)) return false;
  const known = isFields(cost) && isCount(cost['amount']) && isText(cost['currency']);
  const price = known ? { cost: { amount: Number(cost['amount']), currency: String(cost['currency']) } } : {};
  session.usage = { used, size, ...price };
  return true;
};

export const foldTerminal = ({ session }: Draft, event: Fields): boolean => {
  const terminal = readTerminal(event['terminal']);
  if (terminal === undefined) return false;
  session.terminals = { ...session.terminals, [terminal.id]: terminal };
  return true;
};

const readTerminal = (value: unknown): TerminalView | undefined => {
  if (!isFields(value) || !isText(value['id'])) return undefined;
  const { id, command, tail, bytes, exit, released } = value;
  const ended = isFields(exit)
    ? { code: countOf(exit['code']) ?? null, signal: textOf(exit['signal']) ?? null }
    : undefined;
  return {
    id,
    command: textOf(command) ?? '',
    tail: textOf(tail) ?? '',
    bytes: countOf(bytes) ?? 0,
    ...defined({ exit: ended }),
    released: released === true,
  };
};

export const foldControl = ({ session }: Draft, { control }: Fields): boolean => {
  if (!isFields(control) || !isCount(control['epoch'])) return false;
  const { driver, name, lease, epoch } = control;
  const said = defined({
    driver: textOf(driver),
    name: textOf(name),
    lease: lease === true ? (true as const) : undefined,
  });
  session.control = { epoch, ...said };
  return true;
};

const linkStates: ReadonlySet<unknown> = new Set<Link['state']>([
  'connecting',
  'ready',
  'replaying',
  'reconnecting',
  'disconnected',
  'failed',
]);
const isLinkState = (value: unknown): value is Link['state'] => linkStates.has(value);

export const foldLink = (draft: Draft, { link }: Fields): boolean => {
  if (!isFields(link) || !isLinkState(link['state'])) return false;
  const { session } = draft;
  const { state, detail, behind, replayed: upTo, silent, again, forgotten } = link;
  const counts = { behind: countOf(behind), replayed: countOf(upTo), silent: countOf(silent), again: countOf(again) };
  const told = defined({ detail: textOf(detail), ...counts });
  const replayed = session.link.state === 'replaying' && state === 'ready';
  session.link = { state, ...told, ...(forgotten === true ? { forgotten } : {}) };
  if (replayed) endReplay(draft);
  if (state === 'failed' || state === 'disconnected') hold(session, WORDS.queueGone);
  return true;
};

/** The turns of a history that was told have all ended: no call of it is still open, and no answer of it goes on. */
const endReplay = (draft: Draft): void => {
  const { session } = draft;
  if (session.turn.state === 'running') return;
  closeOpenCalls(draft, 'abandoned');
  session.turn = { ...session.turn, from: draft.count };
};
