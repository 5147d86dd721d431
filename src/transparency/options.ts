import type { CheckpointSigner } from './checkpoint-signer.js';

/** Injection token of {@link TransparencyOptions}. */
export const TRANSPARENCY = Symbol('transparency options');

/** How a checkpoint reaches the witness; the status and the first line of the answer are all that is read of it. */
export type WitnessTransport = (url: string, body: string) => Promise<{ status: number; firstLine: string }>;

export interface TransparencyOptions {
  readonly signer: CheckpointSigner;
  /** How clients reach the service, without a trailing slash; the logs' names begin with it. */
  readonly publicUrl: string;
  readonly tenantIds: readonly string[];
  readonly witnessUrl: string | undefined;
  /** By default a plain POST with a time limit. */
  readonly witnessTransport?: WitnessTransport;
}
