import type { OtherPart } from '../../src/model/entry.ts';
import { useChat } from '../chat.ts';
import { imageSource } from '../markdown/links.ts';
import { Link } from '../markdown/inline.tsx';
import { Data } from './unknown.tsx';

/** What is not text in a message or a tool's output. Nothing is fetched for it. */
export const PartView = ({ part }: { readonly part: OtherPart }) => {
  const { t } = useChat();
  switch (part.type) {
    case 'image': {
      const source = imageSource(part.mimeType, part.data);
      if (source === undefined) return <div class="chip">{t('Picture ({0}), not shown', part.mimeType)}</div>;
      return <img class="picture" src={source} alt={t('Picture')} />;
    }
    case 'audio':
      return <div class="chip">{t('Sound ({0})', part.mimeType)}</div>;
    case 'resource_link':
      return <Resource uri={part.uri} name={part.title ?? part.name} />;
    case 'resource':
      return <Resource uri={part.resource.uri} name={part.resource.uri} />;
    case 'unknown':
      return <Data label={t('Content “{0}”, which is not known here', part.name)} value={part.value} />;
  }
};

const Resource = ({ uri, name }: { readonly uri: string; readonly name: string }) => (
  <div class="chip">
    <Link href={uri} text={name}>
      {name}
    </Link>
  </div>
);
