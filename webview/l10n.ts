import { type ReadonlySignal, signal } from '@preact/signals';

/** English is the key; `{0}`, `{1}` … are filled in. */
export type Translate = (text: string, ...values: readonly (string | number)[]) => string;

export interface Language {
  readonly t: Translate;
  readonly strings: ReadonlySignal<Readonly<Record<string, string>>>;
  speak(strings: Readonly<Record<string, string>>): void;
}

export const createLanguage = (): Language => {
  const strings = signal<Readonly<Record<string, string>>>({});
  return {
    strings,
    speak(known) {
      strings.value = known;
    },
    t: (text, ...values) =>
      (Object.hasOwn(strings.value, text) ? (strings.value[text] ?? text) : text).replace(
        /\{(\d+)\}/gu,
        (whole, index: string) => {
          const value = values[Number(index)];
          return value === undefined ? whole : String(value);
        },
      ),
  };
};
