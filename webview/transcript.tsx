import { Component, type ComponentChildren } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { Entry } from '../src/model/entry.ts';
import type { SessionKey } from '../src/model/session.ts';
import { type Chat, useChat } from './chat.ts';
import { UnitView } from './entries/unit.tsx';
import type { Translate } from './l10n.ts';
import { TranscriptLayout } from './layout.ts';
import { Scroller } from './scroller.ts';
import type { Unit } from './units.ts';
import { makeVisible } from '../src/base/visibleText.ts';

export const Transcript = ({ session: key }: { readonly session: SessionKey }) => {
  const { store, t, act } = useChat();
  const log = useRef<HTMLDivElement>(null);
  const { memory } = store;
  const { layout, scroller } = useMemo(() => {
    const units = new TranscriptLayout(() => performance.now());
    return { layout: units, scroller: new Scroller(units, memory.anchors[key]) };
  }, [key, memory]);

  useLayoutEffect(() => {
    scroller.attach(log.current);
    return () => scroller.dispose();
  }, [scroller]);
  useEffect(() => {
    const before = store.sent.peek();
    // Who asks wants to see the answer, wherever they were reading.
    return store.sent.subscribe((count) => {
      if (count !== before) scroller.toEnd();
    });
  }, [scroller, store]);
  const watch = useCallback((spacer: HTMLDivElement | null) => scroller.watch(spacer), [scroller]);
  useRemembered(scroller, key);
  const wantOlder = (): void => {
    if (scroller.wantsOlder) store.older();
  };
  useEffect(() => {
    if (layout.behind) scroller.redraw();
    wantOlder();
  });

  void scroller.version.value;
  const session = store.session.value;
  if (session !== undefined) layout.sync(session);
  const { units, before, after } = scroller.window();

  const unfold = (id: string, open: boolean): void => {
    layout.unfold(id, open);
    scroller.redraw();
  };
  return (
    <div class="transcript">
      <div
        ref={log}
        class="log"
        role="log"
        aria-label={t('Transcript')}
        aria-live="off"
        aria-busy={session === undefined}
        tabIndex={0}
        onScroll={() => {
          scroller.scrolled();
          wantOlder();
        }}
        onClick={(event) => follow(event, act)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') follow(event, act);
        }}
      >
        <div ref={watch} class="spacer" style={{ height: `${before}px` }} />
        {articles(units).map((group) => (
          <article key={group.entry.id} class={`entry is-${group.entry.kind}`} aria-label={nameOf(group.entry, t)}>
            <h2 class="hidden">{nameOf(group.entry, t)}</h2>
            {group.units.map((unit) => (
              <Mounted key={unit.key} unit={unit} scroller={scroller} unfold={unfold} />
            ))}
          </article>
        ))}
        <div class="spacer" style={{ height: `${after}px` }} />
      </div>
      {store.loadingOlder.value ? (
        <div class="loading" role="status">
          {t('Loading older…')}
        </div>
      ) : null}
      {scroller.pinned.value ? null : (
        <button type="button" class="to-end" onClick={() => scroller.toEnd()}>
          {t('Jump to latest')}
        </button>
      )}
    </div>
  );
};

/** Addresses carry no `href`: the host shows the whole of it and asks before anything opens. */
const follow = (event: Event, act: Chat['act']): void => {
  const link = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-href]') : null;
  if (link === null) return;
  event.preventDefault();
  act({ kind: 'link/open', href: link.dataset['href'] ?? '' });
};

const useRemembered = (scroller: Scroller, key: SessionKey): void => {
  const { store } = useChat();
  useEffect(() => {
    const { anchors } = store.memory;
    const save = (): void => {
      const { anchor } = scroller;
      if (anchor === undefined) delete anchors[key];
      else anchors[key] = anchor;
      store.remember();
    };
    // The view is destroyed soon after it is hidden, and then nobody asks.
    document.addEventListener('visibilitychange', save);
    window.addEventListener('pagehide', save);
    return () => {
      document.removeEventListener('visibilitychange', save);
      window.removeEventListener('pagehide', save);
      save();
    };
  }, [scroller, key, store]);
};

interface Group {
  readonly entry: Entry;
  readonly units: Unit[];
}

const articles = (units: readonly Unit[]): readonly Group[] => {
  const groups: Group[] = [];
  for (const unit of units) {
    const last = groups.at(-1);
    if (last?.entry.id === unit.entry.id) last.units.push(unit);
    else groups.push({ entry: unit.owner.entry, units: [unit] });
  }
  return groups;
};

const nameOf = (entry: Entry, t: Translate): string => {
  switch (entry.kind) {
    case 'user':
      return t('You');
    case 'agent':
      return t('Agent');
    case 'thought':
      return t('Thought');
    case 'tool':
      return t('Tool: {0}', makeVisible(entry.title, 'one'));
    case 'plan':
      return t('Plan');
    case 'subagent':
      return t('Helper');
    case 'notice':
    case 'unknown':
      return t('Notice');
  }
};

interface MountedProps {
  readonly unit: Unit;
  readonly scroller: Scroller;
  readonly unfold: (id: string, open: boolean) => void;
}

/** One unit in the document. Drawn again only when the unit is another one. */
class Mounted extends Component<MountedProps> {
  #element: HTMLDivElement | null = null;
  #mounted: Unit | undefined;

  override shouldComponentUpdate(next: MountedProps): boolean {
    return next.unit !== this.props.unit;
  }

  override componentDidMount(): void {
    this.#watch();
  }

  override componentDidUpdate(): void {
    this.#watch();
  }

  override componentWillUnmount(): void {
    if (this.#element !== null && this.#mounted !== undefined)
      this.props.scroller.unmount(this.#mounted, this.#element);
  }

  #watch(): void {
    if (this.#element === null) return;
    this.#mounted = this.props.unit;
    this.props.scroller.mount(this.props.unit, this.#element);
  }

  override render(): ComponentChildren {
    const { unit, unfold } = this.props;
    const first = unit.index === 0;
    return (
      <div
        ref={(element) => {
          this.#element = element ?? this.#element;
        }}
        class={first ? 'unit first' : 'unit'}
        style={{ containIntrinsicBlockSize: `auto ${Math.max(1, unit.owner.heightOf(unit.index))}px` }}
      >
        <UnitView unit={unit} unfold={unfold} />
      </div>
    );
  }
}
