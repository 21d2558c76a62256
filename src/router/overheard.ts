import { toDisposable } from '../base/disposable.ts';
import type { Terminal } from './ports.ts';

/** The terminal for its agent, which hears everything from the start although somebody else listens as well. */
export const overheard = (terminal: Terminal, hear: (text: string) => void): Terminal => {
  let listener: ((text: string) => void) | undefined;
  let unheard = '';
  // Not ended with the one who overhears: the agent hears by it also what comes after that one has gone.
  terminal.onData((text) => {
    if (listener === undefined) unheard += text;
    else listener(text);
    hear(text);
  });
  return {
    pid: terminal.pid,
    kind: terminal.kind,
    onData: (wants) => {
      listener = wants;
      if (unheard !== '') wants(unheard);
      unheard = '';
      return toDisposable(() => (listener = undefined));
    },
    write: (text) => terminal.write(text),
    resize: (columns, rows) => terminal.resize(columns, rows),
    kill: () => terminal.kill(),
    exited: terminal.exited,
    [Symbol.asyncDispose]: () => terminal[Symbol.asyncDispose](),
  };
};
