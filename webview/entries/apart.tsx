/** What is kept apart from the session, since it is large: fetched when it is looked at, and let go of after that. */
import { useEffect, useState } from 'preact/hooks';
import { largeIn } from '../../src/model/large.ts';
import type { SessionKey } from '../../src/model/session.ts';
import { useChat } from '../chat.ts';
import { imageSource } from '../markdown/links.ts';

/** For a text the way to the whole of it, for one with a type the picture; nothing where the text is whole. */
export const Apart = ({ text, mimeType }: { readonly text: string; readonly mimeType?: string }) => {
  const { store, act, t } = useChat();
  const name = largeIn(text)?.name;
  const key = store.shown.value;
  if (name === undefined || key === undefined) return null;
  if (mimeType !== undefined) return <Picture session={key} name={name} mimeType={mimeType} />;
  return (
    <button type="button" class="quiet" onClick={() => act({ kind: 'large/open', key, name })}>
      {t('Show all')}
    </button>
  );
};

interface PictureProps {
  readonly session: SessionKey;
  readonly name: string;
  readonly mimeType: string;
}

const Picture = ({ session, name, mimeType }: PictureProps) => {
  const { bridge, t } = useChat();
  const [data, setData] = useState<string | undefined>(undefined);
  useEffect(() => {
    let wanted = true;
    const take = (text: string): void => {
      if (wanted) setData(text);
    };
    bridge.large(session, name).then(take, () => take(''));
    return () => {
      wanted = false;
    };
  }, [bridge, session, name]);
  const source = data === undefined ? undefined : imageSource(mimeType, data);
  if (source !== undefined) return <img class="picture" src={source} alt={t('Picture')} />;
  return data === undefined ? null : <div class="chip">{t('Picture ({0}), not shown', mimeType)}</div>;
};
