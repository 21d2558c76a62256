import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { silent } from '../base/log.ts';
import { systemClock } from '../machine/clock.ts';
import { until } from '../../test/tools/until.ts';
import { ListWatch } from './listWatch.ts';

class Sight {
  visible = false;
  readonly #listeners = new Set<() => void>();

  readonly onDidChangeVisibility = (listener: () => void) => {
    this.#listeners.add(listener);
    return { dispose: (): void => void this.#listeners.delete(listener) };
  };

  show(visible: boolean): void {
    this.visible = visible;
    for (const listener of this.#listeners) listener();
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

describe('the list of sessions', () => {
  test('[demand 7] follows other windows while it is in sight, and costs nothing while it is not', async () => {
    const above = await mkdtemp(join(tmpdir(), 'wheelhouse-list-'));
    onTestFinished(() => rm(above, { recursive: true, force: true }));
    const folder = join(above, 'journal');
    const [tree, chat] = [new Sight(), new Sight()];
    let told = 0;
    const changed = (): void => void (told += 1);
    const watch = new ListWatch({
      folder,
      clock: systemClock,
      log: silent,
      wanted: () => true,
      sights: [tree, chat],
      changed,
    });
    tree.show(true);
    await until('a first look', () => told === 1);
    await writeFile(join(folder, 'ring-1'), '');
    await until('a change to be told', () => told === 2);
    chat.show(true);
    tree.show(false);
    await writeFile(join(folder, 'ring-2'), '');
    await until('the next change to be told', () => told === 3);
    chat.show(false);
    await writeFile(join(folder, 'ring-3'), '');
    // What nobody saw is seen at the next sight, and not before.
    tree.show(true);
    await until('a look at what was missed', () => told === 4);
    watch.dispose();
    expect([tree.listeners, chat.listeners]).toEqual([0, 0]);
  });
});
