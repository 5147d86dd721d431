import type { CheckpointSigner } from './checkpoint-signer.js';

/** Injection token of {@link TransparencyOptions}. */
export const TRANSPARENCY = Symbol('transparency options');

export interface TransparencyOptions {
  readonly signer: CheckpointSigner;
  /** How clients reach the service, without a trailing slash; the logs' names begin with it. */
  readonly publicUrl: string;
  readonly witnessUrl: string | undefined;
}
