// A window on a background host that opens sessions there and then does nothing, until it is ended.
//   node idleWindow.ts OPTIONS
import process from 'node:process';
import type { HostAddress } from './hostProcess.ts';
import { openWindow } from './hostWindow.ts';

export interface IdleOptions {
  readonly address: HostAddress;
  readonly root: string;
  /** Sessions that it opens. */
  readonly live: number;
}

const never = new AbortController().signal;

const main = async ({ address, root, live }: IdleOptions): Promise<void> => {
  const { store, host } = await openWindow(address);
  const ready = new Promise<void>((resolve) => {
    store.onAppended(() => {
      if (store.all().filter(({ link }) => link.state === 'ready').length === live) resolve();
    });
  });
  for (let count = 0; count < live; count += 1) await host.open({ agent: 'tick', cwd: root, roots: [root] }, never);
  await ready;
  console.log(host.all().length);
};

await main(JSON.parse(process.argv[2] ?? '') as IdleOptions);
