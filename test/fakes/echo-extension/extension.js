import { commands, ViewColumn, window } from 'vscode';

/** One message for each chunk of 40 characters, as a host would that does no more than pass them on. */
function* answers({ messages, last }) {
  for (let n = 1; n < messages; n += 1) yield `chunk ${n} `.padEnd(39, '.') + '\n';
  yield last;
}

const html = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Echo</title></head>
<body>
<button type="button">Ask</button>
<div id="log"></div>
<script>
const host = acquireVsCodeApi();
const log = document.getElementById('log');
// The question stands in the page before the key is pressed, so that the press costs no more than it must.
document.querySelector('button').addEventListener('keydown', ({ key }) => {
  if (key !== 'Enter') return;
  log.replaceChildren();
  host.postMessage(JSON.parse(document.body.dataset.ask));
});
window.addEventListener('message', ({ data }) => {
  const piece = document.createElement('div');
  piece.textContent = data;
  log.append(piece);
});
</script>
</body>
</html>`;

export function activate(context) {
  const open = () => {
    const panel = window.createWebviewPanel('echo', 'Echo', ViewColumn.One, { enableScripts: true });
    panel.webview.onDidReceiveMessage((ask) => {
      for (const text of answers(ask)) void panel.webview.postMessage(text);
    });
    panel.webview.html = html;
  };
  context.subscriptions.push(commands.registerCommand('wheelhouse.echo.open', open));
}
