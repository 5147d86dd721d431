/** What one check of the doctor found. A warning keeps nobody from starting. */
export interface Finding {
  readonly check: string;
  readonly result: 'ok' | 'warning' | 'failed' | 'skipped';
  /** A sentence; where something is missing, with what to do. Nothing in it is secret. */
  readonly detail: string;
}
