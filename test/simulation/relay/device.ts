import type { SessionKey } from '../../../src/model/session.ts';
import type { Capability } from '../../../src/relay/device.ts';
import type { RelayVisitor } from '../../../src/relay/ports.ts';
import type { Watch } from '../violation.ts';
import type { SimulatedSocket } from './socket.ts';
import { emptyView, takeIn, type View } from './view.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What all devices of a world have seen, to be held against each other. */
export interface Seen {
  /** What stood under a number of a session, as one process said it. */
  frame(host: string, key: SessionKey, seq: number, text: string): void;
  /** Who has the wheel in an epoch of a process. */
  holder(host: string, epoch: number, holder: string | null): void;
  /** So many frames are kept. */
  ring(frames: number): void;
}

interface Request {
  readonly socket: SimulatedSocket;
  readonly method: string;
}

/** Where the frames of a socket are. */
interface Stream {
  readonly key: SessionKey | undefined;
  readonly host: string;
  /** Of the welcome: what comes up to here is replayed. */
  readonly head: number;
  readonly reset: boolean;
  readonly open: ReadonlySet<unknown>;
  /** Those of the welcome that were shown since: behind the replay, or where there is nothing to replay, before it. */
  readonly shown: Set<unknown>;
  readonly first: Set<unknown>;
}

/**
 * A client as the relay protocol describes one, and nothing of ours in it: it takes nothing for granted, and everything
 * that comes is held against what the protocol promises.
 */
export class RelayDevice {
  readonly name: string;
  readonly capability: Capability;
  /** Another one after each pairing. */
  id: string;
  client: string;
  socket: SimulatedSocket | undefined;
  /** Who has the wheel, as far as it was told. */
  wheel: { readonly host: string; readonly holder: string | null; readonly epoch: number } | undefined;
  revoked = false;
  /** Requests that were handed to the relay while it had the wheel, or none was needed. */
  readonly admitted = new Set<string>();
  /** What it was told to answer, by its person. */
  readonly answered = new Set<string>();
  readonly views = new Map<SessionKey, View>();
  /** Requests of its own that were not answered yet. */
  readonly pending = new Map<string, Request>();
  /** Requests that were ever open here, newest last, with what may be answered. */
  readonly asked: { readonly id: string; readonly options: readonly string[]; readonly elicits: boolean }[] = [];
  readonly #watch: Watch;
  readonly #seen: Seen;
  #stream: Stream | undefined;
  /** What it asked for when it connected. */
  #wanted: string | undefined;
  #answers = new Map<string, string>();
  #numbers = 0;
  #pairings = 0;

  constructor(name: string, capability: Capability, watch: Watch, seen: Seen) {
    this.name = name;
    this.capability = capability;
    this.#watch = watch;
    this.#seen = seen;
    this.id = `${name}-0`;
    this.client = `${name}.0`;
  }

  /** The session that it looks at. */
  get key(): SessionKey | undefined {
    return this.#stream?.key;
  }

  get view(): View | undefined {
    return this.key === undefined ? undefined : this.views.get(this.key);
  }

  /** It is another device from now on. */
  pairedAnew(): void {
    this.revoked = false;
    this.#pairings += 1;
    this.id = `${this.name}-${this.#pairings}`;
    this.client = `${this.name}.${this.#pairings}`;
    this.pending.clear();
  }

  /** Who it is to the relay, with the place in a session that it knows. */
  visitor(session: SessionKey | '' | undefined, cursor: 'own' | 'none' | 'wrong'): RelayVisitor {
    const view = session === undefined || session === '' ? undefined : this.views.get(session);
    const { id, name, capability, client } = this;
    this.#wanted = session;
    const common = { device: { id, name, capability }, client, session };
    if (cursor === 'wrong') return { ...common, lastSeq: (view?.last ?? 0) + 1_000_000, host: view?.host };
    if (cursor === 'none' || view === undefined) {
      // What it knew of it is void: it says that it knows nothing.
      if (session !== undefined && session !== '') this.views.set(session, emptyView());
      return { ...common, lastSeq: 0, host: undefined };
    }
    return { ...common, lastSeq: view.last, host: view.host };
  }

  begin(socket: SimulatedSocket): void {
    this.socket = socket;
    this.#stream = undefined;
  }

  end(): void {
    this.socket = undefined;
    this.#stream = undefined;
  }

  request(method: string, params: object): string | undefined {
    const { socket } = this;
    if (socket === undefined) return undefined;
    this.#numbers += 1;
    const id = `${this.client}:${this.#numbers}`;
    this.pending.set(id, { socket, method });
    socket.say(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return id;
  }

  say(message: object): void {
    this.socket?.say(JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  /** One message of the relay, which may hold several lines. */
  hear(text: string): void {
    for (const line of text.split('\n')) if (line !== '') this.#hearLine(line, text);
  }

  #hearLine(line: string, frame: string): void {
    const message: Fields = JSON.parse(line);
    if (message['type'] === 'relay_welcome') return this.#welcome(message);
    const stream = this.#stream;
    this.#watch.check(
      'I1',
      stream !== undefined || !('rseq' in message),
      () => `${this.name} was told before it was welcomed`,
    );
    if (stream === undefined) return;
    const seq = message['rseq'];
    const view = stream.key === undefined ? undefined : this.views.get(stream.key);
    if (typeof seq === 'number') {
      this.#watch.check('I1', view !== undefined, () => `${this.name} looks at nothing and was told ${seq}`);
      if (view === undefined || stream.key === undefined) return;
      if (!this.#place(stream, view, seq, message, frame)) return;
      this.#control(stream.host, message);
    } else if (message['id'] !== undefined && message['method'] !== undefined) this.#openAgain(stream, message);
    this.#response(stream.host, message);
    if (view !== undefined && (typeof seq === 'number' || 'method' in message)) this.#take(view, message, line);
  }

  #welcome(welcome: Fields): void {
    const { sessionId, hostId, headSeq, reset, pendingPermissionIds, holder, controlEpoch, oldestSeq } = welcome;
    const key = typeof sessionId === 'string' ? (sessionId as SessionKey) : undefined;
    const [host, head, oldest] = [String(hostId), Number(headSeq), Number(oldestSeq)];
    // It said that it knows nothing of what it did not ask for.
    const knows = this.#stream !== undefined || key === this.#wanted;
    const view = key === undefined ? undefined : ((knows ? this.views.get(key) : undefined) ?? emptyView());
    this.#seen.ring(head - oldest + 1);
    this.#drives(host, Number(controlEpoch), typeof holder === 'string' ? holder : null);
    if (key !== undefined && view !== undefined) {
      this.views.set(key, view);
      const known = view.last;
      const elsewhere = view.host !== undefined && view.host !== host;
      const goesOn = known <= head && known >= oldest - 1 && !elsewhere;
      // A cursor that it made up itself is void as well.
      this.#watch.check(
        'I4',
        reset === true || goesOn,
        () => `${this.name} goes on from ${known} in ${oldest}..${head}`,
      );
      if (reset === true) Object.assign(view, { ...emptyView(), open: view.open });
      view.host = host;
      // What is not listed is settled.
      const open = new Set(listOf(pendingPermissionIds));
      for (const id of view.open.keys()) if (!open.has(id)) view.open.delete(id);
      this.#stream = { key, host, head, reset: reset === true, open, shown: new Set(), first: new Set() };
    } else this.#stream = { key, host, head: 0, reset: false, open: new Set(), shown: new Set(), first: new Set() };
  }

  /** Whether a stamped frame is news: its number has to be the one that comes now. */
  #place(stream: Stream, view: View, seq: number, message: Fields, frame: string): boolean {
    const { key, host, head, reset } = stream;
    const again = seq <= view.last;
    if (again) {
      const { id } = message;
      const asked = stream.open.has(id) && !stream.shown.has(id) && view.last >= head;
      this.#watch.check('I1', asked, () => `${this.name} was at ${view.last} and was told ${seq} again`);
      stream.shown.add(id);
      const first = view.open.get(String(id));
      const same = first === undefined || first === frame.trimEnd();
      this.#watch.check('I6', same, () => `${String(id)} is asked again in other words`);
    } else {
      const replayed = seq <= head;
      const dense = seq === view.last + 1;
      // A history that is told anew may put several numbers into one, up to where it ends.
      const holds = dense || (reset && replayed) || (reset && view.last === 0 && seq === head + 1);
      this.#watch.check('I1', holds, () => `${this.name} was at ${view.last} of ${head} and was told ${seq}`);
      if (!(reset && replayed) && key !== undefined) this.#seen.frame(host, key, seq, frame);
      view.last = seq;
      // Where nothing is there to be told anew, what is open comes first.
      if (reset && stream.open.has(message['id'])) stream.first.add(message['id']);
      return true;
    }
    if (!view.open.has(String(message['id']))) view.open.set(String(message['id']), frame.trimEnd());
    return false;
  }

  /** One whose number nobody knows any more. */
  #openAgain(stream: Stream, { id }: Fields): void {
    this.#watch.check(
      'I6',
      stream.open.has(id),
      () => `${String(id)} is asked without a number, and was not announced`,
    );
    stream.shown.add(id);
  }

  #take(view: View, message: Fields, line: string): void {
    takeIn(view, message, line);
    const { method, id, params } = message;
    const elicits = method === 'elicitation/create';
    if ((method !== 'session/request_permission' && !elicits) || this.asked.some((one) => one.id === id)) return;
    const { options } = (params ?? {}) as { readonly options?: readonly { readonly optionId: string }[] };
    this.asked.push({ id: String(id), elicits, options: options?.map(({ optionId }) => optionId) ?? [] });
  }

  #control(host: string, { method, params }: Fields): void {
    if (method !== '_chances/unstable/control') return;
    const { holder, controlEpoch } = params as { readonly holder: string | null; readonly controlEpoch: number };
    this.#drives(host, controlEpoch, holder);
  }

  #drives(host: string, epoch: number, holder: string | null): void {
    // What is replayed is of before.
    const isPast = this.wheel?.host === host && epoch < this.wheel.epoch;
    this.#seen.holder(host, epoch, holder);
    if (!isPast) this.wheel = { host, holder, epoch };
  }

  #response(host: string, message: Fields): void {
    const { id, method } = message;
    if (typeof id !== 'string' || method !== undefined || !id.startsWith(`${this.client}:`)) return;
    const { rseq: _, ...plain } = message;
    const text = JSON.stringify(plain);
    const name = `${host} ${id}`;
    const before = this.#answers.get(name);
    // That it failed may be said again in other words, as by a process that was not there when it did; and where the disk
    // has lost what became of a turn, nobody knows it any more.
    const doubted = text.includes('"reason":"unknown"');
    const holds = before === undefined || before === text || doubted || (isError(before) && isError(text));
    this.#watch.check('I5', holds, () => `${id} was answered ${before} and ${text}`);
    this.#answers.set(name, text);
    if (this.pending.get(id)?.method === 'session/new') this.#turnTo(fields(message['result']));
    this.pending.delete(id);
  }

  /** The session that it has made is what it looks at from then on; its frames come behind the answer. */
  #turnTo(result: Fields): void {
    const { sessionId, _meta: meta } = result;
    if (typeof sessionId !== 'string') return;
    const state = fields(fields(meta)['wheelhouse.relay']);
    const key = sessionId as SessionKey;
    const [host, head] = [String(state['hostId']), Number(state['headSeq'])];
    this.views.set(key, { ...emptyView(), host });
    const open = new Set(listOf(state['pendingPermissionIds']));
    this.#stream = { key, host, head, reset: state['reset'] === true, open, shown: new Set(), first: new Set() };
  }

  /** Called when all has arrived. */
  rest(): void {
    const { open = new Set(), shown, first } = this.#stream ?? {};
    const missing = [...open].filter((id) => shown?.has(id) !== true && first?.has(id) !== true);
    this.#watch.check('I6', missing.length === 0, () => `${this.name} was not shown ${missing.join()}`);
  }
}

const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const isError = (response: string): boolean => response.includes('"error":');
