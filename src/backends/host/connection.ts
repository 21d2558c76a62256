import type { Disposable } from '../../base/disposable.ts';
import type { Duplex } from '../../base/duplex.ts';
import { Failure, sentence } from '../../base/failure.ts';
import type { Log } from '../../base/log.ts';
import type { WireLine } from '../../base/rpcFrame.ts';
import { readFromHost } from '../../protocol/view/fromHost.ts';
import { greetingLine, type HostGreeting, readHostGreeting } from '../../protocol/view/greeting.ts';
import { type FromWindow, type ToSurface, type ToWindow, VIEW_VERSION } from '../../protocol/view/messages.ts';
import type { Answer, Asking, Offer } from '../../protocol/view/request.ts';
import { LIMITS } from '../../router/limits.ts';

/** A way to the host. */
export interface HostLine {
  readonly lines: Duplex<WireLine, string>;
  readonly token: string;
  /** Ends it at once, whatever is under way. */
  close(): void;
}

/** What comes unasked. */
export type Told = Exclude<ToWindow, Asking | { readonly type: 'result' }>;

/** Who answers what a host asks. */
interface Answerer extends Disposable {
  receive(message: Asking): void;
}

interface Asked {
  resolve(text: string): void;
  reject(failure: Failure): void;
}

/** One connection to a host, from the greeting to its end. */
export class HostConnection {
  readonly greeting: HostGreeting;
  readonly #line: HostLine;
  readonly #log: Log;
  readonly #reader: ReadableStreamDefaultReader<readonly WireLine[]>;
  readonly #writer: WritableStreamDefaultWriter<readonly string[]>;
  readonly #asked = new Map<number, Asked>();
  #rest: readonly WireLine[];
  #last = 0;
  /** Why it is over, where that is known. */
  #over: Failure | undefined;
  #ended = false;

  /** @throws Failure `unwelcome`, it does not take our token; `version`; `lost` */
  static async open(
    line: HostLine,
    about: { readonly app: string; readonly device: string; readonly log: Log },
    signal: AbortSignal,
  ): Promise<HostConnection> {
    const { app, device, log } = about;
    const reader = line.lines.readable.getReader();
    const writer = line.lines.writable.getWriter();
    writer.closed.catch(() => undefined);
    const abort = (): void => line.close();
    signal.addEventListener('abort', abort, { once: true });
    try {
      // An end that came before we listened for it is not told any more.
      signal.throwIfAborted();
      // Where this breaks the other direction ends as well, and knows better why.
      writer.write([greetingLine({ app, token: line.token, device })]).catch(() => undefined);
      const { done, value } = await reader.read();
      if (done) throw unwelcome();
      const [first, ...rest] = value;
      const greeting = typeof first === 'string' ? readHostGreeting(first) : undefined;
      if (greeting === undefined)
        throw new Failure('unwelcome', 'What answers there is no background host of Wheelhouse.');
      if (greeting.version !== VIEW_VERSION) throw otherVersion(greeting, app);
      return new HostConnection({ line, log, reader, writer, greeting, rest });
    } catch (failure) {
      line.close();
      signal.throwIfAborted();
      throw failure instanceof Failure ? failure : lost(sentence(failure));
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  private constructor(parts: {
    readonly line: HostLine;
    readonly log: Log;
    readonly reader: ReadableStreamDefaultReader<readonly WireLine[]>;
    readonly writer: WritableStreamDefaultWriter<readonly string[]>;
    readonly greeting: HostGreeting;
    readonly rest: readonly WireLine[];
  }) {
    this.#line = parts.line;
    this.#log = parts.log;
    this.#reader = parts.reader;
    this.#writer = parts.writer;
    this.greeting = parts.greeting;
    this.#rest = parts.rest;
  }

  /**
   * Says hello, and tells what comes until the end, with whose reason it resolves; has answered what is asked meanwhile.
   */
  async listen(
    receive: (message: Told) => void,
    answers?: (say: (message: Offer | Answer) => void) => Answerer,
  ): Promise<Failure> {
    this.say({ type: 'hello', version: VIEW_VERSION });
    const answering = answers?.((message) => this.#sayFitting(message));
    const hear = (message: ToWindow): void => {
      if (message.type === 'request' || message.type === 'request/over') answering?.receive(message);
      else if (message.type === 'result') this.#answer(message);
      else receive(message);
    };
    try {
      for (const line of this.#rest) this.#read(line, hear);
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) break;
        for (const line of value) this.#read(line, hear);
      }
    } catch (failure) {
      this.#log.debug(`The connection to the background host broke: ${sentence(failure)}`);
      if (failure instanceof Failure) this.#over ??= failure;
    }
    answering?.dispose();
    this.end();
    return this.#over ?? lost();
  }

  say(message: FromWindow): void {
    this.#write(JSON.stringify(message));
  }

  /**
   * Says something that is answered.
   * @throws Failure `unknown`, the connection ended before the answer; `refused`, in the host's words; `invalid`
   */
  ask(make: (id: number) => FromWindow, signal: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (this.#ended) throw lost();
      const id = (this.#last += 1);
      const line = JSON.stringify(make(id));
      if (isTooLong(line)) throw tooLarge();
      const abort = (): void => {
        this.#asked.delete(id);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      const settled = (): void => {
        this.#asked.delete(id);
        signal.removeEventListener('abort', abort);
      };
      this.#asked.set(id, {
        resolve: (text) => {
          settled();
          resolve(text);
        },
        reject: (failure) => {
          settled();
          reject(failure);
        },
      });
      this.#write(line);
    });
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#line.close();
    for (const { reject } of [...this.#asked.values()]) reject(unanswered());
  }

  #read(line: WireLine, hear: (message: ToWindow) => void): void {
    const message = typeof line === 'string' ? readFromHost(line) : undefined;
    if (message === undefined) {
      this.#log.warn('The background host said something that nobody understands here.');
      // What it was may be missing from now on: a new connection starts from what is known.
      this.#over ??= lost('it said something that nobody understands here.');
      this.#line.close();
      return;
    }
    hear(message);
  }

  /** An answer that is too large is told as that: a line that is not read would end the connection. */
  #sayFitting(message: Offer | Answer): void {
    const line = JSON.stringify(message);
    if (message.type === 'offer' || !isTooLong(line)) return this.#write(line);
    const { code, message: why, next = '' } = tooLarge();
    this.say({ ...message, result: { kind: 'failure', code, message: why, next } });
  }

  #answer({ id, failure, text }: Extract<ToSurface, { type: 'result' }>): void {
    const asked = this.#asked.get(id);
    if (failure === undefined) asked?.resolve(text ?? '');
    else asked?.reject(new Failure('refused', failure.message, failure.next));
  }

  #write(line: string): void {
    // What breaks here ends the other direction as well, and that is told.
    this.#writer.write([line]).catch(() => undefined);
  }
}

/** A character is three bytes at the most: nothing is counted that cannot be too long. */
const isTooLong = (line: string): boolean =>
  line.length * 3 > LIMITS.windowLine && new TextEncoder().encode(line).length > LIMITS.windowLine;

const lost = (why?: string): Failure =>
  new Failure(
    'lost',
    `The connection to the background host was lost${why === undefined ? '' : `: ${why.replace(/\.$/u, '')}`}.`,
    'Its sessions go on there; it is tried again.',
  );

const unanswered = (): Failure =>
  new Failure(
    'unknown',
    'The connection to the background host was lost before it answered: whether this was done is not known.',
    'Look at the session before you do it again.',
  );

const unwelcome = (): Failure =>
  new Failure(
    'unwelcome',
    'The background host closed the connection without a word: it is ending, or it does not take the token of this window.',
    'It is tried again. Where that goes on, restart the host: both read the same token then.',
  );

const otherVersion = ({ app, version }: HostGreeting, ours: string): Failure =>
  new Failure(
    'version',
    `The background host is Wheelhouse ${app}, which speaks version ${version} of the view protocol; this window is Wheelhouse ${ours}, which speaks version ${VIEW_VERSION}.`,
    'Its sessions go on until they end. Restart the host to see them here: what runs in it is ended by that.',
  );

const tooLarge = (): Failure =>
  new Failure(
    'invalid',
    `This is too large for the background host: more than ${LIMITS.windowLine / 2 ** 20} MB.`,
    'Send it in parts.',
  );
