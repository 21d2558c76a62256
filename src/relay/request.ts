/** A question as the request that a client answers. Source: ACP, `session/request_permission` and `elicitation/create`. */
import type * as acp from '@agentclientprotocol/sdk';
import type { Question, QuestionTool } from '../model/question.ts';
import type { SessionKey } from '../model/session.ts';
import { CLIENT } from '../protocol/acp/methods.ts';
import { isToolKind } from '../protocol/acp/toolKinds.ts';
import { contentOf } from '../router/retell.ts';

/** Byte for byte the same whenever it is written. Undefined: it is answered at the host alone. */
export const requestOf = (key: SessionKey, question: Question): string | undefined => {
  const { id, kind } = question;
  if (kind === 'sign-in') return undefined;
  const permission = kind === 'permission';
  return JSON.stringify({
    jsonrpc: '2.0',
    id,
    method: permission ? CLIENT.requestPermission : CLIENT.elicit,
    params: { sessionId: key, ...(permission ? permissionParams(question) : elicitationParams(question)) },
  });
};

const permissionParams = ({ id, title, tool, options }: Question): object => ({
  toolCall: { toolCallId: id, title, ...(tool === undefined ? {} : callOf(tool)) },
  options: options.map((option) => ({
    optionId: option.id,
    name: option.name,
    // A kind that nobody knows allows nothing, and many a client reads only the four.
    kind: OPTION_KINDS.has(option.kind) ? option.kind : 'reject_once',
  })),
});

const callOf = ({ call, toolKind, content, locations, rawInput }: QuestionTool): object => ({
  toolCallId: call,
  kind: isToolKind(toolKind) ? toolKind : 'other',
  content: content.map(contentOf),
  locations,
  ...(rawInput === undefined ? {} : { rawInput }),
});

const elicitationParams = ({ title, form, url, tool }: Question): object => ({
  message: title,
  ...(tool === undefined ? {} : { toolCallId: tool.call }),
  ...(url === undefined
    ? { mode: 'form', requestedSchema: form?.schema ?? { type: 'object', properties: {} } }
    : { mode: 'url', elicitationId: url.id, url: url.href }),
});

const OPTION_KINDS: ReadonlySet<string> = new Set<acp.PermissionOptionKind>([
  'allow_once',
  'allow_always',
  'reject_once',
  'reject_always',
]);
