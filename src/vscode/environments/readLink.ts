import * as vscode from 'vscode';
import { Failure } from '../../base/failure.ts';
import { addressOf, type Draft, isFarKind, wrongIn } from './draft.ts';

const KEYS: ReadonlySet<string> = new Set(['kind', 'url', 'name', 'fingerprint', 'code']);
/** Characters of one of them. */
const MOST = 2048;

/**
 * What a link names: an environment that is reached by an address, and nothing that runs here.
 * @throws Failure `invalid`
 */
export const readLink = ({ path, query }: Pick<vscode.Uri, 'path' | 'query'>): Draft => {
  if (path !== '/add') throw invalid(vscode.l10n.t('It names nothing that can be done.'));
  const said = new Map<string, string>();
  for (const [key, value] of new URLSearchParams(query)) {
    if (!KEYS.has(key) || said.has(key) || value.length > MOST)
      throw invalid(vscode.l10n.t('It holds something that is not known here, or too much.'));
    said.set(key, value);
  }
  const kind = said.get('kind') ?? '';
  if (!isFarKind(kind)) throw invalid(vscode.l10n.t('It names no kind of environment that is known here.'));
  const [url, fingerprint, code, name] = ['url', 'fingerprint', 'code', 'name'].map(
    (key) => said.get(key) || undefined,
  );
  const draft: Draft = {
    kind,
    url: url ?? '',
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
  const wrong = wrongIn(draft, 'url') ?? wrongIn(draft, 'fingerprint');
  if (wrong !== undefined || addressOf(draft) === undefined) throw invalid(wrong ?? '');
  return { ...draft, ...(name === undefined ? {} : { name }), ...(code === undefined ? {} : { code }) };
};

const invalid = (why: string): Failure =>
  new Failure('invalid', vscode.l10n.t('This link adds no environment. {0}', why).trim());
