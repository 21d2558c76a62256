import type { Entry, Part, ToolContent } from '../../src/model/entry.ts';
import { eachEntry } from '../../src/model/entry.ts';
import type { Session, SessionOption } from '../../src/model/session.ts';

/** A session as plain text, a line for each thing: what a golden file holds. Ids of ours and times are left out. */
export const viewOf = (session: Session): string =>
  [
    `session ${quoted(session.title)} of ${session.agent?.name ?? '?'} ${session.agent?.version ?? ''}`.trimEnd(),
    `link ${session.link.state}, turn ${session.turn.state}, ${session.questions.length} open questions`,
    ...session.options.map(optionLine),
    `commands ${session.commands.map(({ name, hint }) => (hint === undefined ? `/${name}` : `/${name} <${hint}>`)).join(' ')}`,
    `usage ${session.usage === undefined ? 'none' : `${session.usage.used} of ${session.usage.size}`}`,
    ...Object.values(session.terminals).map(
      ({ id, command, tail }) => `terminal ${id} ${quoted(command)} ${quoted(tail)}`,
    ),
    '',
    ...[...eachEntry(session.entries)].map(entryLine),
    '',
  ].join('\n');

const optionLine = ({ id, source, category, control }: SessionOption): string => {
  const choices = control.kind === 'select' ? ` of ${control.choices.length}` : '';
  return `option ${id} (${source}, ${category ?? 'no category'}) ${quoted(String(control.value))}${choices}`;
};

const entryLine = (entry: Entry): string => {
  switch (entry.kind) {
    case 'user':
    case 'agent':
    case 'thought':
      return `${entry.kind} ${entry.parts.map(partText).join(' + ')}`;
    case 'tool': {
      const { title, toolKind, status, content, locations, decision } = entry;
      const decided =
        decision === undefined
          ? []
          : [
              `${decision.outcome}${decision.option === undefined ? '' : ` ${quoted(decision.option)}`} by ${decision.by}`,
            ];
      const places = locations.map(
        ({ path, line }) => `@${path}${line === undefined || line === null ? '' : `:${line}`}`,
      );
      return [`tool ${toolKind} ${status} ${quoted(title)}`, ...decided, ...places, ...content.map(contentText)].join(
        ' | ',
      );
    }
    case 'plan':
      return `plan ${entry.items.map(({ content, status, priority }) => `${quoted(content)} ${priority} ${status}`).join(' | ')}`;
    case 'subagent':
      return `subagent ${entry.session}`;
    case 'notice':
      return `notice ${entry.severity} ${quoted(entry.title)}${entry.description === undefined ? '' : ` ${quoted(entry.description)}`}`;
    case 'unknown':
      return `unknown ${entry.name} ${quoted(JSON.stringify(entry.value))}`;
  }
};

const contentText = (content: ToolContent): string => {
  switch (content.type) {
    case 'content':
      return partText(content.content);
    case 'diff':
      return `diff ${content.path} ${quoted(content.oldText ?? '(new)')} -> ${quoted(content.newText)}`;
    case 'terminal':
      return `terminal ${content.terminalId}`;
    case 'unknown':
      return `unknown ${content.name}`;
  }
};

const partText = (part: Part): string => {
  switch (part.type) {
    case 'text':
      return quoted(part.text);
    case 'resource_link':
      return `link ${part.uri}`;
    case 'resource':
      return `resource ${part.resource.uri}`;
    case 'image':
    case 'audio':
      return `${part.type} ${part.mimeType}`;
    case 'unknown':
      return `unknown ${part.name}`;
  }
};

/** On one line, and cut where it is long: its length then tells two long ones apart. */
const quoted = (text: string): string => {
  const line = JSON.stringify(text);
  return line.length <= 400 ? line : `${line.slice(0, 400)}… (${text.length})`;
};
