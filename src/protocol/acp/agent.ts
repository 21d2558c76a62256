import { isFields, isText, textOf, type Fields } from '../../model/fold/read.ts';
import { readAuthMethods, type AuthMethod } from './authMethods.ts';

/** What an agent said of itself in its answer to `initialize` (protocol §4), read loosely: what is not there is not supported. */
export interface AgentIntro {
  readonly protocolVersion: unknown;
  readonly name?: string;
  readonly title?: string;
  readonly version?: string;
  readonly image: boolean;
  readonly audio: boolean;
  readonly embeddedContext: boolean;
  readonly close: boolean;
  readonly resume: boolean;
  readonly load: boolean;
  readonly additionalDirectories: boolean;
  readonly fork: boolean;
  /** The ways on which it reaches servers of the Model Context Protocol; on stdio always. */
  readonly mcp: { readonly http: boolean; readonly sse: boolean };
  /** The ways to sign in. That there are none does not mean that none is needed. */
  readonly authMethods: readonly AuthMethod[];
  readonly logout: boolean;
}

/** The version of the protocol that we speak. */
export const PROTOCOL_VERSION = 1;

export const readIntro = (answer: unknown): AgentIntro => {
  const fields = isFields(answer) ? answer : {};
  const info = fieldsOf(fields, 'agentInfo');
  const capabilities = fieldsOf(fields, 'agentCapabilities');
  const prompt = fieldsOf(capabilities, 'promptCapabilities');
  const session = fieldsOf(capabilities, 'sessionCapabilities');
  const mcp = fieldsOf(capabilities, 'mcpCapabilities');
  const name = textOf(info['name']);
  const title = textOf(info['title']);
  const version = textOf(info['version']);
  return {
    protocolVersion: fields['protocolVersion'],
    ...(name === undefined ? {} : { name }),
    ...(title === undefined ? {} : { title }),
    ...(version === undefined ? {} : { version }),
    image: supports(prompt['image']),
    audio: supports(prompt['audio']),
    embeddedContext: supports(prompt['embeddedContext']),
    close: supports(session['close']),
    resume: supports(session['resume']),
    load: supports(capabilities['loadSession']),
    additionalDirectories: supports(session['additionalDirectories']),
    fork: supports(session['fork']),
    mcp: { http: supports(mcp['http']), sse: supports(mcp['sse']) },
    authMethods: readAuthMethods(fields['authMethods']),
    logout: supports(fieldsOf(capabilities, 'auth')['logout']),
  };
};

/** Some write `true`, some `{}`: both mean yes. */
const supports = (value: unknown): boolean => value === true || isFields(value);

const fieldsOf = (fields: Fields, name: string): Fields => {
  const value = fields[name];
  return isFields(value) ? value : {};
};

/** A path that does not depend on a current folder: POSIX, a Windows drive, or UNC. A `file:` address is none. */
export const isAbsolutePath = (path: unknown): path is string =>
  isText(path) && /^(?:\/|[A-Za-z]:[\\/]|\\\\)/u.test(path);
