import type { SignInView, SignInWay } from '../signIn.ts';
import { defined, isFields, isText, listOf, textOf } from './read.ts';

/** Undefined where it cannot be shown. */
export const readSignIn = (value: unknown): SignInView | undefined => {
  if (!isFields(value)) return undefined;
  const { agent, said, under } = value;
  if (!isText(agent) || !isText(said)) return undefined;
  return {
    agent,
    said,
    ways: (listOf(value['ways']) ?? []).flatMap(readWay),
    ...defined({ problem: textOf(value['problem']), under: isKind(under) ? under : undefined }),
  };
};

const readWay = (value: unknown): readonly SignInWay[] => {
  if (!isFields(value)) return [];
  const { option, kind, description } = value;
  if (!isText(option) || !isKind(kind)) return [];
  return [
    {
      option,
      kind,
      ...defined({
        description: textOf(description),
        command: textsOf(value['command']),
        environment: textsOf(value['environment']),
        values: textsOf(value['values']),
      }),
    },
  ];
};

const textsOf = (value: unknown): readonly string[] | undefined => listOf(value)?.filter(isText);

const KINDS: ReadonlySet<unknown> = new Set<SignInWay['kind']>(['agent', 'terminal', 'values']);
const isKind = (value: unknown): value is SignInWay['kind'] => KINDS.has(value);
