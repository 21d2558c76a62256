const ALLOWED = new Set(['http', 'https', 'mailto']);

/** The address as it may be asked for, or undefined: `command:`, `file:`, `vscode:`, relative ones and the like are only text. */
export const allowedHref = (href: string): string | undefined => {
  const address = href.trim();
  const scheme = /^([a-z][a-z0-9+.-]*):/iu.exec(address)?.[1]?.toLowerCase();
  return scheme !== undefined && ALLOWED.has(scheme) ? address : undefined;
};

const IMAGE = /^data:image\/(?:png|jpeg|gif|webp);base64,[a-z0-9+/=\s]+$/iu;

/** Only pictures that are in the text already: fetching one would tell its address's owner who reads it. */
export const allowedImage = (source: string): string | undefined => (IMAGE.test(source) ? source : undefined);

const IMAGE_TYPES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

export const imageSource = (mimeType: string, base64: string): string | undefined =>
  IMAGE_TYPES.has(mimeType.toLowerCase()) ? allowedImage(`data:${mimeType};base64,${base64}`) : undefined;
