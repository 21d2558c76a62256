import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import * as vscode from 'vscode';
import { WebSocket } from 'ws';
import { systemClock } from '../../../src/machine/clock.ts';
import type { PairingShown } from '../../../src/protocol/view/pairing.ts';
import type { PairedDevice } from '../../../src/protocol/view/relay.ts';
import type { Capability } from '../../../src/relay/device.ts';
import { type AskModally, confirmDevice } from '../../../src/vscode/relay/confirmDevice.ts';
import type { Confirm, Pairing } from '../../../src/vscode/relay/control.ts';
import { PairingPage } from '../../../src/vscode/relay/pairing.ts';
import { type MakePanel, PairingPanel } from '../../../src/vscode/relay/pairingPanel.ts';
import { until } from '../../tools/until.ts';

const extension = vscode.Uri.file('/extension');
const never = new AbortController().signal;
const run = async <T>(command: string, argument?: unknown): Promise<T> =>
  await vscode.commands.executeCommand<T>(`wheelhouse.${command}`, argument);

class FakePanel {
  readonly posted: PairingShown[] = [];
  readonly received = new vscode.EventEmitter<unknown>();
  readonly disposed = new vscode.EventEmitter<void>();
  options: (vscode.WebviewPanelOptions & vscode.WebviewOptions) | undefined;
  readonly webview = {
    html: '',
    cspSource: 'https://test',
    asWebviewUri: (uri: vscode.Uri) => uri,
    onDidReceiveMessage: this.received.event,
    postMessage: async (message: PairingShown) => {
      this.posted.push(message);
      return true;
    },
  };
  readonly onDidDispose = this.disposed.event;
  readonly make: MakePanel = (_type, _title, _column, options) => {
    this.options = options;
    return this as unknown as vscode.WebviewPanel;
  };
  reveal(): void {}
  dispose(): void {
    this.disposed.fire();
  }
  get last(): PairingShown | undefined {
    return this.posted.at(-1);
  }
}

/** A relay that makes codes, and on which devices come when the test says so. */
class FakeRelay {
  readonly codes: { readonly confirm: Confirm; readonly signal: AbortSignal; end(device?: PairedDevice): void }[] = [];
  async pair(confirm: Confirm, signal: AbortSignal): Promise<Pairing> {
    const { promise: over, resolve } = Promise.withResolvers<PairedDevice | undefined>();
    this.codes.push({ confirm, signal, end: resolve });
    const code = `CODE-000${this.codes.length}`;
    return { code, url: `http://127.0.0.1:8787/app/#pair=${code}`, expiresAt: systemClock.now() + 120_000, over };
  }
}

const pairedDevice = (name: string, capability: Capability): PairedDevice => ({
  id: name,
  name,
  capability,
  createdAt: 0,
  lastSeenAt: 0,
});

const pairing = async (parts: { readonly hosts?: readonly string[]; readonly ask?: AskModally } = {}) => {
  const panel = new FakePanel();
  const relay = new FakeRelay();
  const state = { closed: false };
  const page = new PairingPage({
    control: relay,
    extension,
    hosts: parts.hosts ?? [],
    clock: systemClock,
    make: panel.make,
    closed: () => (state.closed = true),
    ...(parts.ask === undefined ? {} : { ask: parts.ask }),
  });
  await page.begin();
  return { page, panel, relay, state };
};

suite('the page for pairing', () => {
  test('[S43] [S40] may read its own files and nothing else, and run no command', () => {
    const panel = new FakePanel();
    const page = new PairingPanel({ extension, make: panel.make, asked: () => undefined, closed: () => undefined });
    assert.deepEqual(panel.options?.localResourceRoots?.map(String), ['file:///extension/dist/webview']);
    assert.equal(panel.options?.enableScripts, true);
    assert.equal(panel.options?.enableCommandUris ?? false, false);
    assert.equal(panel.options?.enableForms ?? false, false);
    assert.equal(panel.options?.retainContextWhenHidden ?? false, false);
    assert.match(panel.webview.html, /default-src 'none'/u);
    assert.doesNotMatch(panel.webview.html, /<script[^>]*>[^<]/u);
    page.dispose();
  });

  test('[relay 9 pairing] shows the code with its time, also when it comes to sight again', async () => {
    const { page, panel } = await pairing({ hosts: ['box.ts.net'] });
    const { code, warning } = panel.last ?? {};
    assert.equal(code?.text, 'CODE-0001');
    assert.deepEqual(
      code?.links.map(({ href }) => href),
      ['https://box.ts.net/app/#pair=CODE-0001', 'http://127.0.0.1:8787/app/#pair=CODE-0001'],
    );
    assert.ok(code !== undefined && code.left > 0 && code.left <= 120_000);
    assert.equal(warning, undefined);
    panel.received.fire({ ask: 'hello' });
    panel.received.fire({ ask: 'anything else' });
    panel.received.fire(null);
    assert.equal(panel.posted.length, 2);
    page.dispose();
  });

  test('[S5] says that an address leads to this machine from itself alone', async () => {
    const { page, panel } = await pairing();
    assert.match(panel.last?.warning ?? '', /wheelhouse\.relay\.hosts/u);
    page.dispose();
  });

  test('[S4] closed, its code is dead', async () => {
    const { page, relay, state } = await pairing();
    page.dispose();
    assert.equal(relay.codes[0]?.signal.aborted, true);
    assert.equal(state.closed, true);
  });

  test('[S4] each code is for one device: what became of it is said, and another one kills it', async () => {
    const { page, panel, relay } = await pairing();
    relay.codes[0]?.end(pairedDevice('Phone', 'answer'));
    await until('the word of it', () => panel.last?.status.includes('“Phone” is paired, and may watch and answer'));
    assert.equal(panel.last?.code, undefined);
    panel.received.fire({ ask: 'again' });
    await until('another code', () => panel.last?.code?.text === 'CODE-0002');
    assert.equal(relay.codes[0]?.signal.aborted, true);
    relay.codes[1]?.end();
    await until('its end', () => panel.last?.code === undefined);
    assert.match(panel.last?.status ?? '', /used up/u);
    page.dispose();
  });

  test('[S4] a person who closes the dialog lets nobody in', async () => {
    const { page, panel, relay } = await pairing({ ask: () => Promise.resolve(undefined) });
    assert.equal(await relay.codes[0]?.confirm({ name: 'Stranger', want: 'drive' }, never), undefined);
    relay.codes[0]?.end();
    assert.match(panel.last?.status ?? '', /“Stranger” was not paired/u);
    assert.equal(panel.last?.code, undefined);
    page.dispose();
  });
});

suite('the confirmation of a device', () => {
  /** Presses the buttons one after the other, each after so long. */
  const asking = (...presses: readonly (readonly [milliseconds: number, button: string | undefined])[]) => {
    const asked: { readonly question: string; readonly detail: string; readonly buttons: readonly string[] }[] = [];
    let now = 0;
    const ask: AskModally = async (question, detail, buttons) => {
      const [after, button] = presses[asked.length] ?? [0, undefined];
      asked.push({ question, detail, buttons });
      now += after;
      return button;
    };
    return { asked, parts: { ask, clock: { ...systemClock, monotonic: () => now } } };
  };

  test('[S4] names the device and what it wants, and offers no more than that, the least first', async () => {
    const { asked, parts } = asking([5000, 'Answer']);
    assert.equal(await confirmDevice({ name: 'My $(key) [Phone](command:x)', want: 'answer' }, parts, never), 'answer');
    assert.match(asked[0]?.question ?? '', /“My \$ \(key\) \[Phone\] \(command:x\)”/u);
    assert.match(asked[0]?.detail ?? '', /It asks for: Answer/u);
    assert.deepEqual(asked[0]?.buttons, ['Watch', 'Answer']);
  });

  test('[S4] a key that was pressed before anybody could read it lets nobody in', async () => {
    const { asked, parts } = asking([100, 'Watch'], [599, 'Drive'], [2000, 'Drive']);
    assert.equal(await confirmDevice({ name: 'Phone', want: 'drive' }, parts, never), 'drive');
    assert.equal(asked.length, 3);
    const no = asking([50, undefined]);
    assert.equal(await confirmDevice({ name: 'Phone', want: 'drive' }, no.parts, never), undefined);
  });

  test('[S4] ends when nobody waits for it any more', async () => {
    const over = new AbortController();
    const ask: AskModally = () => new Promise(() => undefined);
    const waiting = confirmDevice({ name: 'Phone', want: 'watch' }, { ask, clock: systemClock }, over.signal);
    over.abort(new Error('the code has died'));
    await assert.rejects(waiting, /the code has died/u);
  });
});

suite('the relay of the window', () => {
  const configuration = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('wheelhouse.relay');
  const set = async (name: string, value: unknown): Promise<void> => {
    await configuration().update(name, value, vscode.ConfigurationTarget.Global);
  };
  teardown(async () => {
    for (const name of ['bind', 'port', 'hosts', 'certificate', 'key']) await set(name, undefined);
    await run('stopRelay');
  });

  test('[S1] [S2] it listens on this machine alone, and lets nobody in without a token', async () => {
    const { relay, app } = await run<{ relay: string; app: string }>('startRelay');
    assert.match(relay, /^ws:\/\/127\.0\.0\.1:\d+\/acp$/u);
    const page = await fetch(app);
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/u);
    const refusal = await new Promise<number | undefined>((resolve, reject) => {
      const socket = new WebSocket(relay);
      socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode));
      socket.on('open', () => reject(new Error('it let somebody in')));
    });
    assert.equal(refusal, 401);
    // Asked for again it is the same.
    assert.deepEqual(await run('startRelay'), { relay, app });
    await run('stopRelay');
    await assert.rejects(fetch(app));
  });

  test('[relay 9] a port that somebody has, and a network without encryption, are refused in words', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    assert.ok(typeof address === 'object' && address !== null);
    try {
      await set('port', address.port);
      await assert.rejects(run('startRelay'), new RegExp(`${address.port}`, 'u'));
    } finally {
      other.close();
    }
    await set('port', undefined);
    await set('bind', '0.0.0.0');
    await assert.rejects(run('startRelay'), /certificate/u);
    await set('bind', undefined);
    await set('certificate', '/nowhere/cert.pem');
    await assert.rejects(run('startRelay'), /wheelhouse\.relay\.key is missing/u);
    await set('key', '/nowhere/key.pem');
    await assert.rejects(run('startRelay'), /cert\.pem cannot be read/u);
    await set('hosts', ['https://box.example.com/']);
    await assert.rejects(run('startRelay'), /wheelhouse\.relay\.hosts must be/u);
  });

  test('[relay 9] without a relay nobody needs the wheel, and no device can be revoked', async () => {
    const session = await run<string>('newSession', { agent: 'demo' });
    await assert.rejects(run('takeWheel', session), /Nothing here needs the wheel/u);
    await assert.rejects(run('revokeDevice', 'nobody'), /no such device/u);
    await run('closeSession', session);
  });

  test('[relay 9] with the lease on, the window has the wheel by driving, and can give it back', async () => {
    const session = await run<string>('newSession', { agent: 'demo' });
    await set('lease', 'on');
    try {
      await run('startRelay');
      assert.deepEqual(await run('prompt', { session, text: '/plan' }), { stopReason: 'end_turn' });
      await run('releaseWheel', session);
      await run('takeWheel', session);
      await run('releaseWheel', session);
    } finally {
      await set('lease', undefined);
      await run('stopRelay');
      await run('closeSession', session);
    }
  });
});
