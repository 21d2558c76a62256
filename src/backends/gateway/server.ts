/** What a gateway tells of itself when it is asked, read loosely. Source: the gateway protocol, §4. */
import { PeerError } from '../../base/failure.ts';
import { countOf, isFields, isText, listOf, textOf } from '../../model/fold/read.ts';
import { methodsOf } from '../../protocol/gateway/builtin.ts';
import { parseKey, wholeKey } from '../../protocol/gateway/keys.ts';
import { type GatewayMethod, readMethods } from '../../protocol/gateway/schema.ts';
import { type KeptMessage, readHistory } from './history.ts';
import type { GatewayLine } from './line.ts';

export interface GatewayApp {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly isDefault: boolean;
}

/** As the gateway lists it. */
export interface GatewaySession {
  /** In its whole form. */
  readonly id: string;
  readonly app: string;
  readonly messages: number;
}

export interface GatewayTool {
  readonly name: string;
  readonly description: string;
  /** A JSON schema of its input. */
  readonly input: GatewayMethod['params'];
}

/** Of the past, at once; and pages of it, so that no peer keeps us at it for ever. */
const PAGE = 100;
const MOST_PAGES = 50;

/** None where it does not say. @throws Failure */
export const listApps = async (line: GatewayLine, signal: AbortSignal): Promise<readonly GatewayApp[]> =>
  rowsOf(await line.request('apps', {}, signal).catch(asNothing), 'apps').flatMap((app) => {
    const id = isFields(app) ? textOf(app['id']) : undefined;
    if (!isFields(app) || id === undefined) return [];
    const description = textOf(app['description']);
    const about = { id, name: textOf(app['name']) ?? id, isDefault: app['isDefault'] === true };
    return [description === undefined ? about : { ...about, description }];
  });

/** The first, where none is said to be the default. */
export const defaultApp = (apps: readonly GatewayApp[]): string =>
  (apps.find(({ isDefault }) => isDefault) ?? apps[0])?.id ?? '';

/** Undefined: it does not tell which it has. @throws Failure */
export const listSessions = async (
  line: GatewayLine,
  app: string,
  signal: AbortSignal,
): Promise<readonly GatewaySession[] | undefined> => {
  const payload = await line.request('sessions', {}, signal).catch(asNothing);
  if (!isFields(payload) || listOf(payload['sessions']) === undefined) return undefined;
  return rowsOf(payload, 'sessions').flatMap((session) => {
    if (!isFields(session) || !isText(session['id'])) return [];
    const id = wholeKey(session['id'], app);
    const { appId, messageCount } = session;
    return [{ id, app: textOf(appId) ?? parseKey(id, app).app, messages: countOf(messageCount) ?? 0 }];
  });
};

/** What it can do. @throws Failure */
export const listMethods = async (line: GatewayLine, signal: AbortSignal): Promise<readonly GatewayMethod[]> => {
  const payload = await line.request('schema', {}, signal).catch(asNothing);
  return methodsOf(payload === undefined ? undefined : readMethods(payload), !line.hasGreeted);
};

/** @throws PeerError, Failure */
export const listTools = async (
  line: GatewayLine,
  sessionId: string,
  signal: AbortSignal,
): Promise<readonly GatewayTool[]> =>
  rowsOf(await line.request('tool-catalog', { sessionId }, signal), 'tools').flatMap((tool) => {
    if (!isFields(tool) || !isText(tool['name'])) return [];
    const { name, description, input } = tool;
    return [{ name, description: textOf(description) ?? '', input: isFields(input) ? input : undefined }];
  });

/** Whether anything runs in a session; undefined: it does not say. @throws Failure */
export const isActive = async (
  line: GatewayLine,
  sessionId: string,
  signal: AbortSignal,
): Promise<boolean | undefined> => {
  const status = await line.request('status', { sessionId }, signal).catch(asNothing);
  const session = isFields(status) ? status['session'] : undefined;
  const active = isFields(session) ? session['isActive'] : undefined;
  return typeof active === 'boolean' ? active : undefined;
};

/** Messages that it has kept, oldest first: all, or from the first of the last pages that `isEnough`. @throws Failure */
export const readPast = async (
  line: GatewayLine,
  sessionId: string,
  isEnough: (oldest: KeptMessage) => boolean,
  signal: AbortSignal,
): Promise<readonly KeptMessage[]> => {
  const pages: (readonly KeptMessage[])[] = [];
  let before: string | undefined;
  for (let count = 0; count < MOST_PAGES; count += 1) {
    const params = { sessionId, limit: PAGE, ...(before === undefined ? {} : { before }) };
    const { messages, more } = readHistory(await line.request('history', params, signal).catch(asNothing));
    const [oldest] = messages;
    // One that says the same page again and again would be told again and again.
    if (oldest === undefined || oldest.id === before) break;
    pages.unshift(messages);
    before = oldest.id;
    if (!more || isEnough(oldest)) break;
  }
  return pages.flat();
};

const rowsOf = (payload: unknown, name: string): readonly unknown[] =>
  (isFields(payload) ? listOf(payload[name]) : undefined) ?? [];

/** A gateway that does not know the method, or the session, has nothing to tell. */
const asNothing = (failure: unknown): undefined => {
  if (failure instanceof PeerError) return undefined;
  throw failure;
};
