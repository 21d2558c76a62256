import * as vscode from 'vscode';
import { Disposables } from '../../base/disposable.ts';

export interface LiveItem extends vscode.QuickPickItem {
  /** The same for the same thing, however it looks by now. */
  readonly id: string;
  /** The list closes, and then this is done. Without it, nothing happens. */
  readonly run?: () => unknown;
  /** By the tooltip of the button. */
  readonly press?: Readonly<Record<string, () => unknown>>;
}

/** Milliseconds between two looks. */
const LOOK = 2000;

/**
 * A list that shows how things are while it is open. Resolves when it was closed and what was chosen is done.
 * `items` is asked again and again; what is drawn is changed only where something is different.
 */
export const showLive = async (about: {
  readonly title: string;
  readonly placeHolder: string;
  items(): Promise<readonly LiveItem[]>;
}): Promise<void> => {
  const owned = new Disposables();
  const pick = owned.add(vscode.window.createQuickPick<LiveItem>());
  const { promise, resolve, reject } = Promise.withResolvers<(() => unknown) | undefined>();
  Object.assign(pick, {
    title: about.title,
    placeholder: about.placeHolder,
    busy: true,
    matchOnDescription: true,
    matchOnDetail: true,
    keepScrollPosition: true,
  });
  owned.add(
    pick.onDidAccept(() => {
      const [chosen] = pick.selectedItems;
      if (chosen?.run === undefined) return;
      resolve(chosen.run);
    }),
  );
  owned.add(pick.onDidTriggerItemButton(({ item, button }) => resolve(item.press?.[button.tooltip ?? ''])));
  owned.add(pick.onDidHide(() => resolve(undefined)));
  pick.show();
  let timer: NodeJS.Timeout | undefined;
  owned.onEnd(() => clearTimeout(timer));
  let drawn = '';
  const look = async (): Promise<void> => {
    const items = await about.items();
    if (owned.ended) return;
    const looks = JSON.stringify(items);
    if (looks !== drawn) draw(pick, items);
    drawn = looks;
    pick.busy = false;
    timer = setTimeout(() => void look().catch(reject), LOOK);
  };
  try {
    await look();
    const chosen = await promise;
    owned.dispose();
    await chosen?.();
  } finally {
    owned.dispose();
  }
};

/** The one that is marked stays marked. */
const draw = (pick: vscode.QuickPick<LiveItem>, items: readonly LiveItem[]): void => {
  const marked = pick.activeItems[0]?.id;
  pick.items = items;
  const again = marked === undefined ? undefined : items.find(({ id }) => id === marked);
  if (again !== undefined) pick.activeItems = [again];
};

export const separator = (label: string): LiveItem => ({
  id: `separator ${label}`,
  label,
  kind: vscode.QuickPickItemKind.Separator,
});
