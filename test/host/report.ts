/** What the run inside the extension host writes for the runner outside. */
export interface HostReport {
  readonly tests: {
    readonly name: string;
    readonly file: string;
    readonly ok: boolean;
    readonly ms: number;
    readonly error?: string;
    /** Set where its first run failed. */
    readonly run?: 2;
    /** How that failed. */
    readonly why?: string;
  }[];
  skipped: number;
}
