import { generate } from 'lean-qr';
import { toSvg } from 'lean-qr/extras/svg';
import type { PairingAsked, PairingShown } from '../../src/protocol/view/pairing.ts';
import '../style/pairing.css';

declare const acquireVsCodeApi: () => { postMessage(message: PairingAsked): void };

type Child = Node | string;

const element = <Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  about: { readonly class?: string; readonly role?: string; readonly label?: string },
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] => {
  const made = document.createElement(name);
  if (about.class !== undefined) made.className = about.class;
  if (about.role !== undefined) made.setAttribute('role', about.role);
  if (about.label !== undefined) made.setAttribute('aria-label', about.label);
  made.append(...children);
  return made;
};

/** Dark on light in every theme: many readers know a code in no other way. */
const picture = (href: string, label: string): SVGElement => {
  const svg = toSvg(generate(href), document, { on: '#000', off: '#fff', pad: 4, width: 240, height: 240 });
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  return svg;
};

const clock = (milliseconds: number): string => {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};

const begin = (root: HTMLElement): void => {
  const editor = acquireVsCodeApi();
  const button = (text: string, asked: PairingAsked, kind = 'secondary'): HTMLButtonElement => {
    const made = element('button', { class: kind }, text);
    made.type = 'button';
    made.addEventListener('click', () => editor.postMessage(asked));
    return made;
  };
  // Spoken when it changes, and so never exchanged for another one.
  const status = element('p', { class: 'status', role: 'status' });
  const above = element('div', { class: 'above' });
  const below = element('div', { class: 'below' });
  root.append(element('main', { class: 'pairing' }, above, status, below));
  let ticking: ReturnType<typeof setInterval> | undefined;

  const codeOf = (code: NonNullable<PairingShown['code']>): Child[] => {
    const [first] = code.links;
    const timer = element('p', { class: 'countdown', role: 'timer' });
    const until = performance.now() + code.left;
    const tick = (): void => {
      timer.textContent = code.countdown.replace('{0}', clock(until - performance.now()));
    };
    tick();
    ticking = setInterval(tick, 1000);
    return [
      ...(first === undefined ? [] : [element('div', { class: 'qr' }, picture(first.href, code.scan))]),
      element(
        'div',
        { class: 'facts' },
        element('p', { class: 'label' }, code.label),
        element('p', { class: 'code' }, code.text),
        timer,
        ...code.links.map((link, index) =>
          element(
            'div',
            { class: 'link' },
            element('p', { class: 'label' }, link.about),
            element('code', {}, link.href),
            button(link.copy, { ask: 'copy', link: index }),
          ),
        ),
      ),
    ];
  };

  const show = (shown: PairingShown): void => {
    clearInterval(ticking);
    document.title = shown.title;
    above.replaceChildren(
      element('h1', {}, shown.title),
      ...shown.steps.map((step) => element('p', {}, step)),
      ...(shown.code === undefined ? [] : [element('div', { class: 'offer' }, ...codeOf(shown.code))]),
    );
    if (status.textContent !== shown.status) status.textContent = shown.status;
    below.replaceChildren(
      ...(shown.warning === undefined ? [] : [element('p', { class: 'warning', role: 'note' }, shown.warning)]),
      element(
        'div',
        { class: 'buttons' },
        ...shown.buttons.map(({ ask, text }) =>
          ask === 'copy' ? '' : button(text, { ask }, ask === 'again' ? 'primary' : 'secondary'),
        ),
      ),
    );
  };

  window.addEventListener('message', ({ data }: MessageEvent<PairingShown>) => show(data));
  editor.postMessage({ ask: 'hello' });
};

const root = document.getElementById('app');
if (root !== null) begin(root);
