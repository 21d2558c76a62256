import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { type Disposable, Disposables } from '../base/disposable.ts';
import { sentence } from '../base/failure.ts';
import { allows, type Question, type QuestionOption, type Settler } from '../model/question.ts';
import { ruleText } from '../model/rule.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { Appended, SessionStore } from '../router/store.ts';
import { plainLine } from './plainText.ts';
import { shortAction } from './shortAction.ts';

/** After so long VS Code has put a toast away into its list, in milliseconds; it can neither be changed nor taken back. */
const IN_SIGHT = 20_000;

/**
 * Whoever looks away sooner than that, in milliseconds, has not seen what came: VS Code says late, too, that a view went out
 * of sight.
 */
const TO_SEE = 1000;

/** Shows a toast; resolves with the button that was pressed, or undefined when it was closed. */
export type Ask = (message: string, ...buttons: string[]) => Thenable<string | undefined>;

interface Asked {
  readonly key: SessionKey;
  readonly agent: string;
  readonly question: Question;
}

interface Toast {
  readonly asked: readonly Asked[];
  readonly at: number;
  readonly settled: Map<string, Settler>;
}

/** Says that something waits while its chat is out of sight: one toast at a time, never with what must be read in full. */
export class Notifications implements vscode.Disposable {
  readonly #store: SessionStore;
  readonly #clock: Clock;
  readonly #inSight: (key: SessionKey) => boolean;
  readonly #wanted: () => boolean;
  readonly #ask: Ask;
  readonly #review: (asked: { readonly key: SessionKey; readonly question: string }) => Promise<void>;
  readonly #answer: (key: SessionKey, question: Question, option: string) => Promise<void>;
  readonly #owned = new Disposables();
  /** Asked out of sight, and in no toast yet. */
  readonly #waiting = new Map<string, Asked>();
  /** Asked in sight a moment ago. */
  #fresh: readonly (Asked & { readonly at: number })[] = [];
  readonly #toasts = new Set<Toast>();
  #later: Disposable | undefined;

  constructor(parts: {
    readonly store: SessionStore;
    readonly clock: Clock;
    /** Whether the person sees the session, so that a toast would only be in the way. */
    readonly inSight: (key: SessionKey) => boolean;
    /** The person's setting. */
    readonly wanted: () => boolean;
    readonly ask: Ask;
    readonly review: (asked: { readonly key: SessionKey; readonly question: string }) => Promise<void>;
    readonly answer: (key: SessionKey, question: Question, option: string) => Promise<void>;
  }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#inSight = parts.inSight;
    this.#wanted = parts.wanted;
    this.#ask = parts.ask;
    this.#review = parts.review;
    this.#answer = parts.answer;
    this.#owned.add(parts.store.onAppended((appended) => this.#hear(appended)));
    this.#owned.onEnd(() => {
      this.#waiting.clear();
      this.#later?.dispose();
    });
  }

  /** The person looks at another session, or at none. */
  turned(): void {
    for (const { at, ...asked } of this.#fresh)
      if (!this.#inSight(asked.key) && this.#clock.monotonic() - at < TO_SEE)
        this.#waiting.set(asked.question.id, asked);
    this.#fresh = this.#fresh.filter(({ key }) => this.#inSight(key));
    this.#show();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #hear({ key, session, logged }: Appended): void {
    for (const { event } of logged) {
      if (event.kind === 'question/settled') this.#forget(event.question, event.by);
      if (event.kind !== 'question/asked') continue;
      const about = { key, agent: session.agentLabel, question: event.question };
      if (this.#inSight(key)) {
        const at = this.#clock.monotonic();
        this.#fresh = [...this.#fresh.filter((each) => at - each.at < TO_SEE), { ...about, at }];
        continue;
      }
      this.#waiting.set(event.question.id, about);
    }
    this.#show();
  }

  #forget(question: string, by: Settler): void {
    this.#waiting.delete(question);
    this.#fresh = this.#fresh.filter((each) => each.question.id !== question);
    for (const toast of this.#toasts) toast.settled.set(question, by);
  }

  #show(): void {
    if (this.#waiting.size === 0 || this.#owned.ended || !this.#wanted()) return;
    const now = this.#clock.monotonic();
    const open = [...this.#toasts].filter(({ asked, settled }) =>
      asked.some(({ question }) => !settled.has(question.id)),
    );
    const free = Math.max(now, ...open.map(({ at }) => at + IN_SIGHT));
    if (free > now) return this.#showIn(free - now);
    const toast: Toast = { asked: [...this.#waiting.values()], at: now, settled: new Map() };
    this.#waiting.clear();
    this.#toasts.add(toast);
    void this.#tell(toast);
  }

  /** Nobody may do anything by then that would show it. */
  #showIn(milliseconds: number): void {
    if (this.#later !== undefined) return;
    this.#later = this.#clock.after(milliseconds, () => {
      this.#later = undefined;
      this.#show();
    });
  }

  async #tell(toast: Toast): Promise<void> {
    const review = vscode.l10n.t('Review');
    const options = quickOptions(toast);
    const labels = options.map(optionLabel);
    try {
      const chosen = await this.#ask(message(toast), review, ...labels);
      if (chosen === undefined) return;
      const option = options[labels.indexOf(chosen)];
      await this.#act(toast, chosen === review ? undefined : option);
    } catch (failure) {
      void this.#ask(plainLine(sentence(failure), 200));
    } finally {
      this.#toasts.delete(toast);
      this.#show();
    }
  }

  async #act(toast: Toast, option: QuestionOption | undefined): Promise<void> {
    const open = toast.asked.find(({ key, question }) => isOpen(this.#store.get(key), question.id));
    if (open === undefined) {
      const by = [...toast.settled.values()].at(-1);
      void this.#ask(by === undefined ? vscode.l10n.t('The session was closed.') : settledWords(by));
    } else if (option === undefined) await this.#review({ key: open.key, question: open.question.id });
    else await this.#answer(open.key, open.question, option.id);
  }
}

const isOpen = (session: Session | undefined, question: string): boolean =>
  session?.questions.some(({ id }) => id === question) === true;

const message = ({ asked }: Toast): string => {
  const [only, ...others] = asked;
  if (only === undefined || others.length > 0) return vscode.l10n.t('{0} questions wait for you.', asked.length);
  return vscode.l10n.t('{0} asks: {1}', plainLine(only.agent, 40), plainLine(titleOf(only.question)));
};

/** What we ask ourselves is a key of translation, an agent's own words are not. */
const titleOf = ({ title, guard, kind }: Question): string =>
  guard === undefined && kind !== 'sign-in' ? title : vscode.l10n.t(title);

const quickOptions = ({ asked }: Toast): readonly QuestionOption[] => {
  const [only, ...others] = asked;
  if (only === undefined || others.length > 0 || shortAction(only.question) === undefined) return [];
  return only.question.options;
};

/** What an option does comes from its kind: a name that says otherwise stands behind the word for it. */
const optionLabel = ({ name, kind }: QuestionOption): string => {
  const meaning = allows({ kind }) ? vscode.l10n.t('Allow') : vscode.l10n.t('Reject');
  return name.toLowerCase().startsWith(meaning.toLowerCase()) ? name : `${meaning}: ${name}`;
};

const settledWords = (by: Settler): string => {
  switch (by.kind) {
    case 'person':
      return vscode.l10n.t('This was answered already ({0}).', plainLine(by.device, 40));
    case 'rule':
      return vscode.l10n.t('Your rule “{0}” answered this already.', plainLine(ruleText(by.rule), 40));
    case 'turn cancelled':
      return vscode.l10n.t('The turn was stopped, so this needs no answer any more.');
    case 'agent gone':
      return vscode.l10n.t('The agent has ended, so this needs no answer any more.');
    case 'signed in':
      return vscode.l10n.t('Signing in went on in another place, so this needs no answer any more.');
  }
};
