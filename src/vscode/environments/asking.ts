import * as vscode from 'vscode';
import { Failure } from '../../base/failure.ts';
import { plainLine } from '../plainText.ts';

/** The person wants to see the question before this one again. */
export const BACK: unique symbol = Symbol('back');

/** Undefined: the person thought better of it. */
export type Answer<T> = T | typeof BACK | undefined;

export interface Question {
  readonly title: string;
  readonly placeholder?: string;
  /** Of how many, both from 1 on. */
  readonly step?: { readonly at: number; readonly of: number };
  /** There is a question before this one. */
  readonly back?: boolean;
}

interface TextQuestion extends Question {
  readonly prompt: string;
  readonly value?: string;
  readonly password?: boolean;
  /** What is wrong with it, as it is typed; undefined: nothing. */
  check?(text: string): string | undefined;
}

/** A line of text, trimmed. */
export const askText = async (question: TextQuestion): Promise<Answer<string>> => {
  const input = vscode.window.createInputBox();
  const { prompt, value = '', password = false, check } = question;
  input.prompt = prompt;
  input.value = value;
  input.password = password;
  const judge = (isFinal: boolean): string | undefined => {
    const text = input.value.trim();
    // What is not begun yet is not wrong yet.
    const wrong = text === '' && !isFinal ? undefined : check?.(text);
    input.validationMessage = wrong;
    return wrong;
  };
  input.onDidChangeValue(() => judge(false));
  return await answered(question, input, () => (judge(true) === undefined ? input.value.trim() : undefined));
};

export interface Choice<T> extends vscode.QuickPickItem {
  readonly value: T;
}

export const choose = async <T>(
  question: Question,
  choices: readonly (Choice<T> | vscode.QuickPickItem)[],
): Promise<Answer<T>> => {
  const pick = vscode.window.createQuickPick<Choice<T> | vscode.QuickPickItem>();
  pick.items = choices;
  pick.matchOnDetail = true;
  // What merely tells something is no answer.
  pick.activeItems = choices.filter((each) => 'value' in each).slice(0, 1);
  return await answered(question, pick, () => {
    const [chosen] = pick.selectedItems;
    return chosen !== undefined && 'value' in chosen ? chosen.value : undefined;
  });
};

const answered = async <T>(
  { title, placeholder, step, back = false }: Question,
  input: vscode.InputBox | vscode.QuickPick<vscode.QuickPickItem>,
  answer: () => T | undefined,
): Promise<Answer<T>> => {
  const { promise, resolve } = Promise.withResolvers<Answer<T>>();
  input.title = title;
  input.ignoreFocusOut = true;
  if (placeholder !== undefined) input.placeholder = placeholder;
  if (step !== undefined) [input.step, input.totalSteps] = [step.at, step.of];
  if (back) input.buttons = [vscode.QuickInputButtons.Back];
  const accept = (): void => {
    const given = answer();
    if (given !== undefined) resolve(given);
  };
  const listening = vscode.Disposable.from(
    input.onDidTriggerButton(() => resolve(BACK)),
    input.onDidHide(() => resolve(undefined)),
    input.onDidAccept(accept),
  );
  input.show();
  try {
    return await promise;
  } finally {
    listening.dispose();
    input.dispose();
  }
};

/** In the place of a question, while something is under way that its answer needs; the person can stop it, or go back. */
export const whileBusy = async <T>(
  question: Question,
  outer: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<Answer<T>> => {
  const pick = vscode.window.createQuickPick();
  pick.busy = true;
  const control = new AbortController();
  const running = run(AbortSignal.any([outer, control.signal]));
  try {
    return await Promise.race([running, answered<never>(question, pick, () => undefined)]);
  } finally {
    control.abort(new Failure('cancelled', vscode.l10n.t('Cancelled.')));
    // It is over already, or nobody waits for it any more.
    running.catch(() => undefined);
    pick.dispose();
  }
};

/** Shows that something is under way; the person can stop it. */
export const withCancel = async <T>(
  title: string,
  outer: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> =>
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (_, token) => {
      const control = new AbortController();
      token.onCancellationRequested(() => control.abort(new Failure('cancelled', vscode.l10n.t('Cancelled.'))));
      return await run(AbortSignal.any([outer, control.signal]));
    },
  );

/** What it is called, where a person reads it. */
export const nameOf = ({ label }: { readonly label: string }): string => plainLine(label, 60);
