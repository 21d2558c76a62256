import { afterEach, describe, expect, test } from 'vitest';
import { RelayRoom, stamps } from '../../test/tools/relay.ts';
import { question, says } from '../../test/tools/sessions.ts';

let room: RelayRoom;
afterEach(() => room.close());

const asked = (more: object) => ({ kind: 'question/asked', question: question('q', more) }) as const;

describe('the frames of a session', () => {
  test('[S27] what is asked again under the same id is no request, and whoever comes later is shown what was asked first', async () => {
    room = new RelayRoom();
    const key = await room.session();
    const first = room.client({ client: 'web', session: key });
    room.append(key, asked({ title: 'Remove all?', hash: 'one' }));
    room.append(key, asked({ title: 'Say hello?', hash: 'two' }));
    const requests = first.takeTexts().filter((text) => text.includes('session/request_permission'));
    expect(requests).toHaveLength(1);
    expect(requests[0]).toContain('Remove all?');
    const later = room.client({ client: 'pad', session: key, lastSeq: room.get(key).at.seq });
    expect(later.takeTexts().slice(1)).toEqual(requests);
    // Nor where the first look at the session comes after both.
    const other = await room.session();
    room.append(other, asked({ title: 'Remove all?', hash: 'one' }), asked({ title: 'Say hello?', hash: 'two' }));
    const shown = room.client({ client: 'late', session: other }).takeTexts();
    const again = shown.filter((text) => text.includes('session/request_permission'));
    expect(new Set(again).size).toBe(1);
    expect(again[0]).toContain('Remove all?');
  });

  test('[I1] a session that is told more while it wakes begins with its first number', async () => {
    room = new RelayRoom();
    const key = await room.session();
    room.append(key, says('one'));
    await room.world.sleep(key, new AbortController().signal);
    // It is told of the wheel as soon as it is awake, before whoever woke it goes on.
    room.lease.enable(true);
    const client = room.client({ client: 'web', session: key });
    await room.settled();
    const [welcome, ...frames] = client.take();
    const { seq } = room.get(key).at;
    expect(welcome).toMatchObject({ headSeq: seq });
    expect(Number(welcome?.['oldestSeq'])).toBeGreaterThan(0);
    expect(stamps(frames).at(-1)).toBe(seq);
  });

  test('[I4] a cursor of a session that lost something when it was read again is void, in the same process too', async () => {
    room = new RelayRoom();
    const key = await room.session();
    const before = room.get(key);
    const client = room.client({ client: 'web', session: key });
    const [welcome] = client.take();
    room.append(key, says('lost on the disk'));
    const { seq } = room.get(key).at;
    client.leave();
    await room.world.sleep(key, new AbortController().signal);
    room.stored.set(key, { ...before, at: { ...before.at, epoch: 'after the loss' } });
    const host = String(welcome?.['hostId']);
    const back = room.client({ client: 'web', session: key, lastSeq: seq - 1, host });
    await room.settled();
    const [again] = back.take();
    expect(again).toMatchObject({ reset: true });
    expect(again?.['hostId']).not.toBe(host);
    room.append(key, says('and on'));
    const later = room.client({
      client: 'pad',
      session: key,
      lastSeq: room.get(key).at.seq,
      host: String(again?.['hostId']),
    });
    expect(later.take()[0]).toMatchObject({ reset: false });
  });
});
