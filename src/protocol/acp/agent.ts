import { isFields, isText, textOf, type Fields } from '../../model/fold/read.ts';

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
  readonly authMethods: readonly string[];
}

/** The version of the protocol that we speak. */
export const PROTOCOL_VERSION = 1;

export const readIntro = (answer: unknown): AgentIntro => {
  const fields = isFields(answer) ? answer : {};
  const info = fieldsOf(fields, 'agentInfo');
  const capabilities = fieldsOf(fields, 'agentCapabilities');
  const prompt = fieldsOf(capabilities, 'promptCapabilities');
  const session = fieldsOf(capabilities, 'sessionCapabilities');
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
    authMethods: authMethodNames(fields['authMethods']),
  };
};

/** Some write `true`, some `{}`: both mean yes. */
const supports = (value: unknown): boolean => value === true || isFields(value);

const fieldsOf = (fields: Fields, name: string): Fields => {
  const value = fields[name];
  return isFields(value) ? value : {};
};

const authMethodNames = (methods: unknown): readonly string[] =>
  Array.isArray(methods)
    ? methods.flatMap((method: unknown) =>
        isFields(method) ? (textOf(method['name']) ?? textOf(method['id']) ?? []) : [],
      )
    : [];

/** A path that does not depend on a current folder: POSIX, a Windows drive, or UNC. A `file:` address is none. */
export const isAbsolutePath = (path: unknown): path is string =>
  isText(path) && /^(?:\/|[A-Za-z]:[\\/]|\\\\)/u.test(path);
