import { makeVisible } from '../../src/base/visibleText.ts';
import type { OtherPart } from '../../src/model/entry.ts';
import { largeIn } from '../../src/model/large.ts';
import { useChat } from '../chat.ts';
import { imageSource } from '../markdown/links.ts';
import { Link } from '../markdown/inline.tsx';
import { Apart } from './apart.tsx';
import { Data } from './unknown.tsx';

/** What is not text in a message or a tool's output. Nothing is fetched for it. */
export const PartView = ({ part }: { readonly part: OtherPart }) => {
  const { t } = useChat();
  switch (part.type) {
    case 'image': {
      if (largeIn(part.data) !== undefined) return <Apart text={part.data} mimeType={part.mimeType} />;
      const source = imageSource(part.mimeType, part.data);
      if (source === undefined) return <div class="chip">{t('Picture ({0}), not shown', part.mimeType)}</div>;
      return <img class="picture" src={source} alt={t('Picture')} />;
    }
    case 'audio':
      return <div class="chip">{t('Sound ({0})', part.mimeType)}</div>;
    case 'resource_link':
      return <Resource uri={part.uri} name={part.title ?? part.name} />;
    case 'resource':
      if (part.resource.mimeType === 'text/x-diff') return <div class="chip">{t('Changes as git tells them')}</div>;
      return <Resource uri={part.resource.uri} name={part.resource.uri} />;
    case 'unknown':
      return <Data label={t('Content “{0}”, which is not known here', part.name)} value={part.value} />;
  }
};

const Resource = ({ uri, name }: { readonly uri: string; readonly name: string }) => {
  // Where the name says all of it, the address would only say it again.
  if (uri.startsWith('file:') && decoded(uri).endsWith(`/${name}`))
    return (
      <div class="chip" title={decoded(uri)}>
        {makeVisible(name, 'one')}
      </div>
    );
  return (
    <div class="chip">
      <Link href={uri} text={name}>
        {name}
      </Link>
    </div>
  );
};

const decoded = (uri: string): string => {
  try {
    return decodeURI(uri);
  } catch {
    return uri;
  }
};
