/**
 * What devices run on this machine, as sessions of the store: so every surface shows it as it happens, answers what is
 * asked, stops it, and finds it again later.
 *
 * X1 A device has one session here; each time that it opens one of its own is a turn in it, and each command an entry.
 * X2 Nobody lets themselves in: the device that asks is not the one that allows, unless it is the owner's.
 * X3 Nothing but a person's answer allows anything.
 */
import { frozen } from '../backends/acp/openQuestions.ts';
import { TerminalLook } from '../backends/acp/terminalLook.ts';
import type { Clock } from '../base/clock.ts';
import { type Disposable, toDisposable } from '../base/disposable.ts';
import { Failure } from '../base/failure.ts';
import { makeVisible } from '../base/visibleText.ts';
import type { Command, CommandLine } from '../machine/execution/command.ts';
import type { ExecutionParts } from '../machine/execution/service.ts';
import type { Shown } from '../machine/execution/session.ts';
import type { SessionEvent } from '../model/event.ts';
import type { Question } from '../model/question.ts';
import type { SessionKey } from '../model/session.ts';
import type { Device } from '../relay/device.ts';
import { GATE_WORDS } from '../router/gateWords.ts';
import type { Backend, BackendCommand } from '../router/ports.ts';
import type { SessionStore } from '../router/store.ts';
import { EXECUTION_WORDS } from './executionWords.ts';

/** No agent of a person can have this id. */
const ID = ':environment';
const LABEL = 'Commands';
/** What stands where a device does not say what it wants to do. */
const OPENING = 'Commands on this machine';
/** UTF-16 units. */
const LONGEST_TITLE = 200;

type Opening = Parameters<ExecutionParts['show']>[0];

interface Open extends Opening {
  readonly key: SessionKey;
  readonly turn: string;
  question?: { readonly id: string; settle(allowed: boolean): void };
}

export interface ExecutionRecordsParts {
  readonly store: SessionStore;
  readonly clock: Clock;
  /** Absolute; the first one is where commands run that say nothing else. */
  readonly folders: readonly [string, ...string[]];
}

export class ExecutionRecords implements Backend {
  readonly id = ID;
  readonly label = LABEL;
  readonly owns = { history: 'us', queue: 'them', questions: 'us' } as const;
  readonly makesItsOwn = true;
  readonly #parts: ExecutionRecordsParts;
  /** By the ids of their devices. */
  readonly #sessions = new Map<string, SessionKey>();
  readonly #open = new Map<SessionKey, Open>();

  constructor(parts: ExecutionRecordsParts) {
    this.#parts = parts;
  }

  create(): Promise<never> {
    return Promise.reject(
      new Failure(
        'unsupported',
        'This is what a device has run on this machine, and nobody is there who could go on with it.',
        'When the device runs commands again, they stand in a session of their own.',
      ),
    );
  }

  attach(): Promise<never> {
    return this.create();
  }

  stop(): Promise<void> {
    for (const open of this.#open.values()) this.#end(open);
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  perform(key: SessionKey, command: BackendCommand): Promise<void> {
    const open = this.#open.get(key);
    switch (command.kind) {
      case 'question/answer': {
        const { outcome, question } = command;
        const asked = open?.question;
        // It was settled before this; who it was settled by says the store.
        if (asked?.id === question) asked.settle(outcome.kind === 'selected' && outcome.option === ALLOW.id);
        return Promise.resolve();
      }
      case 'close':
        for (const [device, own] of this.#sessions) if (own === key) this.#sessions.delete(device);
        if (open !== undefined) this.#end(open);
        return Promise.resolve();
      case 'cancel':
        if (open !== undefined) this.#end(open);
        return Promise.resolve();
      default:
        return Promise.reject(
          new Failure('unsupported', 'Nobody answers here: this is what a device runs on this machine.'),
        );
    }
  }

  /** X2. @throws Failure `own` */
  admitAnswer(device: Device, question: string): void {
    const open = [...this.#open.values()].find((each) => each.question?.id === question);
    if (open === undefined || device.owner === true || open.device.id !== device.id) return;
    throw new Failure('own', 'This device asks for it itself.', 'Answer in the editor there, or on another device.');
  }

  readonly show: ExecutionParts['show'] = async (opening, signal) => {
    const { clock } = this.#parts;
    const { device, label = '' } = opening;
    const open: Open = { ...opening, key: this.#sessionOf(device), turn: clock.id() };
    this.#open.set(open.key, open);
    const said = makeVisible(label.trim(), 'one');
    const prompt = [{ type: 'text' as const, text: said === '' ? OPENING : said }];
    this.#tell(open, { kind: 'turn/started', turn: open.turn, prompt, device: device.name });
    if (!opening.ask || (await this.#asks(open, said, signal))) return this.#shown(open);
    this.#over(open, 'end_turn');
    return undefined;
  };

  /** Asks every surface, and settles when one of them has answered, or nobody has to any more. */
  async #asks(open: Open, label: string, signal: AbortSignal): Promise<boolean> {
    const question = this.#questionOf(open.device, label);
    const { id, title, tool } = question;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    open.question = { id, settle: resolve };
    this.#tell(open, {
      kind: 'update',
      update: { sessionUpdate: 'tool_call', toolCallId: tool.call, title, kind: 'execute', status: 'pending' },
    });
    this.#tell(open, { kind: 'question/asked', question });
    const withdrawn = onAbort(signal, () => {
      const isOpen = this.#parts.store.get(open.key)?.questions.some((each) => each.id === id) === true;
      if (isOpen) {
        this.#tell(open, {
          kind: 'question/settled',
          question: id,
          by: { kind: 'agent gone' },
          outcome: { kind: 'cancelled' },
        });
        this.#tell(open, { kind: 'call/noted', call: tool.call, note: EXECUTION_WORDS.unanswered });
      }
      resolve(false);
    });
    const allowed = await promise;
    withdrawn.dispose();
    delete open.question;
    const status = allowed ? 'completed' : 'failed';
    this.#tell(open, { kind: 'update', update: { sessionUpdate: 'tool_call_update', toolCallId: tool.call, status } });
    return allowed;
  }

  #questionOf(device: Device, label: string): Question & Required<Pick<Question, 'tool'>> {
    const { clock, folders } = this.#parts;
    const text = [makeVisible(device.name, 'one'), ...(label === '' ? [] : [label])].join('\n');
    const tool = {
      call: clock.id(),
      toolKind: 'execute',
      content: [{ type: 'content' as const, content: { type: 'text' as const, text } }],
      locations: folders.map((path) => ({ path })),
    };
    const question = frozen({
      id: clock.id(),
      kind: 'permission',
      title: EXECUTION_WORDS.ask,
      at: clock.now(),
      tool,
      options: [ALLOW, REFUSE],
    });
    return { ...question, tool };
  }

  #shown(open: Open): Shown {
    return {
      began: (command) => this.#began(open, command),
      failed: (line, why) => {
        this.#tell(open, {
          kind: 'update',
          update: {
            sessionUpdate: 'tool_call',
            toolCallId: line.id,
            title: titleOf(line),
            kind: 'execute',
            status: 'failed',
            content: [{ type: 'content', content: { type: 'text', text: why } }],
          },
        });
      },
      over: (why) => {
        if (why === 'idle') this.#tell(open, { kind: 'notice', severity: 'info', title: EXECUTION_WORDS.idle });
        this.#over(open, why === 'person' || why === 'host' ? 'cancelled' : 'end_turn');
      },
    };
  }

  #began(open: Open, command: Command): void {
    const { clock } = this.#parts;
    const { id, command: line, cwd } = command.line;
    this.#tell(open, {
      kind: 'update',
      update: {
        sessionUpdate: 'tool_call',
        toolCallId: id,
        title: titleOf(command.line),
        kind: 'execute',
        status: 'in_progress',
        content: [{ type: 'terminal', terminalId: id }],
        locations: [{ path: cwd }],
      },
    });
    const shows = { clock, push: (event: SessionEvent) => this.#tell(open, event) };
    const look = new TerminalLook(shows, id, makeVisible(line, 'many'));
    command.onData((text) => look.append(text));
    void command.exited.then((exit) => {
      look.end(exit);
      look.release();
      const status = exit.code === 0 ? 'completed' : 'failed';
      this.#tell(open, { kind: 'update', update: { sessionUpdate: 'tool_call_update', toolCallId: id, status } });
    });
  }

  /** Somebody here wants it to end. */
  #end(open: Open): void {
    open.question?.settle(false);
    open.end();
  }

  #over(open: Open, reason: string): void {
    if (this.#open.get(open.key) === open) this.#open.delete(open.key);
    this.#tell(open, { kind: 'turn/ended', turn: open.turn, reason });
  }

  #sessionOf({ id, name }: Device): SessionKey {
    const { store, clock, folders } = this.#parts;
    const known = this.#sessions.get(id);
    if (known !== undefined && store.get(known) !== undefined) return known;
    const key = clock.id() as SessionKey;
    const title = `Commands from ${makeVisible(name, 'one')}`;
    store.open({ key, backend: ID, agentLabel: LABEL, title, cwd: folders[0], owns: this.owns });
    store.append(key, [{ event: { kind: 'link', link: { state: 'ready' } } }]);
    this.#sessions.set(id, key);
    return key;
  }

  #tell({ key }: Open, event: SessionEvent): void {
    this.#parts.store.append(key, [{ event }]);
  }
}

const ALLOW = { id: 'allow', name: GATE_WORDS.allow, kind: 'allow_once' };
const REFUSE = { id: 'reject', name: GATE_WORDS.reject, kind: 'reject_once' };

const titleOf = ({ command, description }: CommandLine): string =>
  makeVisible((description === '' ? command : description).slice(0, LONGEST_TITLE), 'one');

const onAbort = (signal: AbortSignal, run: () => void): Disposable => {
  if (signal.aborted) run();
  else signal.addEventListener('abort', run, { once: true });
  return toDisposable(() => signal.removeEventListener('abort', run));
};
