declare module 'wheelhouse:suites' {
  /** Each file of test/host/suites, by its path in the repository, with what loads it. */
  export const suites: Readonly<Record<string, () => void>>;
}
