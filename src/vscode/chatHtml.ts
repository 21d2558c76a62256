/**
 * The page of the chat. Everything it may load comes from `source`, the folder that the webview is given; nothing may be
 * fetched, framed or submitted, so that what an agent writes cannot carry anything out.
 */
export const chatHtml = (parts: {
  readonly source: string;
  readonly script: string;
  readonly style: string;
  readonly nonce: string;
  readonly language: string;
  readonly title: string;
}): string => {
  const policy = [
    `default-src 'none'`,
    `img-src ${parts.source} data:`,
    `style-src ${parts.source}`,
    `font-src ${parts.source}`,
    `script-src 'nonce-${parts.nonce}' ${parts.source}`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escape(parts.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${escape(parts.style)}">
<title>${escape(parts.title)}</title>
</head>
<body>
<div id="app"></div>
<script type="module" nonce="${parts.nonce}" src="${escape(parts.script)}"></script>
</body>
</html>
`;
};

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
