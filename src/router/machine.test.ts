import { beforeEach, describe, expect, test } from 'vitest';
import { RecordingBackend } from '../../test/tools/backend.ts';
import { question } from '../../test/tools/sessions.ts';
import { settled, TestSurface } from '../../test/tools/surface.ts';
import { silent } from '../base/log.ts';
import { manualClock } from '../base/testing.ts';
import type { SessionKey } from '../model/session.ts';
import { summary } from '../model/summary.ts';
import { readFromHost } from '../protocol/view/fromHost.ts';
import { VIEW_VERSION } from '../protocol/view/messages.ts';
import { ViewDoor } from './door.ts';
import { headerOf } from './journal.ts';
import { decodeRecord, encodeHeader } from './journalLine.ts';
import type { Backend } from './ports.ts';
import { Router } from './router.ts';
import { SessionStore } from './store.ts';
import { encodeSummary, readSummary, shownSummary } from './storedSummary.ts';
import { catalogueOf, noJournal } from './testing.ts';

const { signal } = new AbortController();

let store: SessionStore;
let router: Router;
let key: SessionKey;
const open = async (backend: Backend): Promise<void> => {
  const clock = manualClock();
  store = new SessionStore({ clock, journal: noJournal, log: silent });
  router = new Router({ store, clock, log: silent });
  router.add(backend);
  key = await router.newSession({ backend: 'demo', cwd: '/srv/app' }, signal);
};
const session = () => {
  const now = store.get(key);
  if (now === undefined) throw new Error('The session is gone.');
  return now;
};
beforeEach(() => open(Object.assign(new RecordingBackend(), { machine: 'Box' })));

describe('a session on another machine', () => {
  test('[remote] says so wherever it is told of: in lists, on the disk, and to windows', () => {
    expect(session().machine).toBe('Box');
    expect(summary(session()).machine).toBe('Box');
    expect(readSummary(JSON.parse(encodeSummary(shownSummary(session()))))).toMatchObject({ machine: 'Box' });
    expect(decodeRecord(encodeHeader(headerOf(session()), 0))).toMatchObject({ header: { machine: 'Box' } });
    const told = (machine: unknown) =>
      readFromHost(JSON.stringify({ type: 'snapshot', key, session: { ...session(), machine } }));
    expect(told('Box')).toMatchObject({ session: { machine: 'Box' } });
    expect(told(5)).not.toHaveProperty('session.machine');
  });

  test('[remote] one of this machine says nothing of it', async () => {
    await open(new RecordingBackend());
    expect(session()).not.toHaveProperty('machine');
    expect(summary(session())).not.toHaveProperty('machine');
    expect(headerOf(session())).not.toHaveProperty('machine');
  });

  test('[remote] nothing of this machine is offered to be mentioned in it, or goes along with a prompt', async () => {
    const surface = new TestSurface();
    const untouchable = (): never => {
      throw new Error('A file of this machine was asked for.');
    };
    const door = new ViewDoor({
      store,
      catalogue: catalogueOf(store),
      router,
      clock: manualClock(),
      log: silent,
      device: 'editor',
      surface: surface.core,
      strings: {},
      setup: { folder: true, trusted: true, agents: [] },
      act: untouchable,
      mentions: { suggest: untouchable, resolve: untouchable },
    });
    surface.say({ type: 'hello', version: VIEW_VERSION });
    surface.say({ type: 'attach', key });
    surface.say({ type: 'mentions', id: 1, of: 'file', words: 'a' });
    const prompt = [{ type: 'resource_link', uri: 'mention:1', name: 'a' } as const];
    surface.say({ type: 'command', id: 2, key, command: { kind: 'prompt', prompt } });
    await settled();
    const heard = surface.take();
    expect(heard).toContainEqual({ type: 'mentions', id: 1, items: [], more: false });
    expect(heard).toContainEqual(
      expect.objectContaining({ type: 'result', id: 2, failure: { message: 'Nothing can be mentioned here.' } }),
    );
    door.dispose();
  });

  test('[S28] an answer becomes a rule of its session and of nothing wider', async () => {
    const remember = { tool: 'edit', matches: ['src/**'], allow: true, refuse: true } as const;
    const answer = (scope: 'session' | 'folder' | 'machine'): Promise<void> => {
      const asked = question(scope, { remember });
      store.append(key, [{ event: { kind: 'question/asked', question: asked } }]);
      const outcome = { kind: 'selected', option: 'yes' } as const;
      const given = { question: asked.id, hash: asked.hash, outcome, remember: { scope, match: 0 } };
      return router.perform(key, { kind: 'question/answer', ...given }, 'editor', signal);
    };
    for (const scope of ['folder', 'machine'] as const)
      await expect(answer(scope)).rejects.toThrow('A rule for Box holds in its session alone.');
    await answer('session');
    expect(session().rules).toMatchObject([{ scope: 'session', match: 'src/**' }]);
  });
});
