import * as vscode from 'vscode';
import { sentence } from '../base/failure.ts';
import { makeVisible } from '../base/visibleText.ts';
import { type Rule, ruleText } from '../model/rule.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { Core } from './core.ts';
import { openRulesSetting } from './rules.ts';

interface Item extends vscode.QuickPickItem {
  readonly rule?: Rule;
  readonly open?: () => Promise<void>;
}

/** Lists the rules that hold, those of the session among them, each with a way to revoke it; and leads to where they are written. */
export const showRules = async (core: Core, key: SessionKey | undefined): Promise<void> => {
  const session = (): Session | undefined => (key === undefined ? undefined : core.store.get(key));
  const cwd = session()?.cwd ?? core.workspace.roots()[0] ?? '';
  const pick = vscode.window.createQuickPick<Item>();
  const revoke: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('trash'), tooltip: vscode.l10n.t('Revoke') };
  const list = (): void => {
    const far = key === undefined ? undefined : core.far.hostOf(key)?.backend.setup?.rules;
    const rules = [...(session()?.rules ?? []), ...(far ?? core.rules.of(cwd))];
    pick.items = [
      ...rules.map((rule): Item => ({
        label: makeVisible(`${decisionWord(rule)}: ${ruleText(rule)}`, 'one'),
        description: scopeWord(rule),
        buttons: [revoke],
        rule,
      })),
      { label: '', kind: vscode.QuickPickItemKind.Separator },
      { label: vscode.l10n.t('Edit the Rules of This Machine in the Settings'), open: openRulesSetting },
      {
        label: vscode.l10n.t('Open the File with the Rules of Folders'),
        open: async () => void (await vscode.window.showTextDocument(vscode.Uri.file(core.rules.folderFile))),
      },
    ];
  };
  pick.title = vscode.l10n.t('Rules for Permissions');
  pick.placeholder = vscode.l10n.t('Deny goes before ask, and ask before allow. Choose a rule to revoke it.');
  list();
  const failed = (failure: unknown): void => void vscode.window.showErrorMessage(sentence(failure));
  const take = (rule: Rule): void => void revokeRule(core, session(), rule).then(list, failed);
  await new Promise<void>((resolve) => {
    pick.onDidTriggerItemButton(({ item }) => item.rule && take(item.rule));
    pick.onDidAccept(() => {
      const [item] = pick.selectedItems;
      if (item?.rule !== undefined) return take(item.rule);
      pick.hide();
      item?.open?.().catch(failed);
    });
    pick.onDidHide(() => resolve());
    pick.show();
  });
  pick.dispose();
};

/** Those of the settings are this window's to write, wherever the session lives on this machine. */
const revokeRule = async (core: Core, session: Session | undefined, { id, scope }: Rule): Promise<void> => {
  const isOurs = session === undefined || (scope === 'machine' && core.far.hostOf(session.key) === undefined);
  if (isOurs) await core.rules.revoke(id);
  else await core.perform(session.key, { kind: 'rule/revoke', rule: id });
};

const decisionWord = ({ decision }: Rule): string => {
  switch (decision) {
    case 'allow':
      return vscode.l10n.t('Allow');
    case 'ask':
      return vscode.l10n.t('Ask');
    case 'deny':
      return vscode.l10n.t('Deny');
  }
};

const scopeWord = ({ scope }: Rule): string => {
  switch (scope) {
    case 'session':
      return vscode.l10n.t('this session');
    case 'folder':
      return vscode.l10n.t('this folder');
    case 'machine':
      return vscode.l10n.t('this machine');
  }
};
