// What runs inside the documents of webviews. Each function is sent as its own text, so it uses nothing around it.

export interface Sought {
  /** Elements one of which will hold the text; the last of them counts. */
  readonly selector: string;
  readonly text: string;
  /** Counts the nodes of the document in each frame; costs time. */
  readonly count?: boolean;
}

export interface Found {
  /** From the key press to the end of the frame in which the text was painted. */
  readonly milliseconds: number;
  /** The most nodes of any kind that the document had in any frame. */
  readonly nodes: number;
}

declare const scheduler: { postTask(run: () => void, options: { priority: 'user-blocking' }): Promise<void> };

/** Waits until the text stands in an element that was not the last one before, from the next press of Enter on. */
export const watch = ({ selector, text, count = false }: Sought): void => {
  const found = new Promise<Found>((resolve) => {
    const last = (): Element | undefined => [...document.querySelectorAll(selector)].at(-1);
    const before = last();
    let pressed: number | undefined;
    let nodes = 0;
    const press = (event: KeyboardEvent): void => {
      if (event.key === 'Enter') pressed ??= event.timeStamp;
    };
    window.addEventListener('keydown', press, true);
    const countNodes = (): number => {
      const walker = document.createTreeWalker(document, NodeFilter.SHOW_ALL);
      let found = 0;
      while (walker.nextNode() !== null) found += 1;
      return found;
    };
    const painted = (): void => {
      if (count) nodes = Math.max(nodes, countNodes());
      const shown = last();
      if (pressed === undefined || shown === before || shown?.textContent?.includes(text) !== true) {
        frame();
        return;
      }
      window.removeEventListener('keydown', press, true);
      resolve({ milliseconds: performance.now() - pressed, nodes });
    };
    // A task of this priority is the first one after the frame was drawn: what it finds is what was painted, whether
    // it had been put there by a message or by an animation frame.
    const frame = (): void => {
      requestAnimationFrame(() => void scheduler.postTask(painted, { priority: 'user-blocking' }));
    };
    frame();
  });
  Object.assign(globalThis, { found });
};

/** What the last watch has found, once it has. */
export const found = (): Promise<Found> => (globalThis as unknown as { found: Promise<Found> }).found;

/** Notes how many milliseconds after the next choice in the document the text had been painted. */
export const watchChoice = ({ selector, text }: Sought): void => {
  const chosen = new Promise<number>((resolve) => {
    const choose = ({ timeStamp }: Event): void => {
      const look = (): void => {
        const found = [...document.querySelectorAll(selector)].at(-1)?.textContent?.includes(text) === true;
        if (found) resolve(performance.now() - timeStamp);
        else frame();
      };
      const frame = (): void => {
        requestAnimationFrame(() => void scheduler.postTask(look, { priority: 'user-blocking' }));
      };
      frame();
    };
    document.addEventListener('change', choose, { capture: true, once: true });
  });
  Object.assign(globalThis, { chosen });
};

/** What the last one has noted, once it has. */
export const chosen = (): Promise<number> => (globalThis as unknown as { chosen: Promise<number> }).chosen;

/** Milliseconds after its document began at which the browser had painted the largest text that is in sight. */
export const largestPaint = (): Promise<number> =>
  new Promise((resolve) => {
    new PerformanceObserver((list) => resolve(list.getEntries().at(-1)?.startTime ?? Number.NaN)).observe({
      type: 'largest-contentful-paint',
      buffered: true,
    });
  });

export interface Task {
  readonly name: string;
  readonly milliseconds: number;
}

/** Notes long tasks of this document from now on. */
export const watchTasks = (): void => {
  const noted: Task[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) noted.push({ name, milliseconds: duration });
  });
  observer.observe({ type: 'longtask' });
  Object.assign(globalThis, {
    takeTasks: () => {
      for (const { name, duration } of observer.takeRecords()) noted.push({ name, milliseconds: duration });
      return noted.splice(0);
    },
  });
};

/** What was noted since the last call. */
export const takeTasks = (): readonly Task[] => (globalThis as unknown as { takeTasks(): Task[] }).takeTasks();
