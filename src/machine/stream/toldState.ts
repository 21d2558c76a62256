import type { StreamState } from '../../protocol/terminal/messages.ts';
import { makeVisible } from '../../base/visibleText.ts';
import { STREAM } from './limits.ts';
import type { ToldState } from './stream.ts';

const STATES: readonly StreamState[] = ['thinking', 'tool', 'idle', 'awaiting-input'];

/** Of ConEmu's progress, which agents and build tools report: gone, a share, failed, of unknown length, paused. */
const PROGRESS: Readonly<Record<string, StreamState>> = {
  0: 'idle',
  1: 'thinking',
  2: 'idle',
  3: 'thinking',
  4: 'awaiting-input',
};

/**
 * What a program says of itself in an operating system command: `777;state;VALUE` with an optional `;TOOL`, or its
 * progress, `9;4;KIND`. Whoever says nothing is idle: that a program prints something does not mean that it works.
 */
export const readState = (osc: string): Omit<ToldState, 'ts'> | undefined => {
  const [kind, verb, said = '', ...rest] = osc.split(';');
  if (kind === '9' && verb === '4') {
    const value = Object.hasOwn(PROGRESS, said) ? PROGRESS[said] : undefined;
    return value && { value };
  }
  const value = kind === '777' && verb === 'state' ? STATES.find((each) => each === said) : undefined;
  if (value === undefined) return undefined;
  const tool = makeVisible(rest.join(';'), 'one').slice(0, STREAM.name);
  return value === 'tool' && tool !== '' ? { value, tool } : { value };
};
