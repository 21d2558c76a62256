/**
 * Waits for the end of its input, then ends the process groups that the last whole line of it named. Each line is a
 * JSON array of all groups that live (see `Group`); an empty one, and there is nothing to do but to leave.
 */
import { endGroups, oursOf, readGroups, UNATTENDED, type Group } from './group.ts';

// A signal to everybody must not end the one that cleans up after them: it leaves with its pipe, and not before.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);

const read = (line: string | undefined): readonly Group[] | undefined => {
  try {
    return line === undefined ? undefined : readGroups(JSON.parse(line));
  } catch {
    return undefined;
  }
};

let groups: readonly Group[] = [];
let rest = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (text: string) => {
  const lines = (rest + text).split('\n');
  rest = lines.pop() ?? '';
  groups = read(lines.at(-1)) ?? groups;
});
// A pipe that breaks is one that ended.
process.stdin.on('error', () => undefined);
process.stdin.once('close', () => {
  void oursOf(groups, true)
    .then((ours) => endGroups(ours, UNATTENDED))
    // Not by exiting: Node can wait for its own threads for ever then (nodejs/node#54918), and nobody would end us.
    .finally(() => process.kill(process.pid, 'SIGKILL'));
});
