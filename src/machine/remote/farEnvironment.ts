import { homedir } from 'node:os';
import { Failure } from '../../base/failure.ts';
import type { FarMachine } from '../../router/farMachine.ts';
import type { Environment, ExitStatus, Process } from '../../router/ports.ts';
import { failedTerminal } from '../terminal.ts';
import { argumentsFor, FAR, headerOf } from './farShell.ts';
import { reaching, wayFailed } from './reach.ts';
import type { SharedWay } from './sharedWay.ts';

/** Another machine. `local` is this one, which runs the programs that reach it: with them ends what runs there. */
export const farEnvironment = (there: FarMachine, local: Environment, way: SharedWay): Environment => ({
  label: there.label,
  shell: 'posix',
  async spawn({ command, args, cwd, env, node }, signal) {
    if (node === true) throw new Failure('unsupported', `This agent cannot run on ${there.label}.`);
    const header = headerOf({ command, args, cwd, ...(env === undefined ? {} : { env }) });
    const { options: more, end } = await way.open();
    const starting = local.spawn({ ...reaching(there, FAR.agent, [], false, more), cwd: homedir() }, signal);
    starting.then(({ exited }) => exited, end).then(end, end);
    const child = await starting;
    const writer = child.lines.writable.getWriter();
    // One that ended already is told by its exit.
    writer.write(header.trimEnd().split('\n')).catch(() => undefined);
    writer.releaseLock();
    return explained(there, child);
  },
  async terminal({ name, command, args, cwd, env, shell, owner, front, columns, rows }, signal) {
    const typed = shell === true ? { command: 'sh', args: ['-c', command] } : { command, args };
    let words: ReturnType<typeof reaching>;
    try {
      const data = argumentsFor({ ...typed, cwd, ...(env === undefined ? {} : { env }) });
      const script = there.kind === 'exec' && there.terminal === undefined ? FAR.command : FAR.terminal;
      words = reaching(there, script, data, true);
    } catch (failure) {
      return failedTerminal(failure);
    }
    const shown = {
      name: `${name} · ${there.label}`,
      columns,
      rows,
      ...(owner === undefined ? {} : { owner }),
      ...(front === undefined ? {} : { front }),
    };
    return await local.terminal({ ...words, ...shown, cwd: homedir() }, signal);
  },
});

/** The same process, which says what to do where it never got to the other machine. */
const explained = (there: FarMachine, child: Process): Process => {
  let ended: ExitStatus | undefined;
  void child.exited.then((exit) => (ended = exit));
  return {
    pid: child.pid,
    lines: child.lines,
    exited: child.exited,
    stderrTail: () => {
      const next = ended && wayFailed(there, ended.code);
      return next === undefined ? child.stderrTail() : `${child.stderrTail()}\n${next}`.trimStart();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(child[Symbol.asyncDispose]()),
  };
};
