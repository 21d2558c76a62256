/**
 * What a Flamecast server answers, as far as a client needs it, read loosely. Source: the Flamecast protocol, §2 and §3.
 */
import { countOf, type Fields, isFields, isText, listOf, textOf } from '../../model/fold/read.ts';
import { timeOf } from './time.ts';

export interface FlamecastTemplate {
  readonly id: string;
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The name of the runtime that it runs in. */
  readonly provider: string;
}

export interface FlamecastInstance {
  readonly name: string;
  readonly type: string;
  /** `running`, `stopped`, `paused`, or anything. */
  readonly status: string;
  readonly websocketUrl?: string;
}

export interface FlamecastRuntime {
  readonly type: string;
  /** There can be one instance alone. */
  readonly onlyOne: boolean;
  readonly instances: readonly FlamecastInstance[];
}

export interface FlamecastPermission {
  readonly request: string;
  readonly call: string;
  readonly title: string;
  readonly kind?: string;
  readonly options: readonly { readonly optionId: string; readonly name: string; readonly kind: string }[];
}

export interface FlamecastQueueItem {
  readonly id: string;
  readonly text: string;
  /** Milliseconds since 1970; 0 where it was not said. */
  readonly at: number;
}

export interface FlamecastQueue {
  readonly processing: boolean;
  readonly paused: boolean;
  readonly items: readonly FlamecastQueueItem[];
}

export interface FlamecastLog {
  readonly type: string;
  readonly data: Fields;
  readonly timestamp: string;
}

export interface FlamecastSession {
  readonly id: string;
  readonly agentName: string;
  readonly active: boolean;
  /** Milliseconds since 1970. */
  readonly startedAt?: number;
  readonly updatedAt?: number;
  readonly logs: readonly FlamecastLog[];
  readonly pending?: FlamecastPermission;
  readonly queue?: FlamecastQueue;
  readonly websocketUrl?: string;
  /** The instance that it runs in. */
  readonly runtime?: string;
  /** Where its files are, as far as that is known. */
  readonly root?: string;
}

export interface FlamecastEntry {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  /** Of a folder that is a repository. */
  readonly branch?: string;
  readonly origin?: string;
}

export interface FlamecastFileChange {
  readonly path: string;
  /** `added`, `modified`, `deleted`, or anything. */
  readonly type: string;
}

export interface FlamecastListing {
  readonly root: string;
  readonly path?: string;
  readonly gitPath?: string;
  readonly entries: readonly FlamecastEntry[];
  readonly truncated: boolean;
}

export interface FlamecastPreview {
  readonly content: string;
  readonly truncated: boolean;
}

export const readSession = (value: unknown): FlamecastSession | undefined => {
  if (!isFields(value) || !isText(value['id'])) return undefined;
  const { id, agentName, status, startedAt, lastUpdatedAt, logs, pendingPermission, promptQueue, fileSystem } = value;
  const { websocketUrl, runtime } = value;
  const [started, updated] = [readTime(startedAt), readTime(lastUpdatedAt)];
  const pending = readPermission(pendingPermission);
  const queue = readQueue(promptQueue);
  const root = isFields(fileSystem) ? textOf(fileSystem['root']) : undefined;
  return {
    id,
    agentName: textOf(agentName) ?? id,
    active: status !== 'killed',
    ...(started === undefined ? {} : { startedAt: started }),
    ...(updated === undefined ? {} : { updatedAt: updated }),
    logs: (listOf(logs) ?? []).flatMap(readLog),
    ...(pending === undefined ? {} : { pending }),
    ...(queue === undefined ? {} : { queue }),
    ...(isText(websocketUrl) ? { websocketUrl } : {}),
    ...(isText(runtime) ? { runtime } : {}),
    ...(root === undefined ? {} : { root }),
  };
};

const readTime = (value: unknown): number | undefined => (isText(value) ? timeOf(value) : countOf(value));

const readLog = (value: unknown): readonly FlamecastLog[] => {
  if (!isFields(value) || !isText(value['type'])) return [];
  const { type, data, timestamp } = value;
  return [{ type, data: isFields(data) ? data : {}, timestamp: textOf(timestamp) ?? '' }];
};

export const readPermission = (value: unknown): FlamecastPermission | undefined => {
  if (!isFields(value) || !isText(value['requestId'])) return undefined;
  const { requestId: request, toolCallId, title, kind, options } = value;
  return {
    request,
    call: textOf(toolCallId) ?? request,
    title: textOf(title) ?? '',
    ...(isText(kind) ? { kind } : {}),
    options: (listOf(options) ?? []).flatMap((option) =>
      isFields(option) && isText(option['optionId'])
        ? [
            {
              optionId: option['optionId'],
              name: textOf(option['name']) ?? option['optionId'],
              kind: textOf(option['kind']) ?? '',
            },
          ]
        : [],
    ),
  };
};

export const readQueue = (value: unknown): FlamecastQueue | undefined => {
  if (!isFields(value) || listOf(value['items']) === undefined) return undefined;
  const { processing, paused, items } = value;
  const read = (listOf(items) ?? []).flatMap((item) =>
    isFields(item) && isText(item['queueId'])
      ? [
          {
            id: item['queueId'],
            text: textOf(item['text']) ?? '',
            at: readTime(item['enqueuedAt']) ?? 0,
            position: countOf(item['position']) ?? 0,
          },
        ]
      : [],
  );
  const ordered = read.toSorted((a, b) => a.position - b.position).map(({ position: _, ...item }) => item);
  return { processing: processing === true, paused: paused === true, items: ordered };
};

export const readTemplates = (value: unknown): readonly FlamecastTemplate[] =>
  (listOf(value) ?? []).flatMap((template) => {
    if (!isFields(template) || !isText(template['id'])) return [];
    const { id, name, spawn, runtime } = template;
    const { command, args } = isFields(spawn) ? spawn : {};
    return [
      {
        id,
        name: textOf(name) ?? id,
        command: textOf(command) ?? '',
        args: (listOf(args) ?? []).filter(isText),
        provider: (isFields(runtime) ? textOf(runtime['provider']) : undefined) ?? '',
      },
    ];
  });

export const readRuntimes = (value: unknown): readonly FlamecastRuntime[] =>
  (listOf(value) ?? []).flatMap((runtime) => {
    if (!isFields(runtime) || !isText(runtime['typeName'])) return [];
    const { typeName: type, onlyOne, instances } = runtime;
    const read = (listOf(instances) ?? []).flatMap((instance) => readInstance(instance, type) ?? []);
    return [{ type, onlyOne: onlyOne === true, instances: read }];
  });

export const readInstance = (value: unknown, type = ''): FlamecastInstance | undefined => {
  if (!isFields(value) || !isText(value['name'])) return undefined;
  const { name, typeName, status, websocketUrl } = value;
  return {
    name,
    type: textOf(typeName) ?? type,
    status: textOf(status) ?? '',
    ...(isText(websocketUrl) ? { websocketUrl } : {}),
  };
};

const TYPES: readonly FlamecastEntry['type'][] = ['file', 'directory', 'symlink', 'other'];

export const readListing = (value: unknown): FlamecastListing | undefined => {
  if (!isFields(value) || !isText(value['root'])) return undefined;
  const { root, path, gitPath, entries, truncated } = value;
  return {
    root,
    ...(isText(path) ? { path } : {}),
    ...(isText(gitPath) ? { gitPath } : {}),
    entries: (listOf(entries) ?? []).flatMap((entry): readonly FlamecastEntry[] => {
      if (!isFields(entry) || !isText(entry['path'])) return [];
      const { branch, origin } = isFields(entry['git']) ? entry['git'] : {};
      const type = TYPES.find((each) => each === entry['type']) ?? 'other';
      const git = { ...(isText(branch) ? { branch } : {}), ...(isText(origin) ? { origin } : {}) };
      return [{ path: entry['path'], type, ...git }];
    }),
    truncated: truncated === true,
  };
};

export const readPreview = (value: unknown): FlamecastPreview | undefined =>
  isFields(value) && isText(value['content'])
    ? { content: value['content'], truncated: value['truncated'] === true }
    : undefined;

/** Of `filesystem.changed`. */
export const readFileChanges = ({ changes }: Fields): readonly FlamecastFileChange[] =>
  (listOf(changes) ?? []).flatMap((change) =>
    isFields(change) && isText(change['path']) ? [{ path: change['path'], type: textOf(change['type']) ?? '' }] : [],
  );

/** What an error of the server says, whichever of its shapes it has. */
export const errorIn = (value: unknown): string => {
  if (!isFields(value)) return '';
  const { error, message } = value;
  if (isText(error)) return error;
  if (isFields(error)) return textOf(error['message']) ?? textOf(error['name']) ?? '';
  return textOf(message) ?? '';
};
