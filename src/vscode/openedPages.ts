import * as vscode from 'vscode';
import { Failure } from '../base/failure.ts';
import type { Session, SessionKey } from '../model/session.ts';
import type { Router } from '../router/router.ts';

type Performs = Pick<Router, 'perform'>;

/**
 * The same way for commands, on which a page that an agent asks for is opened before the agent is told that it was
 * accepted. Only here: the address is that of the question itself, which the person was shown whole, and whoever
 * answers on another device opens it there.
 */
export const openingPages = (router: Performs, sessionOf: (key: SessionKey) => Session | undefined): Performs => ({
  async perform(key, command, device, signal) {
    if (command.kind === 'question/answer' && command.outcome.kind === 'accepted') {
      const asked = sessionOf(key)?.questions.find(({ id, hash }) => id === command.question && hash === command.hash);
      if (asked?.url !== undefined && !(await vscode.env.openExternal(vscode.Uri.parse(asked.url.href, true))))
        throw new Failure(
          'not opened',
          vscode.l10n.t('The page was not opened.'),
          vscode.l10n.t('Open it again, or decline.'),
        );
    }
    await router.perform(key, command, device, signal);
  },
});
