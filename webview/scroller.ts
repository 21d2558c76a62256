/**
 * Where the reader is, and what that makes of what is mounted.
 *
 * R1 At the end the transcript follows what comes in; away from it what is read never moves, whatever happens above,
 *    below or to the size of the view. Only the reader's own scrolling leaves the end, and only that returns to it.
 * R2 Nothing is measured before the browser has laid the frame out: the corrections happen in the resize observer,
 *    which runs after layout and before paint.
 */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Disposable } from '../src/base/disposable.ts';
import type { TranscriptLayout, Window } from './layout.ts';
import type { Anchor } from './memory.ts';
import type { Unit } from './units.ts';

/** Pixels from the end that still count as the end. */
const AT_END = 6;
/** Beyond what is in sight, in heights of the view. */
const OVERSCAN = 0.75;
const NOTHING: Window = { units: [], before: 0, after: 0 };

export class Scroller implements Disposable {
  readonly #layout: TranscriptLayout;
  readonly #pinned;
  readonly #version = signal(0);
  readonly #observer: ResizeObserver;
  readonly #units = new Map<Element, Unit>();
  readonly #elements = new Map<string, HTMLElement>();
  #log: HTMLElement | undefined;
  #spacer: HTMLElement | undefined;
  #viewHeight = 600;
  #scrollTop = 0;
  #anchor: Anchor | undefined;
  /** What the reader was at is not held: until it is, the first of what is held is shown. */
  #seeking = false;
  /** The reader went to the very end, where what follows what is mounted was only a guess of a height. */
  #arriving = false;
  #window: Window = NOTHING;

  constructor(layout: TranscriptLayout, anchor: Anchor | undefined) {
    this.#layout = layout;
    this.#anchor = anchor;
    this.#pinned = signal(anchor === undefined);
    this.#observer = new ResizeObserver((changes) => this.#resized(changes));
  }

  /** Changes when another window must be drawn. */
  get version(): ReadonlySignal<number> {
    return this.#version;
  }

  get pinned(): ReadonlySignal<boolean> {
    return this.#pinned;
  }

  /** Where to come back to; undefined at the end. */
  get anchor(): Anchor | undefined {
    return this.#pinned.peek() ? undefined : this.#anchor;
  }

  attach(log: HTMLElement | null): void {
    if (this.#log !== undefined) this.#observer.unobserve(this.#log);
    this.#log = log ?? undefined;
    if (log === null) return;
    this.#viewHeight = log.clientHeight || this.#viewHeight;
    this.#observer.observe(log);
  }

  /** What stands for all that is above: it grows when more of the beginning comes, and the reader must not move. */
  watch(spacer: HTMLElement | null): void {
    if (this.#spacer !== undefined) this.#observer.unobserve(this.#spacer);
    this.#spacer = spacer ?? undefined;
    if (spacer !== null) this.#observer.observe(spacer);
  }

  /** The reader is near the beginning of what is held, or was beyond it, and more can be had. */
  get wantsOlder(): boolean {
    if (!this.#layout.partial) return false;
    if (this.#pinned.peek()) return this.#layout.height < this.#viewHeight;
    return this.#seeking || this.#scrollTop < this.#viewHeight;
  }

  mount(unit: Unit, element: HTMLElement): void {
    this.#units.set(element, unit);
    this.#elements.set(unit.key, element);
    this.#observer.observe(element);
  }

  unmount(unit: Unit, element: HTMLElement): void {
    this.#units.delete(element);
    if (this.#elements.get(unit.key) === element) this.#elements.delete(unit.key);
    this.#observer.unobserve(element);
    // Focus that went down with what scrolled away would leave the keyboard nowhere.
    if (element.contains(document.activeElement)) this.#log?.focus({ preventScroll: true });
  }

  /** What to draw now. */
  window(): Window {
    // Nothing is there yet to find the reader's place in.
    if (this.#layout.count === 0) return (this.#window = NOTHING);
    const more = this.#viewHeight * OVERSCAN;
    if (this.#pinned.peek()) {
      this.#window = this.#layout.around(this.#layout.end, this.#viewHeight, 0, more);
      return this.#window;
    }
    const cursor = this.#anchor === undefined ? undefined : this.#layout.find(this.#anchor.unit);
    if (cursor === undefined || this.#anchor === undefined) {
      this.#seeking = this.#anchor !== undefined && this.#layout.precedes(this.#anchor.unit);
      if (this.#seeking) return (this.#window = this.#layout.around(this.#layout.start, 0, this.#viewHeight, more));
      this.#pinned.value = true;
      return this.window();
    }
    this.#seeking = false;
    const { offset } = this.#anchor;
    this.#window = this.#layout.around(cursor, Math.max(0, offset), this.#viewHeight - offset, more);
    return this.#window;
  }

  scrolled(): void {
    const log = this.#log;
    if (log === undefined || log.scrollTop === this.#scrollTop) return;
    this.#scrollTop = log.scrollTop;
    this.#arriving = atEnd(log);
    this.#pinned.value = this.#isEnd(log);
    this.#seeking = false;
    if (this.#pinned.value) return;
    this.#anchor = this.#find(log.scrollTop);
    if (!this.#covers()) this.redraw();
  }

  /** The end of what is mounted is not the end while the rest is only a guess of a height. */
  #isEnd(log: HTMLElement): boolean {
    return this.#window.after === 0 && atEnd(log);
  }

  /** Asks for another frame. */
  redraw(): void {
    this.#version.value += 1;
  }

  toEnd(): void {
    this.#pinned.value = true;
    this.redraw();
    this.#correct();
  }

  /** The first unit in sight, and how far below the upper edge it begins (less than 0: above). */
  #find(scrollTop: number): Anchor | undefined {
    let top = this.#window.before;
    if (scrollTop >= top) {
      for (const unit of this.#window.units) {
        const height = unit.owner.heightOf(unit.index);
        if (top + height > scrollTop) return { unit: unit.key, offset: top - scrollTop };
        top += height;
      }
    }
    const found = this.#layout.at(scrollTop);
    const [unit] = this.#layout.around(found.cursor, 0, 1, 0).units;
    return unit === undefined ? undefined : { unit: unit.key, offset: found.top - scrollTop };
  }

  #covers(): boolean {
    const { before, after, units } = this.#window;
    let mounted = 0;
    for (const unit of units) mounted += unit.owner.heightOf(unit.index);
    const margin = (this.#viewHeight * OVERSCAN) / 3;
    const upper = before === 0 || this.#scrollTop - margin >= before;
    return upper && (after === 0 || this.#scrollTop + this.#viewHeight + margin <= before + mounted);
  }

  #resized(changes: readonly ResizeObserverEntry[]): void {
    for (const { target, borderBoxSize, contentRect } of changes) {
      const height = borderBoxSize[0]?.blockSize ?? contentRect.height;
      const unit = this.#units.get(target);
      if (target === this.#log) this.#viewHeight = height;
      else if (unit !== undefined && target.isConnected) unit.owner.measured(unit.index, height);
      if (unit !== undefined) reachable(target);
    }
    this.#correct();
    if (this.#arriving && this.#log !== undefined && this.#isEnd(this.#log)) this.#pinned.value = true;
    if (this.#layout.behind || !this.#covers()) this.redraw();
  }

  #correct(): void {
    const log = this.#log;
    if (log === undefined) return;
    if (this.#pinned.peek()) {
      log.scrollTop = log.scrollHeight;
    } else if (this.#seeking) {
      // The browser may have moved it where the document became shorter, and that is not the reader's doing.
      log.scrollTop = 0;
    } else if (this.#anchor !== undefined) {
      const element = this.#elements.get(this.#anchor.unit);
      if (element === undefined) return;
      const moved = element.getBoundingClientRect().top - log.getBoundingClientRect().top - this.#anchor.offset;
      if (Math.abs(moved) >= 1) log.scrollTop += moved;
    }
    this.#scrollTop = log.scrollTop;
  }

  dispose(): void {
    this.#observer.disconnect();
    this.#units.clear();
    this.#elements.clear();
  }
}

const atEnd = (log: HTMLElement): boolean => log.scrollHeight - log.clientHeight - log.scrollTop <= AT_END;

/** What scrolls sideways must be reachable by keyboard, and what does not must be no stop on the way. */
const reachable = (unit: Element): void => {
  for (const box of unit.querySelectorAll('.scroll-x, .scroll-y')) {
    const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    // Setting what is set already would have the browser lay everything out again for the next one's size.
    if (scrolls === box.hasAttribute('tabindex')) continue;
    if (scrolls) box.setAttribute('tabindex', '0');
    else box.removeAttribute('tabindex');
  }
};
