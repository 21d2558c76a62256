import assert from 'node:assert/strict';
import { silent } from '../../../src/base/log.ts';
import { manualClock } from '../../../src/base/testing.ts';
import { systemClock } from '../../../src/machine/clock.ts';
import type { Emitted } from '../../../src/model/event.ts';
import type { Question, Settler } from '../../../src/model/question.ts';
import type { SessionKey } from '../../../src/model/session.ts';
import { SessionStore } from '../../../src/router/store.ts';
import { noJournal } from '../../../src/router/testing.ts';
import { Notifications } from '../../../src/vscode/notifications.ts';
import { until } from '../../tools/until.ts';

interface Toast {
  readonly message: string;
  readonly buttons: readonly string[];
  press(button: string | undefined): void;
}

const key = 'session' as SessionKey;
const question = (id: string, more: Partial<Question> = {}): Question => ({
  id,
  kind: 'permission',
  title: `Edit ${id}`,
  hash: `hash of ${id}`,
  at: 0,
  tool: { call: id, toolKind: 'edit', content: [], locations: [] },
  options: [
    { id: 'yes', name: 'Allow', kind: 'allow_once' },
    { id: 'no', name: 'Never ever', kind: 'reject_once' },
  ],
  ...more,
});
const command = question('c', {
  title: 'Run npm test',
  tool: { call: 'c', toolKind: 'execute', content: [], locations: [], rawInput: { command: 'npm test' } },
});

class World {
  readonly store = new SessionStore({ clock: systemClock, journal: noJournal, log: silent });
  readonly toasts: Toast[] = [];
  readonly reviewed: string[] = [];
  readonly answered: string[] = [];
  inSight = false;
  wanted = true;
  readonly clock = manualClock();
  readonly notifications = new Notifications({
    store: this.store,
    clock: this.clock,
    inSight: () => this.inSight,
    wanted: () => this.wanted,
    ask: (message, ...buttons) =>
      new Promise((resolve) => {
        this.toasts.push({ message, buttons, press: resolve });
      }),
    review: async (asked) => void this.reviewed.push(asked.question),
    answer: async (_key, { hash }, option) => void this.answered.push(`${option}, ${hash}`),
  });

  constructor() {
    this.store.open({
      key,
      backend: 'demo',
      agentLabel: 'Demo',
      title: '',
      cwd: '/',
      owns: { history: 'us', queue: 'us', questions: 'us' },
    });
  }

  ask(...questions: readonly Question[]): void {
    this.#append(questions.map((each) => ({ event: { kind: 'question/asked', question: each } })));
  }

  settle(id: string, by: Settler): void {
    this.#append([{ event: { kind: 'question/settled', question: id, by, outcome: { kind: 'cancelled' } } }]);
  }

  #append(events: readonly Emitted[]): void {
    this.store.append(key, events);
  }

  async toast(index: number): Promise<Toast> {
    return await until(`toast ${index}`, () => this.toasts[index]);
  }
}

suite('the toast of a question', () => {
  let world: World;
  setup(() => {
    world = new World();
  });
  teardown(() => {
    world.notifications.dispose();
    world.store.dispose();
  });

  test('[fact 5] [acp 4.1.11] its first button is Review, and it leads to the question', async () => {
    world.ask(question('a'));
    const toast = await world.toast(0);
    assert.equal(toast.message, 'Demo asks: Edit a');
    assert.deepEqual(toast.buttons, ['Review']);
    toast.press('Review');
    await until('the review', () => world.reviewed.length === 1);
    assert.deepEqual(world.reviewed, ['a']);
    assert.deepEqual(world.answered, []);
  });

  test('[fact 5] none while the chat is in sight, and none where the person wants none', () => {
    world.inSight = true;
    world.ask(question('a'));
    world.inSight = false;
    world.wanted = false;
    world.ask(question('b'));
    assert.equal(world.toasts.length, 0);
  });

  test('[fact 5] of one that came into sight just before the person looked away, but not of one they had time to see', async () => {
    world.inSight = true;
    world.ask(question('seen'));
    world.clock.advance(5000);
    world.ask(question('answered'), question('missed'));
    world.settle('answered', { kind: 'agent gone' });
    world.clock.advance(200);
    world.notifications.turned();
    assert.equal(world.toasts.length, 0);
    world.inSight = false;
    world.notifications.turned();
    world.notifications.turned();
    assert.equal((await world.toast(0)).message, 'Demo asks: Edit missed');
    assert.equal(world.toasts.length, 1);
  });

  test('[S31] text of an agent makes no link and hides nothing', async () => {
    world.ask(question('a', { title: '[Allow](command:workbench.action.closeWindow)\nand more' }));
    assert.equal(
      (await world.toast(0)).message,
      'Demo asks: [Allow] (command:workbench.action.closeWindow) ⏎ and more',
    );
  });

  test('[fact 5] one at a time: what comes meanwhile stands together in the next one', async () => {
    world.ask(question('a'));
    world.ask(question('b'));
    world.ask(question('c'));
    const first = await world.toast(0);
    assert.equal(world.toasts.length, 1);
    first.press(undefined);
    const second = await world.toast(1);
    assert.equal(second.message, '2 questions wait for you.');
    assert.deepEqual(second.buttons, ['Review']);
    world.settle('b', { kind: 'person', device: 'phone' });
    second.press('Review');
    await until('the review', () => world.reviewed.length === 1);
    assert.deepEqual(world.reviewed, ['c']);
    assert.equal(world.toasts.length, 2);
  });

  test('[acp 4.1.11] [I5] one that is closed answers nothing: the question stays open', async () => {
    world.ask(question('a'), command);
    const toast = await world.toast(0);
    toast.press(undefined);
    world.ask(question('b'));
    await world.toast(1);
    assert.deepEqual([world.answered, world.reviewed], [[], []]);
    assert.deepEqual(
      world.store.get(key)?.questions.map(({ id }) => id),
      ['a', 'c', 'b'],
    );
  });

  test('[S32] a thousand questions make one of them', () => {
    for (let count = 0; count < 1000; count += 1) world.ask(question(`q${count}`));
    assert.equal(world.toasts.length, 1);
  });

  test('[fact 5] one that VS Code has put away by now does not keep the next from being shown', async () => {
    world.ask(question('a'));
    await world.toast(0);
    world.clock.advance(21_000);
    world.ask(question('b'));
    assert.equal((await world.toast(1)).message, 'Demo asks: Edit b');
  });

  test('[fact 5] what came while another one was in sight is shown once VS Code has put that one away', async () => {
    world.ask(question('a'));
    await world.toast(0);
    world.clock.advance(18_000);
    world.ask(question('b'));
    assert.equal(world.toasts.length, 1);
    world.clock.advance(2000);
    assert.equal((await world.toast(1)).message, 'Demo asks: Edit b');
    world.ask(question('c'));
    world.settle('b', { kind: 'person', device: 'phone' });
    assert.equal((await world.toast(2)).message, 'Demo asks: Edit c');
    world.ask(question('d'));
    world.notifications.dispose();
    assert.equal(world.clock.waiting, 0);
  });

  test('[fact 5] the answers stand there only where the whole action does, each with what it means', async () => {
    world.ask(command);
    const toast = await world.toast(0);
    assert.equal(toast.message, 'Demo asks: Run npm test');
    assert.deepEqual(toast.buttons, ['Review', 'Allow', 'Reject: Never ever']);
    toast.press('Reject: Never ever');
    await until('the answer', () => world.answered.length === 1);
    assert.deepEqual(world.answered, ['no, hash of c']);
  });

  test('[fact 5] a click that comes too late says who answered', async () => {
    world.ask(command);
    const toast = await world.toast(0);
    world.settle('c', { kind: 'person', device: 'phone' });
    toast.press('Allow');
    assert.equal((await world.toast(1)).message, 'This was answered already (phone).');
    assert.deepEqual(world.answered, []);
  });
});
