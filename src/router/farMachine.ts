/**
 * Another machine, and how a program is started on it: from the setting `wheelhouse.environments`.
 *
 * It is reached by a program of this machine that gives the input and output of one there. Who may be trusted to be that
 * machine, and how somebody signs in to it, is that program's own matter.
 */
export type FarMachine = {
  readonly id: string;
  /** What a person calls it. */
  readonly label: string;
  /** Where agents work there: an absolute POSIX path of that machine. */
  readonly folder: string;
} & (
  | {
      readonly kind: 'exec';
      /** A program and its first arguments; what is to be started there follows them. */
      readonly command: readonly string[];
      /** The same, for a command that wants a terminal. */
      readonly terminal?: readonly string[];
    }
  | {
      readonly kind: 'ssh';
      /** As for ssh: a host of its configuration, `user@host`, or `ssh://user@host:port`. */
      readonly destination: string;
      /** Further arguments of ssh. */
      readonly options: readonly string[];
      /** `wheelhouse-host view` there, with its arguments: sessions live in that host. */
      readonly host?: readonly string[];
    }
);
