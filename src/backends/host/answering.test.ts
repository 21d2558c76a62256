import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LinkedHost } from '../../../test/tools/linkedHost.ts';
import { Emitter } from '../../base/event.ts';
import { Failure } from '../../base/failure.ts';
import { silent } from '../../base/log.ts';
import { type ManualClock, manualClock } from '../../base/testing.ts';
import type { Rule } from '../../model/rule.ts';
import type { SessionKey } from '../../model/session.ts';
import type { Answer, Offer, WindowRequest, WindowResult } from '../../protocol/view/request.ts';
import { LIMITS } from '../../router/limits.ts';
import type { Place, Workspace } from '../../router/ports.ts';
import { SessionStore } from '../../router/store.ts';
import { noJournal } from '../../router/testing.ts';
import { HostBackend } from '../host.ts';
import { Answering, type Answers } from './answering.ts';

type Write = Parameters<Workspace['writeText']>;

let clock: ManualClock;
let open: boolean;
let changed: Emitter<void>;
let said: (Offer | Answer)[];
let answering: Answering;
/** What the editor does with a write. */
let writeText: (...write: Write) => ReturnType<Workspace['writeText']>;
let asked: AbortSignal | undefined;
let kept: Rule[];

beforeEach(() => {
  clock = manualClock();
  open = true;
  changed = new Emitter();
  said = [];
  kept = [];
  writeText = () => Promise.resolve('written');
  const place = (path: string): Promise<Place> =>
    Promise.resolve({
      path,
      real: path.replace('/link/', '/w/'),
      inside: path.startsWith('/w/') || path.startsWith('/link/'),
      ...(path.includes('.git') ? { protectedBy: '.git/**' } : {}),
    });
  answering = new Answering({
    clock,
    say: (message) => void said.push(message),
    answers: {
      workspace: {
        roots: () => ['/w'],
        place,
        readText: ({ path }, { line = 1 }) => Promise.resolve(`${path} from line ${line}`),
        writeText: (...write) => writeText(...write),
      },
      secrets: {
        of: (agent) => Promise.resolve({ A_KEY: `of ${agent}` }),
        ask: (_, values, signal) => {
          asked = signal;
          return values.length > 1 ? new Promise(() => undefined) : Promise.resolve(true);
        },
      },
      keepRule: async (rule) => void kept.push(rule),
      askProgram: ({ now }) => Promise.resolve(now.path === '/opt/known'),
      askChange: ({ after }) => Promise.resolve(after === 'harmless'),
      isOpen: () => open,
      onChanged: changed.event,
    },
  });
});
afterEach(() => answering.dispose());

const ask = (id: number, request: unknown, deadline?: number): void =>
  answering.receive({
    type: 'request',
    id,
    request: request as WindowRequest,
    ...(deadline === undefined ? {} : { deadline }),
  });
const answerTo = async (id: number): Promise<WindowResult> =>
  await vi.waitFor(() => {
    const answers = said.filter((one) => one.type === 'answer' && one.id === id);
    expect(answers).toHaveLength(1);
    return (answers[0] as Answer).result;
  });
const at = (path: string): Pick<Place, 'path' | 'real'> => ({ path, real: path });
const write = (path: string) => ({ kind: 'workspace/write', ...at(path), content: 'new' });

describe('what a window answers to its host', () => {
  test('[I9] it offers its folders and secrets while it is trusted, and says so when that changes', () => {
    open = false;
    changed.fire();
    expect(said).toEqual([
      { type: 'offer', roots: ['/w'], secrets: true },
      { type: 'offer', roots: [], secrets: false },
    ]);
  });

  test('[I9] files and secrets are answered', async () => {
    ask(1, { kind: 'workspace/read', ...at('/w/a'), line: 3 });
    expect(await answerTo(1)).toEqual({ kind: 'text', text: '/w/a from line 3' });
    ask(2, write('/w/a'));
    expect(await answerTo(2)).toEqual({ kind: 'written', how: 'written' });
    ask(3, { kind: 'secrets/of', agent: 'mine' });
    expect(await answerTo(3)).toEqual({ kind: 'values', values: { A_KEY: 'of mine' } });
    const agent = { id: 'mine', label: 'Mine' };
    ask(4, { kind: 'secrets/ask', agent, values: [{ name: 'A', secret: true, optional: false }] });
    expect(await answerTo(4)).toEqual({ kind: 'entered', entered: true });
  });

  test('[S27] a rule of every folder is kept, and a program that has changed is asked about', async () => {
    const rule = { id: 'r', scope: 'machine', tool: 'execute', match: ['git', 'status'], decision: 'allow' };
    ask(1, { kind: 'rule/keep', rule });
    expect(await answerTo(1)).toEqual({ kind: 'said', yes: true });
    expect(kept).toEqual([rule]);
    const print = (path: string): object => ({ path, sha256: 'ab' });
    ask(2, { kind: 'program/ask', label: 'Mine', before: print('/opt/known'), now: print('/opt/known') });
    ask(3, { kind: 'program/ask', label: 'Mine', before: print('/opt/known'), now: print('/opt/other') });
    expect(await answerTo(2)).toEqual({ kind: 'said', yes: true });
    expect(await answerTo(3)).toEqual({ kind: 'said', yes: false });
  });

  test.each([
    [
      'a rule of one folder',
      { kind: 'rule/keep', rule: { id: 'r', scope: 'folder', tool: 'edit', decision: 'allow' } },
      'unsupported',
    ],
    ['a file outside of its folders', { kind: 'workspace/read', ...at('/etc/passwd') }, 'refused'],
    ['a write outside', write('/etc/passwd'), 'refused'],
    ['a protected file', write('/w/.git/hooks/x'), 'refused'],
    ['a path that leads elsewhere here', { ...write('/w/a'), path: '/link/a', real: '/v/a' }, 'refused'],
    ['the settlement of nothing', { kind: 'workspace/settle', write: 99, settlement: 'theirs' }, 'stopped'],
    ['what it does not know', { kind: 'workspace/run', command: 'x' }, 'unsupported'],
  ])('[S44] %s is refused', async (_, request, code) => {
    const written = vi.fn<Workspace['writeText']>();
    writeText = written;
    ask(1, request);
    expect(await answerTo(1)).toMatchObject({ kind: 'failure', code });
    expect(written).not.toHaveBeenCalled();
  });

  test('[S26] what a device wants to change is what the person sees and allows', async () => {
    const change = { kind: 'change/ask', device: 'Phone', path: '/w/.npmrc', before: 'old' };
    ask(1, { ...change, after: 'harmless' });
    ask(2, { ...change, after: 'harmful' });
    expect([await answerTo(1), await answerTo(2)]).toEqual([
      { kind: 'said', yes: true },
      { kind: 'said', yes: false },
    ]);
  });

  test('[S44] a window that is not trusted does nothing, whatever it offered before', async () => {
    open = false;
    ask(1, write('/w/a'));
    ask(2, { kind: 'secrets/of', agent: 'mine' });
    expect(await answerTo(1)).toMatchObject({ code: 'refused' });
    expect(await answerTo(2)).toMatchObject({ code: 'refused' });
  });

  test('[I9] a protected file may be read, as its person has it', async () => {
    ask(1, { kind: 'workspace/read', ...at('/w/.git/config') });
    expect(await answerTo(1)).toMatchObject({ kind: 'text' });
  });

  test('[I9] a failure is told with its words', async () => {
    writeText = () => Promise.reject(new Failure('read-only', 'It is read-only.', 'Leave it.'));
    ask(1, write('/w/a'));
    expect(await answerTo(1)).toEqual({
      kind: 'failure',
      code: 'read-only',
      message: 'It is read-only.',
      next: 'Leave it.',
    });
  });

  test('[I9] a conflict waits for the person without a deadline, and goes on with what they say', async () => {
    writeText = async (_place, theirs, settle, signal) => {
      const settlement = await settle({ mine: 'typed', theirs });
      signal.throwIfAborted();
      return settlement === 'mine' ? 'kept' : 'written';
    };
    ask(1, write('/w/a'), 1000);
    expect(await answerTo(1)).toEqual({ kind: 'conflict', mine: 'typed' });
    clock.advance(1_000_000);
    ask(2, { kind: 'workspace/settle', write: 1, settlement: 'mine' }, 1000);
    expect(await answerTo(2)).toEqual({ kind: 'written', how: 'kept' });
    ask(3, { kind: 'workspace/settle', write: 1, settlement: 'theirs' });
    expect(await answerTo(3)).toMatchObject({ code: 'stopped' });
  });

  test('[I9] what is called off, late or cut off begins nothing more', async () => {
    const signals: AbortSignal[] = [];
    const ends: string[] = [];
    writeText = async (_place, theirs, settle, signal) => {
      signals.push(signal);
      try {
        if (signals.length === 3) await settle({ mine: 'typed', theirs });
        else
          await new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
          );
      } catch (failure) {
        ends.push((failure as Failure).code);
        throw failure;
      }
      return 'written';
    };
    ask(1, write('/w/a'), 1000);
    ask(2, write('/w/b'));
    ask(3, write('/w/c'));
    expect(await answerTo(3)).toMatchObject({ kind: 'conflict' });
    clock.advance(1000);
    expect(await answerTo(1)).toMatchObject({ code: 'stopped' });
    answering.receive({ type: 'request/over', id: 3 });
    answering.receive({ type: 'request/over', id: 2 });
    expect(await answerTo(2)).toMatchObject({ code: 'stopped' });
    ask(4, { kind: 'workspace/settle', write: 3, settlement: 'theirs' });
    expect(await answerTo(4)).toMatchObject({ code: 'stopped' });
    expect(ends).toEqual(['stopped', 'stopped', 'stopped']);

    const value = { name: 'A', secret: true, optional: false };
    ask(5, write('/w/d'));
    ask(6, { kind: 'secrets/ask', agent: { id: 'a', label: 'A' }, values: [value, value] });
    await vi.waitFor(() => expect(signals).toHaveLength(4));
    const before = said.length;
    answering.dispose();
    expect(signals[3]?.aborted).toBe(true);
    expect(asked?.aborted).toBe(true);
    await vi.waitFor(() => expect(ends).toHaveLength(4));
    changed.fire();
    expect(said).toHaveLength(before);
  });

  test('[I9] a line that comes twice is done once', async () => {
    const writing = vi.fn<Workspace['writeText']>(() => Promise.resolve('written'));
    writeText = writing;
    ask(2, write('/w/a'));
    await answerTo(2);
    ask(2, write('/w/a'));
    ask(1, write('/w/a'));
    ask(3, write('/w/b'));
    await answerTo(3);
    expect(writing).toHaveBeenCalledTimes(2);
  });

  test('[S44] more at once than anybody needs is refused', async () => {
    writeText = () => new Promise(() => undefined);
    for (let id = 1; id <= LIMITS.windowRequests + 1; id += 1) ask(id, write(`/w/${id}`));
    expect(await answerTo(LIMITS.windowRequests + 1)).toMatchObject({ code: 'busy' });
  });
});

describe('a window that is connected to a host', () => {
  let far: LinkedHost;
  let host: HostBackend;
  const begin = (answers?: Answers): void => {
    host = new HostBackend({
      store: new SessionStore({ clock, journal: noJournal, log: silent }),
      clock,
      log: silent,
      app: '1',
      device: 'editor',
      connect: () => Promise.resolve(far.connect()),
      follows: () => false,
      ...(answers === undefined ? {} : { answers }),
    });
  };
  const answers = (text: string): Answers => ({
    workspace: {
      roots: () => ['/w'],
      place: (path) => Promise.resolve({ path, real: path, inside: true }),
      readText: () => Promise.resolve(text),
      writeText: (_place, _content, _settle, signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
    },
    secrets: { of: () => Promise.resolve({}), ask: () => Promise.resolve(false) },
    keepRule: () => Promise.resolve(),
    askProgram: () => Promise.resolve(false),
    isOpen: () => true,
    onChanged: changed.event,
  });
  const request: WindowRequest = { kind: 'workspace/read', ...at('/w/a') };

  beforeEach(() => {
    far = new LinkedHost(clock);
  });
  afterEach(async () => {
    await host[Symbol.asyncDispose]();
    far.dispose();
  });

  test('[I9] offers anew on each connection, and ends what the one before had asked', async () => {
    const all = answers('not saved');
    const writing = vi.fn(all.workspace.writeText);
    begin({ ...all, workspace: { ...all.workspace, writeText: writing } });
    await vi.waitFor(() => expect(far.heard).toEqual([{ type: 'offer', roots: ['/w'], secrets: true }]));
    far.ask({ type: 'request', id: 1, request });
    const answer = { type: 'answer', id: 1, result: { kind: 'text', text: 'not saved' } };
    await vi.waitFor(() => expect(far.heard.at(-1)).toEqual(answer));
    far.ask({ type: 'request', id: 2, request: { kind: 'workspace/write', ...at('/w/a'), content: 'x' } });
    await vi.waitFor(() => expect(writing).toHaveBeenCalledOnce());
    far.cut();
    await vi.waitFor(() => expect(writing.mock.calls[0]?.[3].aborted).toBe(true));
    await vi.waitFor(() => expect(host.state).toBe('reconnecting'));
    host.retry();
    await vi.waitFor(() => expect(far.heard.filter(({ type }) => type === 'offer')).toHaveLength(2));
    expect(far.heard).toHaveLength(3);
  });

  test('[I9] says that a text is too large for the line, and stays connected', async () => {
    begin(answers('x'.repeat(17 * 2 ** 20)));
    await vi.waitFor(() => expect(host.state).toBe('connected'));
    far.ask({ type: 'request', id: 1, request });
    await vi.waitFor(() => expect(far.heard.at(-1)).toMatchObject({ result: { kind: 'failure', code: 'invalid' } }));
    expect(host.state).toBe('connected');
  });

  test('[S44] that answers nothing offers nothing, and is silent', async () => {
    begin();
    await vi.waitFor(() => expect(host.state).toBe('connected'));
    far.ask({ type: 'request', id: 1, request });
    await host.act({ kind: 'session/resume', key: 'k' as SessionKey }, new AbortController().signal);
    expect(far.heard).toEqual([]);
  });
});
