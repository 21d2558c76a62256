/**
 * Runs when the view has the keyboard: at once, or when it next gets it. A view that took it by itself would take it
 * from the editor in the middle of a word. Returns what calls the wish off.
 */
export const whenFocused = (run: () => void): (() => void) => {
  if (document.hasFocus()) {
    run();
    return () => undefined;
  }
  window.addEventListener('focus', run, { once: true });
  return () => window.removeEventListener('focus', run);
};
