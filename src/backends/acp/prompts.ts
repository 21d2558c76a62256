import type * as acp from '@agentclientprotocol/sdk';
import { Failure, PeerError, sentence } from '../../base/failure.ts';
import { RPC } from '../../base/rpc.ts';
import { isFields } from '../../model/fold/read.ts';
import { WORDS } from '../../model/fold/words.ts';
import type { SessionKey, TurnError } from '../../model/session.ts';
import { ACP_ERROR, errorMessage, SignInNeeded, turnError } from '../../protocol/acp/errors.ts';
import { AGENT } from '../../protocol/acp/methods.ts';
import type { BackendContext } from '../../router/ports.ts';
import type { AcpConnection } from './connection.ts';
import { enclose, wantsEnclosing } from './enclosed.ts';
import type { Renewal } from './renewal.ts';
import type { AcpSession } from './session.ts';
import type { SignIn } from './signIn.ts';
import { GivenUp } from './signInAttempt.ts';

export interface PromptsParts {
  readonly label: string;
  readonly context: BackendContext;
  readonly sessions: ReadonlyMap<SessionKey, AcpSession>;
  readonly signIn: SignIn;
  readonly renewal: Renewal;
}

/** The way of prompts to the agent, from the person's words to the end of the turn. */
export class Prompts {
  readonly #parts: PromptsParts;

  constructor(parts: PromptsParts) {
    this.#parts = parts;
  }

  /** A prompt that was taken always ends with `turn/ended`, whatever becomes of the agent. */
  take(session: AcpSession, turn: string, prompt: readonly acp.ContentBlock[]): void {
    const { connection } = session;
    const refused = connection.peer.refusal() ?? unsupported(prompt, connection);
    if (refused !== undefined) throw refused;
    session.beginTurn(turn);
    const { embeddedContext } = connection.intro;
    if (wantsEnclosing(prompt, embeddedContext)) void this.#enclose(session, turn, prompt, embeddedContext);
    else this.#send(session, turn, prompt);
  }

  async #enclose(
    session: AcpSession,
    turn: string,
    prompt: readonly acp.ContentBlock[],
    embeddedContext: boolean,
  ): Promise<void> {
    const { workspace } = session;
    const { log } = this.#parts.context;
    const enclosed = await enclose(prompt, embeddedContext, workspace, new AbortController().signal).catch(
      (failure: unknown) => {
        log.warn(`What goes along with a prompt could not be read: ${sentence(failure)}`);
        return prompt;
      },
    );
    if (session.turn !== turn || session.closed) return;
    if (!session.cancelling) return this.#send(session, turn, enclosed);
    // The agent has heard nothing of it.
    session.endTurn();
    session.push({ kind: 'turn/ended', turn, reason: 'cancelled' });
  }

  #send(session: AcpSession, turn: string, prompt: readonly acp.ContentBlock[], again = false): void {
    const { connection } = session;
    connection.peer.call(AGENT.prompt, { sessionId: session.id, prompt }, (settled) => {
      const { cancelling: stopped, wordless } = session;
      session.endTurn();
      if (settled.ok) {
        session.untouched = false;
        const reason = stopReason(settled.result);
        // Some end a turn so in which their model could not be reached (protocol §10, kimi).
        if (wordless && reason === 'end_turn') session.push({ kind: 'notice', severity: 'info', title: WORDS.nothing });
        session.push({ kind: 'turn/ended', turn, reason });
        return;
      }
      if (settled.failure instanceof PeerError && (stopped || settled.failure.code === RPC.cancelled)) {
        // What some answer to a cancel: the person asked for the end, and got it. Others cancel so by themselves.
        this.#parts.context.log.info(
          `${this.#parts.label} answered a cancelled prompt with: ${errorMessage(settled.failure)}`,
        );
        session.push({ kind: 'turn/ended', turn, reason: 'cancelled' });
        return;
      }
      if (settled.failure instanceof PeerError && settled.failure.code === ACP_ERROR.authRequired) {
        void this.#sendSignedIn(session, { turn, prompt, again }, settled.failure);
        return;
      }
      session.push({ kind: 'turn/ended', turn, ...endOf(settled.failure) });
    });
  }

  /** An agent that wants to know who the person is has not taken the prompt: it is sent again when it knows. */
  async #sendSignedIn(session: AcpSession, { turn, prompt, again }: Sent, answer: PeerError): Promise<void> {
    const { key, connection } = session;
    // What it said before stands above the question.
    session.flush();
    const gone = new AbortController();
    void connection.closed.then((failure) => {
      // Not where it is ended for that very reason.
      if (!session.closed) gone.abort(failure);
    });
    const end = (failure: unknown): void =>
      this.#parts.context.emit(key, [{ event: { kind: 'turn/ended', turn, ...endOf(failure) } }]);
    try {
      const needed = new SignInNeeded(answer, this.#parts.label, connection.intro.authMethods);
      await this.#parts.signIn.wait(key, needed, again, gone.signal);
      await this.#parts.renewal.settled(key);
    } catch (failure) {
      end(failure instanceof SignInNeeded ? answer : failure);
      return;
    }
    const now = this.#parts.sessions.get(key);
    if (now === undefined || now.closed || now.connection.ended !== undefined) {
      end(
        new Failure(
          'agent gone',
          `${this.#parts.label} was started anew, and does not have this session.`,
          'Send it again.',
        ),
      );
      return;
    }
    now.beginTurn(turn);
    this.#send(now, turn, prompt, true);
  }
}

/** A prompt on its way; `again`: it was sent before, and the person has signed in since. */
interface Sent {
  readonly turn: string;
  readonly prompt: readonly acp.ContentBlock[];
  readonly again: boolean;
}

const endOf = (failure: unknown): { readonly reason: string; readonly error?: TurnError } => {
  if (failure instanceof GivenUp) return { reason: 'cancelled' };
  if (failure instanceof PeerError) return { reason: 'failed', error: turnError(failure) };
  return {
    reason: 'agent gone',
    error: turnError(failure instanceof Failure ? failure : new Failure('', sentence(failure))),
  };
};

/** An answer without a reason that can be read ended like any other. */
const stopReason = (result: unknown): string =>
  isFields(result) && typeof result['stopReason'] === 'string' ? result['stopReason'] : 'end_turn';

/** Agents are sent only what they said they take (protocol §4); texts and links they all do. */
const unsupported = (prompt: readonly acp.ContentBlock[], { intro, label }: AcpConnection): Failure | undefined => {
  const takes: Readonly<Record<string, boolean>> = {
    image: intro.image,
    audio: intro.audio,
  };
  const refused = prompt.find(
    (block) =>
      takes[block.type] === false ||
      // Texts can be told as words; other data cannot.
      (block.type === 'resource' && !intro.embeddedContext && !('text' in block.resource)),
  );
  return (
    refused &&
    new Failure('unsupported', `${label} does not take ${WORD[refused.type] ?? 'this'}.`, 'Take it out of the message.')
  );
};

const WORD: Readonly<Record<string, string>> = { image: 'images', audio: 'sound', resource: 'embedded files' };
